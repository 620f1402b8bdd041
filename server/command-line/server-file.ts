import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const ServerFile = z.object({
  /** Where this machine reaches the server. */
  host: z.string().default('127.0.0.1'),
  port: z.int(),
  token: z.string(),
  pid: z.int(),
})

/** What the command line needs to reach the server that holds a data folder. */
export type ServerFile = z.infer<typeof ServerFile>

const pathIn = (folder: string) => join(folder, 'server.json')

/** Null when there is none, or none that can be read. */
export function readServerFile(folder: string): ServerFile | null {
  try {
    return ServerFile.parse(JSON.parse(readFileSync(pathIn(folder), 'utf8')))
  } catch {
    return null
  }
}

/** Only the owner of the files may read it: the token in it is the owner's. */
export function writeServerFile(folder: string, said: ServerFile): void {
  const draft = `${pathIn(folder)}.${said.pid}`
  rmSync(draft, { force: true })
  writeFileSync(draft, JSON.stringify(said), { mode: 0o600 })
  renameSync(draft, pathIn(folder))
}

export const removeServerFile = (folder: string): void => rmSync(pathIn(folder), { force: true })

/** Tells a server from another one that took its port, and gives nothing away. */
export const instanceOf = (token: string): string =>
  createHash('sha256').update(`instance ${token}`).digest('hex').slice(0, 16)
