import { createHmac } from 'node:crypto'
import { type Sql, sql } from '../../analytics/sql/sql.ts'

const blockBytes = 64

/** HMAC-SHA-256 of a text under a secret, hexadecimal. */
export const keyedHash = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('hex')

/**
 * The same hash as an expression over a text column, so that of all ids of a file only those that were
 * deleted leave the engine. Source: RFC 2104, for secrets of at most 64 bytes.
 */
export function keyedHashSql(secret: string, text: Sql): Sql {
  const key = Buffer.alloc(blockBytes)
  if (Buffer.byteLength(secret) > blockBytes) throw new RangeError('The secret is longer than a block.')
  key.write(secret)
  const padded = (pad: number) => Buffer.from(key.map((byte) => byte ^ pad)).toString('hex')
  return sql`sha256(unhex(${padded(0x5c)}) || unhex(sha256(unhex(${padded(0x36)}) || encode(${text}))))`
}
