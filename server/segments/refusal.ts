import { calledBy } from '../../analytics/segments/fields/catalogue.ts'
import type { Said, Values } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import type { SegmentError } from './evaluation.ts'

/** A rule's problems: each sentence with its place, counted from 1, and what to write. */
export const problemsSaid = (errors: readonly SegmentError[]): Said[] =>
  errors.map(({ from, id, values, suggestion }) => ({
    id: suggestion ? 'segment-problem-mended' : 'segment-problem',
    values: {
      at: from + 1,
      problem: { id: `problem.${id}`, values: inBothLanguages(values) },
      ...(suggestion ? { suggestion } : {}),
    },
  }))

/** The values with the words of fields and measures in the reader's language. */
const inBothLanguages = (values: SegmentError['values']): Values =>
  Object.fromEntries(
    Object.entries(values).map(([slot, value]) => [
      slot,
      slot === 'field' ? (calledBy(String(value)) ?? value) : value,
    ]),
  )

/** A rule's problems as the error of a call. */
export const refusal = (errors: readonly SegmentError[]) =>
  refused('BAD_REQUEST', 'segment-refused', { problems: problemsSaid(errors) })
