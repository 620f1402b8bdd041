import { TRPCError } from '@trpc/server'
import { type Language, type MessageKey, sentence, type Values } from './messages.ts'

/** A refused call: a code for programs, and a sentence that is put into the caller's language at the edge. */
export class RefusedCall extends TRPCError {
  readonly id: MessageKey
  readonly in: (language: Language) => string
  constructor(code: TRPCError['code'], id: MessageKey, values?: Values) {
    super({ code, message: sentence('en', id, values) })
    this.id = id
    this.in = (language) => sentence(language, id, values)
  }
}

/** Throw it: `throw refused('CONFLICT', 'workspace-name-taken', { name })`. */
export const refused = (code: TRPCError['code'], id: MessageKey, values?: Values): RefusedCall =>
  new RefusedCall(code, id, values)
