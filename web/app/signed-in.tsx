import { useQuery } from '@tanstack/react-query'
import { Navigate, Outlet, useLocation } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { errorCode, useTRPC } from '../trpc.ts'
import { Page } from '../ui/page.tsx'
import { Failure, Missing } from '../ui/panel-states.tsx'
import { WorkspaceProvider } from '../ui/workspace.tsx'

/** Asks who is here and in which workspace. Nobody: sign in. A cashier: the desk and nothing else. */
export function SignedIn() {
  const t = useTranslations('shell')
  const trpc = useTRPC()
  const { pathname } = useLocation()
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
  if (data.role === 'cashier' && pathname !== '/redeem') return <Navigate to="/redeem" />
  return (
    <WorkspaceProvider value={{ ...data, role: data.role }}>
      <Outlet />
    </WorkspaceProvider>
  )
}
