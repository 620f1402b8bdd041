import { expect, test } from 'vitest'
import { csvCell, csvRow } from './csv.ts'

test('cells are safe in a spreadsheet', () => {
  expect(['=1+1', '+86', '-5', '-x', '@a', '\tb', 'a"b', 'a,b', '', '12.50'].map(csvCell)).toEqual([
    "'=1+1",
    '+86',
    '-5',
    "'-x",
    "'@a",
    "'\tb",
    '"a""b"',
    '"a,b"',
    '',
    '12.50',
  ])
})

test('a row is its cells, nothing for null', () => {
  expect(csvRow(['=a', null, 3])).toBe("'=a,,3\r\n")
})
