import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { csvRow } from '../../csv/csv.ts'
import type { Language } from '../../messages/messages.ts'
import { kindReasons } from '../kinds/catalogue.ts'
import { rowReasons } from '../values/normalise.ts'
import { type PlaceColumns, titlesOf } from './refused-columns.ts'
import { reasonSentence } from './refused-file.ts'
import { refusedTold } from './refused-told.ts'

/** A file with every reason there is, without a value and with one that has all that CSV minds. */
function fileIn(language: Language, place: PlaceColumns): string {
  const placed = { line: ['7'], file: ['a, "b".csv', '7'], item: ['7'] }[place]
  const rows = [...rowReasons, ...kindReasons].flatMap((reason) =>
    [null, '“x”, "y"\n-1'].map((value) => [
      ...placed,
      '列 "a"',
      reasonSentence(language, { reason, value }),
      '=1+1',
      'two\r\nlines, "q"',
      '',
    ]),
  )
  const header = [...titlesOf(language, place), 'reason', 'x', 'y']
  const strange = [...placed, '', 'Said by nobody', 'reason', 'z', '']
  return `\ufeff${[header, ...rows, strange].map((row) => csvRow(row)).join('')}`
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}

test.each(['line', 'file', 'item'] as const)(
  'refused rows are told in the reader’s language, whichever they were written in (%s)',
  async (place) => {
    const folder = mkdtempSync(join(tmpdir(), 'reveille-told-'))
    const path = join(folder, 'refused.csv')
    try {
      for (const written of ['en', 'zh-CN'] as const)
        for (const read of ['en', 'zh-CN'] as const) {
          writeFileSync(path, fileIn(written, place))
          expect(await textOf(refusedTold(path, read))).toBe(fileIn(read, place))
        }
      // what is no such file stays as it is, to its last byte
      const other = 'order_id,amount\nA,1\n"B\n",2'
      writeFileSync(path, other)
      expect(await textOf(refusedTold(path, 'en'))).toBe(other)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)
