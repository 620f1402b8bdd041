import { resolve } from 'node:path'
import { makeApp } from './app.ts'
import { exitCode } from './command-line/command.ts'
import { refusalOf } from './command-line/refusal.ts'
import { removeServerFile, writeServerFile } from './command-line/server-file.ts'
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
    await platform?.close()
  }
}

/** A new installation begins with the workspace `demo`. */
async function firstWorkspace(platform: Platform): Promise<void> {
  if ((await platform.workspaces.list()).length > 0) return
  process.stdout.write(`${say('makingDemo')}\n`)
  await platform.workspaces.create({ name: 'demo', currency: 'CNY', timeZone: 'Asia/Shanghai' })
}
