import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sentence } from '../messages/messages.ts'
import { importRuns } from './runs.ts'
import { storageRefusal } from './storage-refusal.ts'
import { openTestShop, visible } from './test-shop.ts'

const failed = (message: string, code?: string) => Object.assign(new Error(message), code ? { code } : {})

test('what the disk answers becomes a sentence that says what to do; a bug does not', () => {
  for (const error of [
    failed('ENOSPC: no space left on device, write', 'ENOSPC'),
    failed('IO Error: Could not write all bytes to file "/d/x.parquet": No space left on device'),
    failed(`Out of Memory Error: failed to offload data block of size 256.0 KiB (1 GiB/1 GiB used).
This limit was set by the 'max_temp_directory_size' setting.`),
  ])
    expect(storageRefusal(error, '/d', 'a.csv')).toMatchObject({ id: 'disk-full', values: { folder: '/d' } })
  for (const error of [
    failed('EACCES: permission denied, mkdir', 'EACCES'),
    failed('EROFS: read-only file system', 'EROFS'),
    failed('IO Error: Cannot open file "/d/x.parquet": Permission denied'),
    failed(
      'TransactionContext Error: Failed to commit: Could not write file "/d/x.wal": Read-only file system',
    ),
    Object.assign(new Error('disk I/O error'), { errcode: 778 }),
  ])
    expect(storageRefusal(error, '/d', 'a.csv')).toMatchObject({ id: 'folder-unwritable' })
  expect(storageRefusal(failed('Binder Error: no such column'), '/d', 'a.csv')).toBeNull()
})

test('where a folder cannot be made the import is refused with the reason, and nothing changed', async () => {
  await using shop = await openTestShop()
  const before = await visible(shop)
  const runs = importRuns(shop.platform)
  const folder = runs.temporaryFolder
  // `imports` takes the refused rows: with a file in its place the run has read everything
  writeFileSync(join(shop.platform.dataFolder, 'imports'), '')
  const path = shop.file(
    'o.csv',
    'order_id,customer_id,order_date,amount\nA1,m1,2026-01-02,3\nA2,m1,2026-01-02,x\n',
  )
  const outcome = await shop.import(path)
  expect(outcome).toMatchObject({ kind: 'refused', id: 'folder-unwritable' })
  const said = 'id' in outcome ? sentence('en', outcome.id, outcome.values) : ''
  expect(said).toMatch(/cannot be written to.*Nothing was changed/)
  expect(readdirSync(folder)).toEqual([])
  expect(await visible(shop)).toEqual(before)

  rmSync(join(shop.platform.dataFolder, 'imports'))
  expect(await shop.import(path)).toMatchObject({ imported: 1, refused: 1 })
})
