import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonFault } from './json-fault.ts'

test.each([
  ['{"orders": [}', 1, 13, '}'],
  ['{"orders": [],}', 1, 15, '}'],
  ["{'orders': []}", 1, 2, "'"],
  ['{"a": 1}\n{"a": 2}', 2, 1, '{'],
  ['{\n  "a": NaN\n}', 2, 8, 'NaN'],
  ['{"a": "安", "b": undefined}', 1, 17, 'undefined'],
  ['{"a": 012}', 1, 7, '012'],
  ['{"a": "line\nbreak"}', 1, 12, 'U+000A'],
  ['{"a": "\\x"}', 1, 8, '\\'],
  ['{"a" 1}', 1, 6, '1'],
  ['{"a": 1 "b": 2}', 1, 9, '"'],
  ['a=b', 1, 1, 'a'],
  ['{"a": [1, 2', 1, 12, null],
  ['{"a": "cut', 1, 11, null],
  ['', 1, 1, null],
])('%j is no JSON from line %i, column %i on', (text, line, column, found) => {
  expect(() => JSON.parse(text) as unknown).toThrow(/JSON/)
  expect(jsonFault(text)).toEqual({ line, column, found })
})

test('there is a fault exactly where JSON.parse finds one, also deep and long', () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', ',', '"', '}', '[', '0', ':', '\\', '\n'),
      (json, n, put) => {
        const at = n % (json.length + 1)
        for (const text of [json, json.slice(0, at), `${json.slice(0, at)}${put}${json.slice(at + 1)}`]) {
          let parses = true
          try {
            JSON.parse(text)
          } catch {
            parses = false
          }
          expect([text, jsonFault(text) === null]).toEqual([text, parses])
        }
      },
    ),
    { numRuns: 500 },
  )
  const long = `["${'x'.repeat(4 << 20)}", ${'['.repeat(1 << 20)}`
  expect(jsonFault(long)).toMatchObject({ line: 1, column: long.length + 1, found: null })
})
