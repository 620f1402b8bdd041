import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvRow } from './csv.ts'
import { readCsv } from './read-csv.ts'

const cell = fc.string({ unit: fc.constantFrom('a', '号', ' ', ',', ';', '"', '\n', '\t', '1', '.') })

test('what is written as CSV is read as it was, trimmed, and empty rows are left out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
      (rows) => {
        const table = [['one', 'two'], ...rows]
        const trimmed = table.map((row) => row.map((each) => plainCell(each).trim()))
        expect(readCsv(table.map(csvRow).join('')).map(({ cells }) => cells)).toEqual(
          trimmed.filter((row) => row.some((each) => each !== '')),
        )
      },
    ),
    { numRuns: 300 },
  )
})

/** A cell that begins like a formula is written with an apostrophe. */
const plainCell = (text: string) => (/^[\t]/.test(text) ? `'${text}` : text)

test('lines are counted through quoted line ends, whatever ends them', () => {
  expect(readCsv('\uFEFFa;b\r\n"x\ny";2\r\n\r\n3;"4;""5"""')).toEqual([
    { line: 1, cells: ['a', 'b'] },
    { line: 2, cells: ['x\ny', '2'] },
    { line: 5, cells: ['3', '4;"5"'] },
  ])
  expect(readCsv('a\tb\r1\t2').map(({ line }) => line)).toEqual([1, 2])
})
