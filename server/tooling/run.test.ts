import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPlatform } from '../platform.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = join(root, 'server/tooling/run.mjs')
let folder: string
let port: number
const started: ChildProcess[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-run-'))
  const platform = await openPlatform(folder)
  await platform.workspaces.create({ name: 'shop', currency: 'CNY', timeZone: 'Asia/Shanghai' })
  await platform.close()
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  port = (probe.address() as { port: number }).port
  probe.close()
})
afterAll(() => {
  for (const { pid, exitCode, signalCode } of started)
    if (exitCode === null && signalCode === null) process.kill(-pid!, 'SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** Starts in a process group of its own, as a terminal does, and waits for the sign-in link. */
async function start(command: string, args: string[]) {
  const child = spawn(command, [...args, '--no-build', '--port', String(port), '--data', folder], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  let said = ''
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => {
        said += part.toString()
        if (said.includes('/sign-in#link=')) resolve()
      })
  })
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  await Promise.race([ready, ended])
  if (!said.includes('/sign-in#link=')) throw new Error(`It ended and said: ${said}`)
  const { pid } = JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8')) as { pid: number }
  return { child, server: pid, ended, said: () => said }
}
const npmStart = () => start(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['start', '--'])

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function gone(pid: number): Promise<void> {
  const until = performance.now() + 5_000
  while (lives(pid)) {
    if (performance.now() > until) throw new Error(`Process ${pid} is still there.`)
    await pause(20)
  }
}

type Started = Awaited<ReturnType<typeof start>>
const ways: [string, (started: Started) => void, number[]][] = [
  ['Ctrl-C in the terminal', ({ child }) => process.kill(-child.pid!, 'SIGINT'), [0, 130]],
  ['SIGTERM to npm alone', ({ child }) => child.kill('SIGTERM'), [143]],
  ['SIGTERM to all of them', ({ child }) => process.kill(-child.pid!, 'SIGTERM'), [143]],
  ['SIGTERM to the server itself', ({ server }) => process.kill(server, 'SIGTERM'), [0]],
]

describe.skipIf(process.platform === 'win32')('npm start', () => {
  let running: Started | undefined
  const taken = async () => {
    const one = running ?? (await npmStart())
    running = undefined
    return one
  }

  // each begins with the server that the one before started
  it.each(ways)('ends cleanly by %s, and starts again at once', async (_way, end, codes) => {
    const first = await taken()
    end(first)
    const [code, signal] = await first.ended
    expect(codes).toContain(code ?? { SIGINT: 130, SIGTERM: 143 }[signal as string])
    running = await npmStart() // without waiting for the first
    expect(lives(first.server)).toBe(false)
    expect(first.said()).toContain('…')
  })

  it('says who holds the folder, and leaves them alone', async () => {
    const { server, ended } = await taken()
    const second = spawn(
      process.execPath,
      [run, 'serve', '--no-build', '--port', String(port), '--data', folder],
      { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    const said: Buffer[] = []
    second.stderr.on('data', (part: Buffer) => said.push(part))
    expect(await once(second, 'close')).toEqual([1, null])
    expect(Buffer.concat(said).toString()).toMatch(new RegExp(`port ${port}, process ${server}|端口 ${port}`))
    expect(lives(server)).toBe(true)
    process.kill(server, 'SIGTERM')
    await ended
    expect(existsSync(join(folder, 'server.json'))).toBe(false)
  })

  it('leaves no server behind when what started it is killed', async () => {
    const { child, server, ended } = await start(process.execPath, [run, 'serve'])
    child.kill('SIGKILL')
    await ended
    await gone(server)
    expect(existsSync(join(folder, 'server.json'))).toBe(false)
  })
})

it('says which Node it needs', async () => {
  const older = `data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.18.9' })`
  for (const [language, sentence] of [
    ['en', /^Reveille needs Node 20\.19 or newer .* Install Node 24 LTS/],
    ['zh-CN', /^Reveille 需要 Node 20\.19/],
  ] as const) {
    const child = spawn(process.execPath, ['--import', older, run, 'serve', '--lang', language], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (part: Buffer) => (said += part.toString()))
    expect(await once(child, 'close')).toEqual([1, null])
    expect(said).toMatch(sentence)
  }
})
