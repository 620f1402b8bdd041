import { TRPCError } from '@trpc/server'
import type { SegmentError } from './evaluation.ts'

/** A rule's problems as the error of a call: each sentence with its place, counted from 1, and what to write. */
export function refusal(errors: readonly SegmentError[]): TRPCError {
  const message = errors
    .map(({ from, message: sentence, suggestion }) => {
      const instead = suggestion === undefined || suggestion === '' ? '' : ` Try: ${suggestion}`
      return `At character ${from + 1}: ${sentence}${instead}`
    })
    .join('\n')
  return new TRPCError({ code: 'BAD_REQUEST', message })
}
