/**
 * The browser behind a call: its cookies, and the way to set them. A call that changes something and
 * does not come from a page of this very address has none, so that other sites can do nothing.
 */
export interface Browser {
  readonly headers: Headers
  /** Network address, to slow down who guesses. */
  readonly address: string
  setCookies(cookies: readonly string[]): void
}

const changesNothing = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Only a page of the same address may change something in the name of who is signed in. */
export function comesFromOurPage(method: string, headers: Headers): boolean {
  if (changesNothing.has(method)) return true
  const origin = headers.get('origin')
  if (!origin || !URL.canParse(origin)) return false
  return new URL(origin).host === headers.get('host')
}
