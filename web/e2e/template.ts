import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, templateFolder } from './harness.ts'

/** Before all browser tests: a server makes the demo shop once, and every server of a test begins with a copy of its folder. */
export async function setup(): Promise<() => void> {
  const template = mkdtempSync(join(tmpdir(), 'reveille-e2e-template-'))
  const server = await startServer()
  await server.stop({ keptIn: template })
  process.env[templateFolder] = template
  return () => rmSync(template, { recursive: true, force: true })
}
