import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPlatform } from './platform.ts'

let folder: string
let umask: number
beforeEach(() => {
  umask = process.umask(0o022) // what most systems give a user
  folder = mkdtempSync(join(tmpdir(), 'reveille-private-'))
})
afterEach(() => {
  process.umask(umask)
  rmSync(folder, { recursive: true })
})

/** What somebody else on the machine may do with anything in the folder; closed folders hide what they hold. */
function openToOthers(path: string): string[] {
  const { mode } = statSync(path)
  const inside = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : []
  return [...((mode & 0o077) === 0 ? [] : [path]), ...inside.flatMap(openToOthers)]
}

test.skipIf(process.platform === 'win32')(
  'a new data folder and all in it is its owner’s alone',
  async () => {
    const data = join(folder, 'new', 'data')
    const platform = await openPlatform(data)
    await platform.workspaces.create({ name: 'shop', currency: 'CNY', timeZone: 'Asia/Shanghai' })
    expect(readdirSync(join(data, 'workspaces')).length).toBeGreaterThan(0)
    expect(readdirSync(data)).toContain('store.db-wal')
    expect(openToOthers(data)).toEqual([])
    await platform.close()
    expect(openToOthers(data)).toEqual([])
  },
)

test.skipIf(process.platform === 'win32')(
  'a data folder that others could read is closed to them',
  async () => {
    const data = join(folder, 'data')
    mkdirSync(join(data, 'workspaces'), { recursive: true })
    writeFileSync(join(data, 'store.db'), '')
    writeFileSync(join(data, 'notes.txt'), '')
    chmodSync(data, 0o755)
    const platform = await openPlatform(data)
    await platform.close()
    expect(openToOthers(data)).toEqual([join(data, 'notes.txt')]) // not ours, and behind a closed folder
  },
)
