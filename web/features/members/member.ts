import type { inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from '../../../server/router.ts'

/** One member as the server tells it. */
export type Member = inferRouterOutputs<AppRouter>['members']['one']

/** What stands for the id of a deleted member. */
export const isDeletedMember = (memberId: string): boolean => /^deleted-[0-9a-f]{16}$/.test(memberId)

/** An id that no shop gave: of somebody whom files know by a phone, openid or e-mail alone. */
export const isGivenHere = (memberId: string): boolean => /^p-[0-9a-f]{16}$/.test(memberId)
