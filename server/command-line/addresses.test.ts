import { expect, test } from 'vitest'
import { isHost, reachOf } from './addresses.ts'

const interfaces = ['192.168.1.7', '10.0.0.2']

test.each(['127.0.0.1', '::1', 'localhost'])('%s serves this machine alone', (host) => {
  expect(reachOf(host, 4100, interfaces)).toEqual({ here: host, own: 'http://localhost:4100', others: [] })
})

test.each([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
])('%s serves every network', (host, here) => {
  expect(reachOf(host, 4100, interfaces)).toEqual({
    here,
    own: 'http://localhost:4100',
    others: ['http://192.168.1.7:4100', 'http://10.0.0.2:4100'],
  })
})

test('an address of a network serves nobody at localhost', () => {
  expect(reachOf('192.168.1.7', 4100, interfaces)).toEqual({
    here: '192.168.1.7',
    own: 'http://192.168.1.7:4100',
    others: ['http://192.168.1.7:4100'],
  })
  expect(reachOf('fd00::7', 80, interfaces).own).toBe('http://[fd00::7]:80')
})

test('names are no hosts', () => {
  expect(['0.0.0.0', '::', 'localhost', '192.168.1.7'].map(isHost)).toEqual([true, true, true, true])
  expect(['', 'shop', '192.168.1', 'http://192.168.1.7'].map(isHost)).toEqual([false, false, false, false])
})
