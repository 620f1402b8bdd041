import { createHash, randomBytes } from 'node:crypto'

/** The secret of a link. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** What is kept of it. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')
