import { z } from 'zod'

type Schema = {
  type?: string
  const?: unknown
  enum?: unknown[]
  default?: unknown
  format?: string
  minimum?: number
  minLength?: number
  anyOf?: Schema[]
  oneOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
}

const isUuid = (text: string) => /^[0-9a-f]{8}-/.test(text)

/**
 * Input that a procedure takes, made from its schema, and that names what belongs to somebody: ids of
 * `theirs` stand wherever an id is asked for. Undefined when it takes none.
 */
export function sampleOf(input: unknown, theirs: readonly string[]): unknown {
  if (!input) return undefined
  const schema = z.toJSONSchema(input as z.ZodType, { unrepresentable: 'any', io: 'input' }) as Schema
  let turn = 0
  const uuids = theirs.filter(isUuid)
  const make = (part: Schema, name: string): unknown => {
    if (part.const !== undefined) return part.const
    if (part.enum) return part.enum[0]
    const [first] = part.anyOf ?? part.oneOf ?? []
    if (first) return make(first, name)
    switch (part.type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(part.properties ?? {}).map(([key, value]) => [key, make(value, key)]),
        )
      case 'array':
        return [make(part.items ?? {}, name)]
      case 'integer':
      case 'number':
        return Math.max(part.minimum ?? 1, 1)
      case 'boolean':
        return false
      case 'string':
        return text(part, name)
      default:
        return undefined
    }
  }
  const text = (part: Schema, name: string): string => {
    if (part.format === 'uuid' || name === 'campaignId') return uuids[turn++ % uuids.length]!
    if (part.format === 'date') return '2026-01-31'
    if (name === 'memberId' || name === 'memberIds') return theirs.at(-1)!
    if (name === 'expression' || name === 'segment') return 'everyone'
    if (name === 'timeZone') return 'UTC'
    if (name === 'currency') return 'CNY'
    return 'A plain text'.padEnd(part.minLength ?? 0, '.')
  }
  return make(schema, '')
}
