import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fieldSeparator, lineBreakInValue, RecordScanner } from './records.ts'

interface Read {
  line: number
  fields: string[]
}

function read(text: string, cuts: readonly number[] = [], columns?: number): Read[] {
  const bytes = Buffer.from(text)
  const scanner = new RecordScanner({ delimiter: 44, ...(columns === undefined ? {} : { columns }) })
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
  let from = 0
  let out = ''
  for (const to of [...places, bytes.length]) {
    scanner.push(bytes.subarray(from, to))
    out += scanner.take().toString()
    from = to
  }
  scanner.end()
  out += scanner.take().toString()
  return out
    .split('\n')
    .filter((record) => record !== '')
    .map((record) => {
      const [line, ...fields] = record.split(fieldSeparator)
      return { line: Number(line), fields: fields.map((field) => field.replaceAll(lineBreakInValue, '\n')) }
    })
}

const value = fc.string({ unit: fc.constantFrom('a', '好', ',', '"', '\n', ' ', '1', '\r\n'), maxLength: 6 })

test('what was written as CSV is read again, however the bytes arrive', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(value, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.boolean(),
      fc.array(fc.nat(), { maxLength: 8 }),
      (records, end, lastEnd, cuts) => {
        const written = records.map((fields) =>
          fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(','),
        )
        const text = written.join(end) + (lastEnd ? end : '')
        let line = 1
        const expected = records.flatMap((fields, i) => {
          const at = line
          line += 1 + (written[i]!.match(/\n/g)?.length ?? 0)
          // A return inside a value becomes a blank, blanks around a value go, a blank record is no record.
          const kept = fields.map((field) =>
            field
              .replaceAll('\r', ' ')
              .replace(/^[ \n]+|[ ]+$/g, (blank) => (blank.includes('\n') ? blank : '')),
          )
          return fields.some((field) => /[^\s]/.test(field)) ? [{ line: at, fields: kept }] : []
        })
        const got = read(text, cuts)
        expect(got.map(({ line: at }) => at)).toEqual(expected.map(({ line: at }) => at))
        expect(got.map(({ fields }) => fields.map((field) => field.replace(/\s/g, '')))).toEqual(
          expected.map(({ fields }) => fields.map((field) => field.replace(/\s/g, ''))),
        )
        expect(read(text)).toEqual(got)
      },
    ),
    { numRuns: 300 },
  )
})

test('ragged records and stray quotes are told with their line, the others kept', () => {
  const scanner = new RecordScanner({ delimiter: 44, columns: 2 })
  scanner.readAll(Buffer.from('a,b\n1\n"x\ny",2\n3,4,5\n"q"r,6\n\n7,8'))
  expect(scanner.broken).toEqual([
    { line: 2, reason: 'too-few-columns', columns: 1 },
    { line: 5, reason: 'too-many-columns', columns: 3 },
    { line: 6, reason: 'stray-quote', columns: 2 },
  ])
  expect(scanner.take().toString()).toBe('1\x1fa\x1fb\n3\x1fx\x1ey\x1f2\n8\x1f7\x1f8\n')
})

test('only the columns asked for are written; padding goes', () => {
  const scanner = new RecordScanner({ delimiter: 44, columns: 3, keep: [0, 2] })
  scanner.readAll(Buffer.from('\t1 ,x,　三 \u00a0\n'))
  expect(scanner.take().toString()).toBe('1\x1f1\x1f三\n')
})
