/** A value that travels as a bound parameter, never as text. */
export type Scalar = string | number | bigint | boolean | null

export interface Sql {
  readonly kind: 'sql'
  readonly chunks: readonly (string | { readonly value: Scalar })[]
}

const isSql = (hole: Sql | Scalar): hole is Sql => typeof hole === 'object' && hole !== null

/**
 * SQL text with its parameters. A hole that is an `Sql` is composed in place; every other value
 * becomes a bound parameter. There is no other way to put a value into a query.
 */
export function sql(text: TemplateStringsArray, ...holes: (Sql | Scalar)[]): Sql {
  const chunks = text.flatMap((part, i) => {
    const hole = holes[i]
    if (hole === undefined) return [part]
    return isSql(hole) ? [part, ...hole.chunks] : [part, { value: hole }]
  })
  return { kind: 'sql', chunks }
}

/** A table or column name that our own code chose, dotted for its schema; anything else is refused. */
export function name(path: string): Sql {
  if (!/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*){0,2}$/.test(path)) throw new Error(`Not an SQL name: ${path}`)
  return { kind: 'sql', chunks: [path] }
}

/** A column name that our own code chose and that may be a word of SQL, such as `from`. */
export function column(word: string): Sql {
  if (!/^[a-z_][a-z0-9_]*$/.test(word)) throw new Error(`Not a column name: ${word}`)
  return { kind: 'sql', chunks: [`"${word}"`] }
}

/** The parts one after the other, separated by `separator`; the empty text for no parts. */
export function join(parts: readonly (Sql | Scalar)[], separator: Sql = sql`, `): Sql {
  return {
    kind: 'sql',
    chunks: parts.flatMap((part, i) => [
      ...(i === 0 ? [] : separator.chunks),
      ...(isSql(part) ? part.chunks : [{ value: part }]),
    ]),
  }
}

/**
 * What `use` makes of a value that it names more than once: written, planned and computed once. For what few rows
 * need; each row costs more than a second naming of something small.
 */
export const once = (value: Sql, use: (value: Sql) => Sql): Sql =>
  sql`list_transform([${value}], lambda once: ${use(sql`once`)})[1]`

/** The text with its placeholders, numbered from 1, and the values in their order. */
export function render(query: Sql, placeholder: (position: number) => string) {
  const params: Scalar[] = []
  const text = query.chunks
    .map((chunk) => (typeof chunk === 'string' ? chunk : placeholder(params.push(chunk.value))))
    .join('')
  return { text, params }
}
