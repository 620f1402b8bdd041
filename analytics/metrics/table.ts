import { z } from 'zod'

export type TableCell = string | number | boolean | null

/** A column of a metric's answer as a table. */
export interface TableColumn {
  /** The row's name in snake_case; of a ratio with the part behind it, `guest_share_value`. */
  readonly name: string
  /** `json`: what no plain column can hold, such as a list, written as JSON. */
  readonly kind: 'integer' | 'number' | 'text' | 'day' | 'boolean' | 'json'
  /** Its value in a row of the metric; null where it is unknown. */
  read(row: Readonly<Record<string, unknown>>): TableCell
}

/** JSON Schema as zod writes it for rows. */
interface Node {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly anyOf?: readonly Node[]
  readonly properties?: Readonly<Record<string, Node>>
}

/**
 * The columns of a metric's rows, in the order of its schema: one for each plain value, one for each part of a
 * ratio or an average, which are null together where there is none.
 */
export const tableColumns = (row: z.ZodObject): TableColumn[] =>
  Object.entries((z.toJSONSchema(row) as Node).properties ?? {}).flatMap(([key, node]) =>
    columnsOf(snakeCase(key), node, (of) => of[key]),
  )

function columnsOf(
  name: string,
  node: Node,
  value: (row: Readonly<Record<string, unknown>>) => unknown,
): TableColumn[] {
  const known = node.anyOf?.filter(({ type }) => type !== 'null') ?? [node]
  const only = known.length === 1 ? known[0]! : {}
  if (only.properties)
    return Object.entries(only.properties).flatMap(([part, of]) =>
      columnsOf(`${name}_${snakeCase(part)}`, of, (row) => {
        const whole = value(row)
        return typeof whole === 'object' && whole !== null ? (whole as Record<string, unknown>)[part] : null
      }),
    )
  const kind = kindOf(only)
  const read = (row: Readonly<Record<string, unknown>>): TableCell => {
    const cell = value(row)
    if (cell === null || cell === undefined) return null
    return kind === 'json' ? JSON.stringify(cell) : (cell as TableCell)
  }
  return [{ name, kind, read }]
}

function kindOf({ type, format }: Node): TableColumn['kind'] {
  const types = (typeof type === 'string' ? [type] : (type ?? [])).filter((one) => one !== 'null')
  switch (types.length === 1 ? types[0] : undefined) {
    case 'integer':
      return 'integer'
    case 'number':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'string':
      return format === 'date' ? 'day' : 'text'
    default:
      return 'json'
  }
}

const snakeCase = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
