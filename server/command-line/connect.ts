import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client'
import { makeApp } from '../app.ts'
import { openPlatform } from '../platform.ts'
import type { AppRouter } from '../router.ts'

export interface Connection {
  readonly client: TRPCClient<AppRouter>
  /** Base address, for what is not tRPC. */
  readonly url: string
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>
  close(): Promise<void>
}

/**
 * Speaks to the server that holds the data folder; when none runs, opens the files itself and serves
 * them to this process alone, on a loopback port that ends with it. So a command is written once.
 */
export async function connect({
  data,
  workspace,
}: {
  data: string
  workspace?: string
}): Promise<Connection> {
  const running = await runningServer(data)
  if (running) return { ...clientFor(running.port, running.token, workspace), close: async () => {} }
  const platform = await openPlatform(resolve(data))
  const app = await makeApp(platform)
  const address = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  return {
    ...clientFor(Number(address.port), platform.ownerToken, workspace),
    async close() {
      await app.close()
      await platform.close()
    },
  }
}

function clientFor(port: number, token: string, workspace?: string) {
  const url = `http://127.0.0.1:${port}`
  const headers = {
    authorization: `Bearer ${token}`,
    ...(workspace === undefined ? {} : { 'x-reveille-workspace': encodeURIComponent(workspace) }),
  }
  return {
    url,
    headers,
    client: createTRPCClient<AppRouter>({ links: [httpLink({ url: `${url}/trpc`, headers })] }),
  }
}

/** Port and token of the server that holds the folder, if its file says so and it answers. */
export async function runningServer(data: string): Promise<{ port: number; token: string } | null> {
  try {
    const said = JSON.parse(readFileSync(join(resolve(data), 'server.json'), 'utf8')) as {
      port: number
      token: string
    }
    const answer = await fetch(`http://127.0.0.1:${said.port}/healthz`, { signal: AbortSignal.timeout(2000) })
    return answer.ok ? said : null
  } catch {
    return null // no file, a file that a killed server left, or nobody listening
  }
}
