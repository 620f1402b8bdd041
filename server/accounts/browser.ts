/**
 * The browser behind a call: its cookies, and the way to set them. A call that changes something and
 * does not come from a page of this very address has none, so that other sites can do nothing.
 */
export interface Browser {
  readonly headers: Headers
  /** Network address, to slow down who guesses. */
  readonly address: string
  /** Also marks them for HTTPS only, when the page came that way. */
  setCookies(cookies: readonly string[]): void
}

const changesNothing = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Only a page of the same address may change something in the name of who is signed in. `host`: by what
 * name the server was called. Behind a proxy that hides it, the browser's own word counts, which it gives
 * over HTTPS and which no page can make up.
 */
export function comesFromOurPage(method: string, headers: Headers, host: string): boolean {
  if (changesNothing.has(method)) return true
  const origin = headers.get('origin')
  if (!origin || !URL.canParse(origin)) return false
  return new URL(origin).host === host || headers.get('sec-fetch-site') === 'same-origin'
}
