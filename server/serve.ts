import { resolve } from 'node:path'
import { sql } from '../analytics/sql/sql.ts'
import { makeApp } from './app.ts'
import { exitCode } from './command-line/command.ts'
import { refusalOf } from './command-line/refusal.ts'
import { removeServerFile, writeServerFile } from './command-line/server-file.ts'
import { type Deliveries, startDeliveries } from './delivery/worker.ts'
import { createDemo, demoName } from './demo/demo.ts'
import { say } from './messages/messages.ts'
import { openPlatform, type Platform } from './platform.ts'

/**
 * Serves a data folder until SIGINT or SIGTERM, and answers the process's exit code: 0 after a clean
 * end, 1 refused with a sentence, 2 for a port that is none.
 */
export async function serve(options: { port: string; data: string }): Promise<number> {
  const port = Number(options.port)
  if (!/^\d+$/.test(options.port) || port < 1 || port > 65_535) {
    process.stderr.write(`${say('portInvalid', { port: options.port })}\n`)
    return exitCode.usage
  }
  const folder = resolve(options.data)
  // Both the terminal and npm pass a signal on: the second one must not cut the first one's work short.
  const asked = new Promise<void>((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop())
  })
  let platform: Platform | undefined
  let app: Awaited<ReturnType<typeof makeApp>> | undefined
  let deliveries: Deliveries | undefined
  let listening = false
  let ready = false
  try {
    platform = await openPlatform(folder)
    app = await makeApp(platform, () => ready)
    await app.listen({ port, host: '127.0.0.1' })
    listening = true
    writeServerFile(folder, { port, token: platform.ownerToken, pid: process.pid })
    await platform.workspaces.openAll()
    const stopped = await Promise.race([asked.then(() => true), firstWorkspace(platform).then(() => false)])
    if (stopped) return exitCode.done
    deliveries = startDeliveries(platform)
    ready = true
    const address = `http://localhost:${port}`
    process.stdout.write(
      `${say('ready', { address })}\n${say('signInLink', { link: `${address}/sign-in#link=${platform.accounts.newOwnerToken()}` })}\n`,
    )
    await asked
    process.stdout.write(`${say('stopping')}\n`)
    return exitCode.done
  } catch (error) {
    const sentence = refusalOf(error, { folder, port })
    if (sentence === null) throw error
    process.stderr.write(`${sentence}\n`)
    return exitCode.refused
  } finally {
    if (listening) removeServerFile(folder)
    await app?.close()
    await deliveries?.stop()
    await platform?.close()
  }
}

/** A new installation begins with the workspace `demo`; one that was cut short while making it makes it again. */
async function firstWorkspace(platform: Platform): Promise<void> {
  const [first, ...others] = await platform.workspaces.list()
  if (others.length > 0 || (first && first.name !== demoName)) return
  if (first) {
    const { engine } = (await platform.workspaces.byId(first.id))!
    const [held] = await engine.rows(sql`select count(*) as imports from imports`)
    if (Number(held!.imports) > 0) return
  }
  process.stdout.write(`${say('makingDemo')}\n`)
  const { members, orders } = await createDemo(platform)
  process.stdout.write(`${say('demoMade', { members, orders })}\n`)
}
