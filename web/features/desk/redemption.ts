import { useMutation } from '@tanstack/react-query'
import { errorCode, trpcClient } from '../../trpc.ts'
import type { Held, TillWish } from './till.ts'
import { useWorkspace } from '../../ui/workspace.tsx'

export type Look = Awaited<ReturnType<typeof trpcClient.coupons.look.mutate>>
export type SeenCoupon = Extract<Look, { kind: 'coupon' }>
export type Refused = Exclude<Look, { kind: 'coupon' }>
export type Outcome = Awaited<ReturnType<typeof trpcClient.coupons.redeem.mutate>>

/** One redemption that the cashier asked for. Its key makes asking again harmless. */
export interface Wish {
  key: string
  coupon: SeenCoupon
  amountMinor: number
  memberConfirmed: boolean
  scopeConfirmed: boolean
}

/** What was asked and has no answer yet. */
export type Unanswered = { kind: 'one'; wish: Wish } | { kind: 'till'; wish: TillWish }

export const keyOf = ({ wish }: Unanswered): string => wish.key

/** A redemption of this session of the desk. */
export interface Done {
  redemptionId: string
  printed: string
  amountMinor: number
  discountMinor: number
  at: string
  cancelled: { restored: boolean } | null
}

const patienceMs = 10_000
const timesAsked = 4
const timesKept = 10

/** A UUID, also where the page is not served securely and `crypto.randomUUID` is missing. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/**
 * Asks for a redemption. While no answer comes it asks again with the same key, so that a lost answer
 * neither loses nor repeats a redemption.
 */
export const useRedeem = (onAnswer: (wish: Wish, outcome: Outcome) => void) =>
  useMutation({
    mutationFn: ({ key, coupon, amountMinor, memberConfirmed, scopeConfirmed }: Wish) =>
      trpcClient.coupons.redeem.mutate(
        { key, code: coupon.code, amountMinor, memberConfirmed, scopeConfirmed },
        { signal: AbortSignal.timeout(patienceMs) },
      ),
    networkMode: 'always',
    retry: (failures, error) => failures < timesAsked && errorCode(error) === 'OFFLINE',
    retryDelay: 2_000,
    onSuccess: (outcome, wish) => onAnswer(wish, outcome),
  })

/** What the desk keeps while its tab lives: the wishes without an answer, newest first, and the last redemptions. */
export function useDeskMemory() {
  const { id } = useWorkspace()
  const kept = (name: string) => `reveille.desk.${name}.${id}`
  const read = <T>(name: string): T | null =>
    JSON.parse(sessionStorage.getItem(kept(name)) ?? 'null') as T | null
  const write = (name: string, value: unknown) => sessionStorage.setItem(kept(name), JSON.stringify(value))
  return {
    waiting: () => read<Unanswered[]>('waiting') ?? [],
    keepWaiting: (waiting: readonly Unanswered[]) => write('waiting', waiting),
    held: () => read<Held[]>('held') ?? [],
    keepHeld: (held: readonly Held[]) => write('held', held),
    done: () => read<Done[]>('done') ?? [],
    keepDone: (done: readonly Done[]) => write('done', done.slice(0, timesKept)),
  }
}
