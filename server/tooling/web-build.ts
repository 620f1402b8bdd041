import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const built = join(root, 'web/dist/index.html')

/** What the dashboard is made of: its own sources, the segment language, the libraries. */
const sources = ['web', 'analytics/segments', 'package-lock.json']
const notSources = new Set(['dist', 'e2e', 'node_modules'])

/** Builds the dashboard when there is none or when a source is newer; `before` is called first. */
export async function buildWebIfStale(before: () => void): Promise<void> {
  const builtAt = existsSync(built) ? statSync(built).mtimeMs : 0
  if (!sources.some((source) => newerThan(builtAt, join(root, source)))) return
  before()
  const { build } = await import('vite')
  await build({ configFile: join(root, 'web/vite.config.ts'), logLevel: 'warn' })
}

function newerThan(time: number, path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return false
  if (!found.isDirectory()) return found.mtimeMs > time
  return readdirSync(path).some((name) => !notSources.has(name) && newerThan(time, join(path, name)))
}
