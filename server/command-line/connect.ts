import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client'
import type { Platform } from '../platform.ts'
import { languageOf, say } from '../messages/messages.ts'
import type { AppRouter } from '../router.ts'
import { StoreInUse } from '../store/dialect.ts'
import { urlOf } from './addresses.ts'
import { instanceOf, readServerFile, removeServerFile, type ServerFile } from './server-file.ts'

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
 * What only the second way needs is loaded only then: beside a server a command begins at once.
 */
export async function connect({
  data,
  workspace,
}: {
  data: string
  workspace?: string
}): Promise<Connection> {
  const found = await serverOrPlatform(resolve(data))
  if ('port' in found)
    return { ...clientFor(urlOf(found.host, found.port), found.token, workspace), close: async () => {} }
  const platform = found
  const { makeApp } = await import('../app.ts')
  const app = await makeApp(platform)
  // what an earlier command changed while no server ran
  const { keepTags } = await import('../tags/keeper.ts')
  for (const { id } of await platform.workspaces.list()) await keepTags(platform, id)
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    ...clientFor(address, platform.ownerToken, workspace),
    async close() {
      await app.close()
      await platform.close()
    },
  }
}

function clientFor(url: string, token: string, workspace?: string) {
  const headers = {
    authorization: `Bearer ${token}`,
    'accept-language': languageOf(),
    ...(workspace === undefined ? {} : { 'x-reveille-workspace': encodeURIComponent(workspace) }),
  }
  return {
    url,
    headers,
    client: createTRPCClient<AppRouter>({
      // a question may be longer than an address can be
      links: [httpLink({ url: `${url}/trpc`, headers, methodOverride: 'POST' })],
    }),
  }
}

const patienceMs = 10_000

/**
 * The folder is held by one process at a time. Another command may hold it for a moment, or a server
 * that is just starting: wait a little for it to end or to answer.
 */
async function serverOrPlatform(folder: string): Promise<ServerFile | Platform> {
  const until = performance.now() + patienceMs
  for (let told = false; ; told = true) {
    const running = await runningServer(folder)
    if (running) return running
    try {
      const { openPlatform } = await import('../platform.ts')
      const platform = await openPlatform(folder)
      // a killed server's: whoever is refused meanwhile would be told to stop its process
      removeServerFile(folder)
      return platform
    } catch (error) {
      if (!(error instanceof StoreInUse) || performance.now() > until) throw error
      if (!told) process.stderr.write(`${say('waiting', { folder })}\n`)
      await pause(200)
    }
  }
}

/** Where the server is that holds the folder, if its file says so and that very server answers. */
export async function runningServer(folder: string): Promise<ServerFile | null> {
  const said = readServerFile(folder)
  if (!said) return null
  try {
    const answer = await fetch(`${urlOf(said.host, said.port)}/healthz`, {
      signal: AbortSignal.timeout(2000),
    })
    const { instance } = (await answer.json()) as { instance?: string }
    return instance === instanceOf(said.token) ? said : null
  } catch {
    return null // a file that a killed server left, and nobody or somebody else on its port
  }
}
