import { Problem } from './problem.ts'

/** A refusal as the document describes it. */
export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
})

/** `422` of a route that takes nothing but its address. */
export const malformed = problem('`malformed`: `detail` says what is wrong where.')

/** What any route may answer. */
export const always = {
  401: problem('`unauthorized`: no key, or one that does not exist or was revoked.'),
  403: problem('`wrong_scope`: the key may not do this.'),
  429: problem('`rate_limited`: too many requests of this key; see Retry-After.'),
  413: problem('`too_large`: a body above 1 MiB, of a batch above 8 MiB.'),
  500: problem('`internal`: unexpected; ask again with the same Idempotency-Key.'),
}

/** The headers that protect pages cost a tenth of a redemption and mean nothing to a till. */
export const noPage = { helmet: false } as const
