import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openPlatform } from '../platform.ts'
import { StoreInUse } from '../store/dialect.ts'
import { connect } from './connect.ts'
import { refusalOf } from './refusal.ts'
import { writeServerFile } from './server-file.ts'

const failed = (said: string, more: object) => Object.assign(new Error(said), more)
const circumstances = { folder: '/shop', port: 4100, host: '10.0.0.9' }

test.each([
  [failed('write', { code: 'ENOSPC' }), /disk that holds \/shop is full/],
  [failed('write', { code: 'EDQUOT' }), /disk that holds \/shop is full/],
  [failed('database or disk is full', { errcode: 13 }), /disk that holds \/shop is full/],
  [
    failed('IO Error: Could not write file "x": No space left on device', {}),
    /disk that holds \/shop is full/,
  ],
  // a read-only disk, where the Store's lock fails as an error of the disk, and codes with what is said beside them
  [failed('disk I/O error', { errcode: 3850 }), /\/shop cannot be written \(ENOENT\)/],
  [failed('attempt to write a readonly database', { errcode: 264 }), /\/shop cannot be written \(attempt/],
  [failed('mkdir', { code: 'EACCES', syscall: 'mkdir' }), /\/shop cannot be written \(EACCES\)/],
  [failed('listen', { code: 'EACCES', syscall: 'listen' }), /does not allow port 4100/],
  [failed('listen', { code: 'EADDRINUSE', syscall: 'listen' }), /Port 4100 is in use .* --port 4101/],
  [failed('listen', { code: 'EADDRNOTAVAIL', syscall: 'listen' }), /does not have the address 10\.0\.0\.9/],
])('%s is one sentence that says what to do', (error, sentence) => {
  expect(refusalOf(error, circumstances)).toMatch(sentence)
})

test('anything else is a bug, not a refusal', () => {
  expect(refusalOf(new Error('oh'), circumstances)).toBeNull()
  expect(refusalOf(failed('read', { code: 'EINVAL', syscall: 'read' }), circumstances)).toBeNull()
  expect(refusalOf(failed('disk I/O error', { errcode: 10 }), { folder: tmpdir() })).toBeNull()
})

test('who holds the folder is a server alone where one does: of a killed one nobody is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-refusal-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  await (await openPlatform(folder)).close()
  const inUse = () => refusalOf(new StoreInUse('held'), { folder })
  writeServerFile(folder, { host: '127.0.0.1', port: 4100, token: 'token', pid: 77 })
  expect(inUse()).toMatch(/server on port 4100, process 77.*Stop that process/)
  // nobody listens there as that server: the command opens the folder itself
  const command = await connect({ data: folder })
  try {
    expect(inUse()).toMatch(/command that is still running.*Wait until it is done/)
  } finally {
    await command.close()
  }
})
