import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SharedServer, sharedServer, signUp, startServer, templateFolder } from './harness.ts'

/**
 * Before all browser tests: a server makes the demo shop once, and every server of a test begins with a copy of its
 * folder. One of them is there for all files that leave the demo shop as it is.
 */
export async function setup(): Promise<() => Promise<void>> {
  const template = mkdtempSync(join(tmpdir(), 'reveille-e2e-template-'))
  const server = await startServer()
  await server.stop({ keptIn: template })
  process.env[templateFolder] = template
  const together = await startServer()
  const credentials = { name: 'Owner', password: 'together on one server' }
  await signUp(together, credentials)
  const { url, dataFolder } = together
  process.env[sharedServer] = JSON.stringify({ url, dataFolder, ...credentials } satisfies SharedServer)
  return async () => {
    await together.stop()
    rmSync(template, { recursive: true, force: true })
  }
}
