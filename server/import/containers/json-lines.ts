import { Stopped } from '../refusal.ts'
import { longestRecord } from '../reading/records.ts'
import { delimitedLine } from './delimited.ts'

/** The columns of a JSON Lines file: every path that a value stands at, in the order of their first appearance. */
export async function jsonLinePaths(pieces: AsyncIterable<Buffer>, named: string): Promise<string[]> {
  const paths = new Set<string>()
  for await (const { line, text } of linesOf(pieces, named)) {
    if (text === '') continue
    for (const path of flattened(text, named, line).keys()) paths.add(path)
    if (paths.size > mostColumns) throw new Stopped('many-columns', { file: named, most: mostColumns })
  }
  return [...paths]
}

export const mostColumns = 4096

/**
 * One JSON object a line as delimited text with a header, a line for a line. Objects inside are columns of
 * their own (`customer.id`), lists stand as JSON. Throws `Stopped` at a line that is no object.
 */
export async function* jsonLines(
  pieces: AsyncIterable<Buffer>,
  paths: readonly string[],
  named: string,
): AsyncGenerator<string> {
  // The header is no line of the file.
  yield delimitedLine(paths)
  for await (const { line, text } of linesOf(pieces, named)) {
    if (text === '') {
      yield '\n'
      continue
    }
    const values = flattened(text, named, line)
    yield delimitedLine(paths.map((path) => values.get(path) ?? ''))
  }
}

async function* linesOf(
  pieces: AsyncIterable<Buffer>,
  named: string,
): AsyncGenerator<{ line: number; text: string }> {
  const decoder = new TextDecoder()
  let rest = ''
  let line = 0
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop()!
    if (rest.length > longestRecord) throw new Stopped('long-record', { file: named, line: line + 1 })
    for (const text of lines) yield { line: ++line, text: text.trim() }
  }
  const text = (rest + decoder.decode()).trim()
  if (text !== '') yield { line: ++line, text }
}

/** More digits than a number of JavaScript keeps: ids are taken as they are written. */
const longNumber = /\d{16}/
const asWritten = (_: string, value: unknown, { source }: { source?: string }) =>
  typeof value === 'number' ? source : value

function flattened(text: string, named: string, line: number): Map<string, string> {
  let parsed: unknown
  try {
    parsed = longNumber.test(text)
      ? JSON.parse(text, asWritten as (key: string, value: unknown) => unknown)
      : JSON.parse(text)
  } catch {
    throw new Stopped('bad-json', { file: named, line })
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed))
    throw new Stopped('bad-json', { file: named, line })
  try {
    return pathsOf(parsed)
  } catch (error) {
    // what calls itself for every level does not get to the ground of a line made to be deep
    if (error instanceof RangeError) throw new Stopped('deep-json', { file: named, line })
    throw error
  }
}

function pathsOf(parsed: object): Map<string, string> {
  const values = new Map<string, string>()
  const walk = (object: object, before: string, depth: number) => {
    for (const [key, value] of Object.entries(object)) {
      const path = before + key
      if (value !== null && typeof value === 'object' && !Array.isArray(value) && depth < deepest)
        walk(value, `${path}.`, depth + 1)
      else
        values.set(
          path,
          value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value),
        )
    }
  }
  walk(parsed, '', 1)
  return values
}

const deepest = 5
