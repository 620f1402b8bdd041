import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { findBrowser } from './browser.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface RunningServer {
  /** http://localhost:PORT */
  readonly url: string
  readonly dataFolder: string
  /** The link that signs the owner in, once. */
  readonly ownerLink: string
  /** Ends it; its data folder, copied to `keptIn` where that is told, is gone afterwards. */
  stop(options?: { keptIn?: string }): Promise<void>
}

/** Names the data folder that servers begin with a copy of; without it each makes its own demo shop, which takes seconds. */
export const templateFolder = 'REVEILLE_E2E_TEMPLATE'

/** The real server as a child process, with the demo shop, on a free loopback port and a folder of its own. */
export async function startServer(): Promise<RunningServer> {
  if (!existsSync(join(root, 'web/dist/index.html')))
    throw new Error('The dashboard is not built: npm run build, then again.')
  const dataFolder = mkdtempSync(join(tmpdir(), 'reveille-e2e-'))
  const template = process.env[templateFolder]
  if (template !== undefined) cpSync(template, dataFolder, { recursive: true })
  const port = await freePort()
  const child = spawn(
    process.execPath,
    [join(root, 'server/main.ts'), '--port', String(port), '--data', dataFolder],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, UV_THREADPOOL_SIZE: '16' } },
  )
  const stop = async ({ keptIn }: { keptIn?: string } = {}) => {
    await ended(child)
    if (keptIn !== undefined) cpSync(dataFolder, keptIn, { recursive: true })
    rmSync(dataFolder, { recursive: true, force: true })
  }
  try {
    const ownerLink = await spoken(child, /http:\/\/localhost:\d+\/sign-in#\S+/)
    return { url: `http://localhost:${port}`, dataFolder, ownerLink, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Waits until the child says something, and fails with all it said when it ends before. */
function spoken(child: ChildProcess, wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const listen = (part: Buffer) => {
      said += part.toString()
      const match = wanted.exec(said)
      if (match) resolve(match[0])
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}:\n${said}`)))
  })
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

export interface Look {
  readonly language?: 'en' | 'zh-CN'
  readonly scheme?: 'light' | 'dark'
  /** CSS pixels: 1440 for a desk, 390 for a phone. */
  readonly width?: number
}

/** A page and everything it complained about: console errors, exceptions, CSP violations, failed requests. */
export interface Watched {
  readonly page: Page
  readonly complaints: string[]
  /** Opens an address of the dashboard and waits until it asks for nothing more. */
  open(path: string): Promise<void>
}

export interface Stage {
  readonly server: RunningServer
  readonly browser: Browser
  /** A page on which the owner is signed in, in a look of its own. */
  page(look?: Look): Promise<Watched>
  close(): Promise<void>
}

/** A server, a browser, and the owner signed in: what an end-to-end test plays on. */
export async function openStage(): Promise<Stage> {
  const server = await startServer()
  try {
    const browser = await chromium.launch({
      executablePath: findBrowser(),
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    })
    const first = await browser.newContext()
    await signIn(first, server)
    const signedIn = await first.storageState()
    await first.close()
    return {
      server,
      browser,
      page: async ({ language = 'en', scheme = 'light', width = 1440 } = {}) => {
        const context = await browser.newContext({
          viewport: { width, height: width < 768 ? 844 : 900 },
          colorScheme: scheme,
          locale: language,
          hasTouch: width < 768,
          reducedMotion: 'reduce',
          storageState: signedIn,
        })
        await context.addInitScript((kept) => localStorage.setItem('reveille.language', kept), language)
        return watch(await context.newPage(), server.url)
      },
      close: async () => {
        await browser.close()
        await server.stop()
      },
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Uses the server's link as its own page does. */
async function signIn(context: BrowserContext, server: RunningServer) {
  const token = /#link=(.+)$/.exec(server.ownerLink)?.[1]
  const answer = await context.request.post(`${server.url}/trpc/accounts.signInWithLink`, {
    headers: { origin: server.url },
    data: { token },
  })
  if (!answer.ok()) throw new Error(`The link did not sign in: ${answer.status()} ${await answer.text()}`)
}

async function watch(page: Page, url: string): Promise<Watched> {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('response', (answer) => {
    if (answer.status() >= 500) complaints.push(`${answer.status()} ${answer.url()}`)
  })
  await page.addInitScript(() =>
    addEventListener('securitypolicyviolation', (event) =>
      console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`),
    ),
  )
  return {
    page,
    complaints,
    open: async (path) => {
      await page.goto(`${url}${path}`)
      await settled(page)
    },
  }
}

/** The page stands: its heading is there and no question is under way. */
export async function settled(page: Page): Promise<void> {
  await page.locator('[data-settled="true"] h1').first().waitFor({ timeout: 60_000 })
}
