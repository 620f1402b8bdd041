import { expect, test } from 'vitest'
import { refusalOf } from './refusal.ts'

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
})
