import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type APIRequestContext, type Browser, chromium, type Page, request } from 'playwright-core'
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

/** Names the server that files of tests play on together (SharedServer, as JSON). */
export const sharedServer = 'REVEILLE_E2E_SERVER'
export interface SharedServer {
  readonly url: string
  readonly dataFolder: string
  /** Of its owner: each file signs in by itself, because a session is in one workspace at a time. */
  readonly name: string
  readonly password: string
}

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
  readonly server: StageServer
  readonly browser: Browser
  /** A page on which the owner is signed in, in a look of its own. */
  page(look?: Look): Promise<Watched>
  /** Ends its server and its pages; the browser stays for the next stage. */
  close(): Promise<void>
}

/**
 * A server of its own with the demo shop, a browser, and the owner signed in: for tests that change the demo shop or
 * the accounts.
 */
export async function openStage(): Promise<Stage> {
  const server = await startServer()
  try {
    return await stageOf(server, (request) => signInWithLink(request, server))
  } catch (error) {
    await server.stop()
    throw error
  }
}

/**
 * The same on the server that all files of tests have together, with a session of its own: for tests that only look at
 * the demo shop, save segments there, or work in a workspace that they make (`workspaceOf`).
 */
export async function openSharedStage(): Promise<Stage> {
  const text = process.env[sharedServer]
  if (text === undefined) throw new Error('There is no server together: web/e2e/template.ts starts it.')
  const { url, dataFolder, name, password } = JSON.parse(text) as SharedServer
  return stageOf({ url, dataFolder, stop: async () => {} }, (request) =>
    asked(request, url, 'accounts.signIn', { name, password }),
  )
}

type StageServer = Pick<RunningServer, 'url' | 'dataFolder' | 'stop'>

let launched: Browser | undefined
/**
 * One for all stages of this process, each with contexts of its own: to start it takes seconds. Nothing is drawn by a
 * graphics card that most machines under test only imitate.
 */
async function startedBrowser(): Promise<Browser> {
  if (!launched?.isConnected())
    launched = await chromium.launch({
      executablePath: findBrowser(),
      args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    })
  return launched
}

async function stageOf(
  server: StageServer,
  signIn: (request: APIRequestContext) => Promise<unknown>,
): Promise<Stage> {
  const browser = await startedBrowser()
  const closeContexts = () => Promise.all(browser.contexts().map((context) => context.close()))
  try {
    const first = await browser.newContext()
    await signIn(first.request)
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
        context.setDefaultTimeout(120_000) // a page that is slow on a busy machine is not a wrong one
        await context.addInitScript((kept) => localStorage.setItem('reveille.language', kept), language)
        return watch(await context.newPage(), server.url)
      },
      close: async () => {
        await closeContexts()
        await server.stop()
      },
    }
  } catch (error) {
    await closeContexts()
    throw error
  }
}

/** Asks the server as its own pages do. */
async function asked<T>(request: APIRequestContext, url: string, path: string, data?: object): Promise<T> {
  const answer = data
    ? await request.post(`${url}/trpc/${path}`, { headers: { origin: url }, data })
    : await request.get(`${url}/trpc/${path}`)
  if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`)
  return ((await answer.json()) as { result: { data: T } }).result.data
}

/** Uses the server's link as its own page does. */
const signInWithLink = (request: APIRequestContext, { url, ownerLink }: RunningServer) =>
  asked(request, url, 'accounts.signInWithLink', { token: /#link=(.+)$/.exec(ownerLink)![1] })

/** Gives the owner a name and a password. */
export async function signUp(
  server: RunningServer,
  credentials: { readonly name: string; readonly password: string },
): Promise<void> {
  const context = await request.newContext()
  await signInWithLink(context, server)
  await asked(context, server.url, 'accounts.setPassword', credentials)
  await context.dispose()
}

/** The id of one of the workspaces of who is signed in. */
export async function workspaceId(page: Page, { server: { url } }: Stage, name: string): Promise<string> {
  const { workspaces } = await asked<{ workspaces: { id: string; name: string }[] }>(
    page.request,
    url,
    'accounts.me',
  )
  return workspaces.find((workspace) => workspace.name === name)!.id
}

/** Makes a workspace of that name and goes into it; answers how to go into another. */
export async function workspaceOf(
  { page }: Watched,
  stage: Stage,
  name: string,
  { currency = 'CNY', timeZone = 'Asia/Shanghai' } = {},
): Promise<(wanted: string) => Promise<void>> {
  const { url } = stage.server
  await asked(page.request, url, 'workspaces.create', { name, currency, timeZone })
  const switchTo = async (wanted: string) => {
    await asked(page.request, url, 'workspaces.switch', { id: await workspaceId(page, stage, wanted) })
  }
  await switchTo(name)
  return switchTo
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
  await page.locator('[data-settled="true"] h1').first().waitFor()
}

/**
 * The page of that heading stands. What is read after a click that goes to another page waits for this first: the
 * address is new while the old page, settled, is still shown.
 */
export async function opened(page: Page, heading: string | RegExp): Promise<void> {
  await page
    .locator('[data-settled="true"]')
    .getByRole('heading', { level: 1, name: heading, exact: typeof heading === 'string' })
    .waitFor()
}
