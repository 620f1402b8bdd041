import { QueryClient } from '@tanstack/react-query'
import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink, TRPCClientError } from '@trpc/client'
import { createTRPCContext } from '@trpc/tanstack-react-query'
import { preferredLanguage } from './ui/language.tsx'
import type { AppRouter } from '../server/router.ts'

export const { TRPCProvider, useTRPC } = createTRPCContext<AppRouter>()

/** The server's code of a failed call, such as `FORBIDDEN`; `OFFLINE` when no answer came. */
export function errorCode(error: unknown): string {
  if (!(error instanceof TRPCClientError)) return 'UNKNOWN'
  const data = error.data as { code?: string } | null | undefined
  return data?.code ?? 'OFFLINE'
}

/** Whether only loading the page again helps: the server has moved on from what it shows. */
export const isOfOldPage = (error: unknown): boolean =>
  error instanceof TRPCClientError &&
  Boolean((error.data as { pageIsOld?: boolean } | null | undefined)?.pageIsOld)

/** Refusals do not become true by asking again; only a missing answer is worth one more try. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 1 && errorCode(error) === 'OFFLINE',
    },
    mutations: { retry: false },
  },
})

let shown: string | null = null

/** Tells the server with every call which workspace this page shows: it refuses when the session's is another. */
export function showWorkspace(id: string): void {
  shown = id
}

/** What every call says of the page: its language and the workspace it shows. */
export const pageHeaders = (): Record<string, string> => ({
  'accept-language': preferredLanguage(),
  ...(shown === null ? {} : { 'x-reveille-shown': shown }),
})

/** Leaves everything of the workspace or the person behind: a fresh page, nothing kept. */
export const startAgain = (address: '/' | '/sign-in' | '/data'): void => window.location.assign(address)

// One request per call, unbatched: leaving a page then aborts exactly its own queries.
export const trpcClient = createTRPCClient<AppRouter>({
  links: [
    splitLink({
      condition: (operation) => operation.type === 'subscription',
      true: httpSubscriptionLink({ url: '/trpc' }),
      false: httpLink({
        url: '/trpc',
        // Rules and search terms are long and personal: they travel in the body, not in addresses.
        methodOverride: 'POST',
        headers: pageHeaders,
      }),
    }),
  ],
})
