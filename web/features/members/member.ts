import type { inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from '../../../server/router.ts'

/** One member as the server tells it. */
export type Member = inferRouterOutputs<AppRouter>['members']['one']

/** An id that no shop gave: of somebody whom files know by a phone, openid or e-mail alone. */
export const isGivenHere = (memberId: string): boolean => /^p-[0-9a-f]{16}$/.test(memberId)
