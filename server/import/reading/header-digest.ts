import { createHash } from 'node:crypto'

/** Names a header: the same columns in the same order. */
export const headerDigest = (headers: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(headers)).digest('hex')
