import type { makeApp } from '../app.ts'

type App = Awaited<ReturnType<typeof makeApp>>

export interface Answer {
  readonly status: number
  /** What a tRPC procedure answered; undefined when it refused. */
  readonly data: unknown
  readonly message: string | undefined
  readonly body: string
  readonly bytes: Buffer
  readonly cookies: readonly string[]
}

/** A browser for tests: keeps cookies and sends the Origin of its page. */
export class Visitor {
  readonly #app: App
  readonly #jar = new Map<string, string>()
  origin: string | undefined = 'http://localhost:4160'
  /** The workspace that the visitor's page shows, when it says so. */
  shows: string | undefined
  /** What the visitor's browser says it reads. */
  reads: string | undefined

  constructor(app: App) {
    this.#app = app
  }

  query(path: string, input?: unknown): Promise<Answer> {
    const search = input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`
    return this.send('GET', `/trpc/${path}${search}`)
  }

  mutate(path: string, input?: unknown): Promise<Answer> {
    return this.send('POST', `/trpc/${path}`, input ?? {})
  }

  async send(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
  ): Promise<Answer> {
    const answer = await this.#app.inject({
      method,
      url,
      headers: {
        host: 'localhost:4160',
        ...(this.origin === undefined ? {} : { origin: this.origin }),
        ...(this.shows === undefined ? {} : { 'x-reveille-shown': this.shows }),
        ...(this.reads === undefined ? {} : { 'accept-language': this.reads }),
        ...(this.#jar.size === 0
          ? {}
          : { cookie: [...this.#jar].map(([name, value]) => `${name}=${value}`).join('; ') }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    const cookies = [answer.headers['set-cookie'] ?? []].flat()
    for (const cookie of cookies) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!
      if (value === '') this.#jar.delete(name!)
      else this.#jar.set(name!, value!)
    }
    const said = /json(;|$)/.test(String(answer.headers['content-type']))
      ? (JSON.parse(answer.body) as { result?: { data?: unknown }; error?: { message: string } })
      : {}
    return {
      status: answer.statusCode,
      data: said.result?.data,
      message: said.error?.message,
      body: answer.body,
      bytes: answer.rawPayload,
      cookies,
    }
  }

  /** The cookies as they are, to play them back after they should have ended. */
  copy(): Visitor {
    const other = new Visitor(this.#app)
    for (const [name, value] of this.#jar) other.#jar.set(name, value)
    return other
  }
}
