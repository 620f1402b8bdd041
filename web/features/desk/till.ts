import { useMutation } from '@tanstack/react-query'
import { errorCode, trpcClient } from '../../trpc.ts'

export type Found = Extract<Awaited<ReturnType<typeof trpcClient.desk.customer.mutate>>, { kind: 'member' }>
export type Quote = Awaited<ReturnType<typeof trpcClient.desk.quote.mutate>>
export type QuotedCoupon = Quote['coupons'][number]
type Reserved = Awaited<ReturnType<typeof trpcClient.desk.reserve.mutate>>
type Ended = Awaited<ReturnType<typeof trpcClient.desk.confirm.mutate>>
export type TillOutcome = Reserved | Ended

/** A basket with several coupons, or what was set aside of one. Its keys make asking again harmless. */
export interface TillWish {
  /** `redeem`: set aside and redeemed in one go; `hold`: set aside until it is paid. */
  readonly action: 'redeem' | 'hold' | 'confirm' | 'release'
  readonly key: string
  /** Of the second step of `redeem`. */
  readonly confirmKey: string
  /** Of `confirm` and `release`. */
  readonly reservationId?: string
  readonly codes: readonly string[]
  /** What each code gives, as it is printed and said. */
  readonly said: Readonly<Record<string, { readonly printed: string; readonly sentence: string }>>
  readonly amountMinor: number
  readonly memberId?: string | undefined
  readonly memberConfirmed: boolean
  readonly scopeConfirmed: boolean
  readonly receipt?: string | undefined
}

/** What was set aside on this device and is not paid yet. */
export interface Held {
  readonly reservationId: string
  readonly expiresAt: string
  readonly discountMinor: number
  readonly wish: TillWish
}

const patienceMs = 10_000
const timesAsked = 4

/** Asks for what a till wishes. While no answer comes it asks again with the same keys. */
export const useTill = (onAnswer: (wish: TillWish, outcome: TillOutcome) => void) =>
  useMutation({
    mutationFn: async (wish: TillWish): Promise<TillOutcome> => {
      const options = () => ({ signal: AbortSignal.timeout(patienceMs) })
      const { desk } = trpcClient
      const { key, confirmKey, reservationId, codes, amountMinor, memberId, receipt } = wish
      if (wish.action === 'confirm')
        return desk.confirm.mutate({ key, reservationId: reservationId! }, options())
      if (wish.action === 'release')
        return desk.release.mutate({ key, reservationId: reservationId! }, options())
      const { memberConfirmed, scopeConfirmed } = wish
      const reserved = await desk.reserve.mutate(
        { key, codes: [...codes], amountMinor, memberId, memberConfirmed, scopeConfirmed, receipt },
        options(),
      )
      return wish.action === 'redeem' && reserved.kind === 'reserved'
        ? desk.confirm.mutate({ key: confirmKey, reservationId: reserved.reservationId }, options())
        : reserved
    },
    networkMode: 'always',
    retry: (failures, error) => failures < timesAsked && errorCode(error) === 'OFFLINE',
    retryDelay: 2_000,
    onSuccess: (outcome, wish) => onAnswer(wish, outcome),
  })

/** Quotes a basket; nothing is used or set aside by it. */
export const useQuote = () =>
  useMutation({
    mutationFn: (asked: Parameters<typeof trpcClient.desk.quote.mutate>[0]) =>
      trpcClient.desk.quote.mutate(asked, { signal: AbortSignal.timeout(patienceMs) }),
    networkMode: 'always',
    retry: (failures, error) => failures < 1 && errorCode(error) === 'OFFLINE',
  })
