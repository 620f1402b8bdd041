import { parentPort } from 'node:worker_threads'
import type { MemberColumns } from './columns.ts'
import { Asker, type Question } from './question.ts'

/** What a thread is told and asked. */
export type ThreadMessage =
  | { readonly kind: 'hold'; readonly number: number; readonly columns: MemberColumns }
  | { readonly kind: 'drop'; readonly number: number }
  | {
      readonly kind: 'ask'
      readonly id: number
      readonly number: number
      readonly question: Question
      /** Of each rule, where the bits of its members go. */
      readonly selected: readonly Uint32Array[]
      /** The number of the next chunk of members, which whoever is free takes. */
      readonly next: Int32Array
      readonly chunks: number
    }

/** The question is answered as far as this thread goes. */
export interface ThreadReply {
  readonly id: number
}

const port = parentPort!
const held = new Map<number, MemberColumns>()

port.on('message', (message: ThreadMessage) => {
  switch (message.kind) {
    case 'hold':
      held.set(message.number, message.columns)
      return
    case 'drop':
      held.delete(message.number)
      return
    case 'ask': {
      const asker = new Asker(held.get(message.number)!, message.question)
      for (;;) {
        const chunk = Atomics.add(message.next, 0, 1)
        if (chunk >= message.chunks) break
        asker.answer(chunk, message.selected)
      }
      port.postMessage({ id: message.id } satisfies ThreadReply)
    }
  }
})
