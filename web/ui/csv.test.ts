import { expect, test } from 'vitest'
import { csvCell, csvOf, withMark } from './csv.ts'

test('a spreadsheet shows a cell and never runs it', () => {
  expect(['=1+1', '+86', '@x', '\tx', '-x', '-12.5', '-3', 'a"b', 'a,b'].map(csvCell)).toEqual([
    "'=1+1",
    "'+86",
    "'@x",
    "'\tx",
    "'-x",
    '-12.5',
    '-3',
    '"a""b"',
    '"a,b"',
  ])
  expect(csvCell(null)).toBe('')
  expect(csvCell(0)).toBe('0')
})

test('columns without a plain value stay out', () => {
  const columns = [
    { key: 'net', header: 'Net', csvHeader: 'net_minor', value: (row: { net: number }) => row.net },
    { key: 'open', header: '' },
  ]
  expect(csvOf(columns, [{ net: 5 }, { net: -7 }])).toBe('net_minor\r\n5\r\n-7')
})

test('a file has one byte-order mark, also where the server wrote it', () => {
  expect([withMark('券码'), withMark('\uFEFF券码'), withMark('')]).toEqual([
    '\uFEFF券码',
    '\uFEFF券码',
    '\uFEFF',
  ])
})
