import type { inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from '../../../server/router.ts'

/** One member as the server tells it. */
export type Member = inferRouterOutputs<AppRouter>['members']['one']
