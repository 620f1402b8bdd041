import { useQuery } from '@tanstack/react-query'
import { Navigate, Outlet } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { errorCode, showWorkspace, useTRPC } from '../trpc.ts'
import { Page } from '../ui/page.tsx'
import { Failure, Missing } from '../ui/panel-states.tsx'
import { useWorkspace, WorkspaceProvider } from '../ui/workspace.tsx'
import { Shell } from './shell.tsx'

/** Asks who is here and in which workspace. Nobody: sign in. */
export function SignedIn() {
  const t = useTranslations('shell')
  const trpc = useTRPC()
  const current = useQuery(trpc.workspaces.current.queryOptions(undefined, { staleTime: 300_000 }))
  if (current.isPending) return null
  if (current.isError)
    return errorCode(current.error) === 'UNAUTHORIZED' ? (
      <Navigate to="/sign-in" />
    ) : (
      <Page title="Reveille">
        <Failure error={current.error} retry={() => void current.refetch()} />
      </Page>
    )
  const { data } = current
  if (!data?.role)
    return (
      <Page title="Reveille">
        <Missing reason={t('noWorkspace')} />
      </Page>
    )
  showWorkspace(data.id)
  return (
    <WorkspaceProvider value={{ ...data, role: data.role }}>
      <Outlet />
    </WorkspaceProvider>
  )
}

/** The pages with the rail. A cashier has the desk and nothing else, and asks for nothing on the way there. */
export function Office() {
  return useWorkspace().role === 'cashier' ? <Navigate to="/redeem" /> : <Shell />
}
