import {
  comparators,
  type Condition,
  directions,
  type Expression,
  limits,
  type Test,
  textOperators,
  type Value,
} from './ast.ts'
import { type ParseOptions, parse, type Parsed } from './parse.ts'
import { print } from './print.ts'
import { problem } from './problems.ts'

/** A rule as JSON text, indented for reading. */
export const toJson = (expression: Expression): string => JSON.stringify(expression, null, 2)

/**
 * Reads a rule from JSON text. Never throws. Shape errors name the path; what the text face would refuse
 * (an unknown field, a wrong type) is refused with the same sentence, its place being the whole text.
 */
export function fromJson(json: string, options: ParseOptions): Parsed {
  const all = { from: 0, to: json.length }
  if (json.length > limits.characters)
    return { kind: 'refused', problems: [problem(all, 'too-long', { limit: limits.characters })] }
  let data: unknown
  try {
    data = JSON.parse(json)
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    return { kind: 'refused', problems: [problem(all, 'json-broken', { found })] }
  }
  const wrong = misshapen(data, '$', 0)
  if (wrong !== null) return { kind: 'refused', problems: [problem(all, 'json-shape', { found: wrong })] }
  const parsed = parse(print(data as Expression), options)
  if (parsed.kind === 'parsed') return parsed
  return {
    kind: 'refused',
    problems: parsed.problems.map(({ id, values }) => problem(all, id, values)),
  }
}

type Shape = (data: unknown, path: string) => string | null
const isObject = (data: unknown): data is Record<string, unknown> =>
  typeof data === 'object' && data !== null && !Array.isArray(data)
const word = /^[a-z_]+$/
const named: Shape = (data, path) => (typeof data === 'string' && word.test(data) ? null : path)

/** The path of the first place where the data is not an expression, or null. */
function misshapen(data: unknown, path: string, depth: number): string | null {
  if (!isObject(data) || depth > 2 * limits.depth) return path
  switch (data.kind) {
    case 'everyone':
      return null
    case 'and':
    case 'or':
      return Array.isArray(data.parts) && data.parts.length > 0
        ? first(data.parts, `${path}.parts`, (part, at) => misshapen(part, at, depth + 1))
        : `${path}.parts`
    case 'not':
      return misshapen(data.part, `${path}.part`, depth + 1)
    case 'clause':
      return wrongSubject(data.subject, `${path}.subject`) ?? wrongTest(data.test, `${path}.test`)
    case 'random':
      if (typeof data.percent !== 'number') return `${path}.percent`
      return typeof data.seed === 'string' ? null : `${path}.seed`
    case 'segment':
      return typeof data.name === 'string' ? null : `${path}.name`
    case 'on':
      if (typeof data.day !== 'string') return `${path}.day`
      return misshapen(data.part, `${path}.part`, depth + 1)
    default:
      return `${path}.kind`
  }
}

const wrongSubject: Shape = (data, path) => {
  if (!isObject(data)) return path
  if (data.kind === 'field') return named(data.field, `${path}.field`)
  if (data.kind !== 'measure') return `${path}.kind`
  return (
    named(data.measure, `${path}.measure`) ??
    (Array.isArray(data.where) ? first(data.where, `${path}.where`, wrongCondition) : `${path}.where`)
  )
}

const wrongCondition: Shape = (data, path) => {
  if (!isObject(data)) return path
  switch (data.kind as Condition['kind']) {
    case 'within':
      return typeof data.days === 'number' ? null : `${path}.days`
    case 'condition':
      return named(data.field, `${path}.field`) ?? wrongTest(data.test, `${path}.test`)
    default:
      return `${path}.kind`
  }
}

const wrongTest: Shape = (data, path) => {
  if (!isObject(data)) return path
  switch (data.kind as Test['kind']) {
    case 'known':
    case 'unknown':
      return null
    case 'compare':
      if (!(comparators as readonly unknown[]).includes(data.operator)) return `${path}.operator`
      return wrongValue(data.value, `${path}.value`)
    case 'in':
      return Array.isArray(data.values) && data.values.length > 0
        ? first(data.values, `${path}.values`, wrongValue)
        : `${path}.values`
    case 'text':
      if (!(textOperators as readonly unknown[]).includes(data.operator)) return `${path}.operator`
      return typeof data.value === 'string' ? null : `${path}.value`
    case 'within':
      if (!(directions as readonly unknown[]).includes(data.direction)) return `${path}.direction`
      return typeof data.days === 'number' ? null : `${path}.days`
    case 'between':
      return wrongValue(data.from, `${path}.from`) ?? wrongValue(data.to, `${path}.to`)
    default:
      return `${path}.kind`
  }
}

const wrongValue: Shape = (data, path) =>
  (['string', 'number', 'boolean'] satisfies Value[]).includes(typeof data) ? null : path

function first(list: readonly unknown[], path: string, shape: Shape): string | null {
  for (const [i, data] of list.entries()) {
    const wrong = shape(data, `${path}[${i}]`)
    if (wrong !== null) return wrong
  }
  return null
}
