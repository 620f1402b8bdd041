import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makeApp } from './app.ts'
import { isHost, reachOf } from './command-line/addresses.ts'
import { exitCode } from './command-line/command.ts'
import { runningServer } from './command-line/connect.ts'
import { refusalOf } from './command-line/refusal.ts'
import { removeServerFile, writeServerFile } from './command-line/server-file.ts'
import { type StandingKeeper, startStanding } from './campaigns/standing/keeper.ts'
import { type Returns, startReturns } from './delivery/returned/reader.ts'
import { type Deliveries, startDeliveries } from './delivery/worker.ts'
import { type Digests, startDigests } from './digest/keeper.ts'
import { createDemo, finishDemo, isDemoUnfinished } from './demo/demo.ts'
import { type Inbox, openInbox } from './import/inbox.ts'
import { say } from './messages/messages.ts'
import { openPlatform, type Platform } from './platform.ts'
import { type Schedules, startSchedules } from './segments/schedules/run.ts'
import { type SegmentWebhooks, startSegmentWebhooks } from './segments/webhooks/worker.ts'
import { startMemberships } from './segments/memberships.ts'
import { type ColumnsKeeper, startColumns } from './segments/columns.ts'
import { StoreInUse } from './store/dialect.ts'
import { startTagKeeper, type TagKeeper } from './tags/keeper.ts'

/** How long a start waits for the one before it to end, or for a command that holds the files. */
const patienceMs = 5_000
/** Who sends messages side by side. */
const deliveryWorkers = 2
/** What is still at work this long after the end was asked for is left to the next start to clear away. */
const finishMs = 10_000

/**
 * Serves a data folder until SIGINT, SIGTERM or the end of the process that started this one, and answers
 * the process's exit code: 0 after a clean end, 1 refused with a sentence, 2 for a port or host that is none.
 */
export async function serve(options: {
  port: string
  host: string
  data: string
  outbox?: string
}): Promise<number> {
  const port = Number(options.port)
  if (!/^\d+$/.test(options.port) || port < 1 || port > 65_535) {
    process.stderr.write(`${say('portInvalid', { port: options.port })}\n`)
    return exitCode.usage
  }
  const { host } = options
  if (!isHost(host)) {
    process.stderr.write(`${say('hostInvalid', { host })}\n`)
    return exitCode.usage
  }
  const folder = resolve(options.data)
  // Both the terminal and npm pass a signal on: the second one must not cut the first one's work short.
  const asked = new Promise<void>((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop())
    process.on('disconnect', () => stop())
    if (process.connected === false) stop() // gone while the dashboard was built
  })
  void asked.then(() => setTimeout(() => process.exit(exitCode.refused), finishMs).unref())
  let platform: Platform | undefined
  let app: Awaited<ReturnType<typeof makeApp>> | undefined
  const deliveries: Deliveries[] = []
  let returns: Returns | undefined
  let inbox: Inbox | undefined
  let memberships: ReturnType<typeof startMemberships> | undefined
  let orderColumns: ColumnsKeeper | undefined
  let tagKeeper: TagKeeper | undefined
  let segmentWebhooks: SegmentWebhooks | undefined
  let schedules: Schedules | undefined
  let digests: Digests | undefined
  let standing: StandingKeeper | undefined
  let listening = false
  let ready = false
  try {
    platform = await openWhenFree(folder)
    app = await makeApp(platform, () => ready)
    await app.listen({ port, host })
    listening = true
    const reach = reachOf(host, port)
    writeServerFile(folder, { host: reach.here, port, token: platform.ownerToken, pid: process.pid })
    await platform.workspaces.openAll()
    const stopped = await Promise.race([asked.then(() => true), firstWorkspace(platform).then(() => false)])
    if (stopped) return exitCode.done
    for (let worker = 0; worker < deliveryWorkers; worker++) deliveries.push(startDeliveries(platform))
    returns = startReturns(platform)
    inbox = openInbox(platform, { polling: true })
    orderColumns = startColumns(platform)
    memberships = startMemberships(platform)
    tagKeeper = startTagKeeper(platform)
    segmentWebhooks = startSegmentWebhooks(platform)
    standing = startStanding(platform)
    schedules = startSchedules(platform, options.outbox && resolve(options.outbox))
    digests = startDigests(platform)
    ready = true
    const link = `${reach.own}/sign-in#link=${platform.accounts.newOwnerToken()}`
    const network =
      reach.others.length > 0 ? [say('readyInNetwork', { addresses: reach.others.join(' ') })] : []
    process.stdout.write(
      `${[say('ready', { address: reach.own }), ...network, say('signInLink', { link })].join('\n')}\n`,
    )
    await asked
    process.stdout.write(`${say('stopping')}\n`)
    return exitCode.done
  } catch (error) {
    const sentence = refusalOf(error, { folder, port, host })
    if (sentence === null) throw error
    process.stderr.write(`${sentence}\n`)
    return exitCode.refused
  } finally {
    if (listening) removeServerFile(folder)
    await returns?.stop()
    await inbox?.stop()
    await memberships?.stop()
    await tagKeeper?.stop()
    await segmentWebhooks?.stop()
    await schedules?.stop()
    await standing?.stop()
    await digests?.stop()
    await app?.close()
    await orderColumns?.stop()
    await Promise.all(deliveries.map((worker) => worker.stop()))
    await platform?.close()
  }
}

/** The one before may still be finishing: only a server that answers refuses this one at once. */
async function openWhenFree(folder: string): Promise<Platform> {
  const until = performance.now() + patienceMs
  for (;;) {
    try {
      const platform = await openPlatform(folder)
      removeServerFile(folder) // a killed server's: it names another process
      return platform
    } catch (error) {
      if (!(error instanceof StoreInUse) || performance.now() > until || (await runningServer(folder)))
        throw error
      await pause(100)
    }
  }
}

/** A new installation begins with the workspace `demo`; one that was cut short while making it makes it again. */
async function firstWorkspace(platform: Platform): Promise<void> {
  const isNew = (await platform.workspaces.list()).length === 0
  if (!isNew && !isDemoUnfinished(platform)) return
  process.stdout.write(`${say(isNew ? 'makingDemo' : 'finishingDemo')}\n`)
  const { members, orders } = (await finishDemo(platform)) ?? (await createDemo(platform))
  process.stdout.write(`${say('demoMade', { members, orders })}\n`)
}
