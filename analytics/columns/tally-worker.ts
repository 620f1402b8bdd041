import { parentPort } from 'node:worker_threads'
import { type NumberColumns, tally, type TallyPass, type Totals, totalOf } from './tally.ts'

/** What a thread is told and asked. */
export type TallyMessage =
  | {
      readonly kind: 'hold'
      readonly columns: number
      readonly tables: Readonly<Record<string, NumberColumns>>
      readonly members: number
    }
  | { readonly kind: 'drop'; readonly columns: number }
  | {
      readonly kind: 'ask'
      readonly id: number
      readonly columns: number
      readonly passes: readonly TallyPass[]
    }

export interface TallyReply {
  readonly id: number
  readonly words: Int32Array<ArrayBuffer>[]
}

interface Held {
  readonly tables: Readonly<Record<string, NumberColumns>>
  readonly members: number
  readonly totals: Map<'count' | 'amount', Totals>
}

const port = parentPort!
const held = new Map<number, Held>()

port.on('message', (message: TallyMessage) => {
  switch (message.kind) {
    case 'hold':
      held.set(message.columns, { tables: message.tables, members: message.members, totals: new Map() })
      return
    case 'drop':
      held.delete(message.columns)
      return
    case 'ask': {
      const { tables, members, totals } = held.get(message.columns)!
      const all = (of: 'count' | 'amount') => {
        const known = totals.get(of) ?? totalOf(tables.orders!, of, members)
        totals.set(of, known)
        return known
      }
      const words = tally(tables, message.passes, members, all)
      const reply: TallyReply = { id: message.id, words }
      port.postMessage(
        reply,
        words.map(({ buffer }) => buffer),
      )
    }
  }
})
