import type { z } from 'zod'
import type { Scope } from '../relations/scope.ts'
import type { Dialect } from '../sql/dialect.ts'
import type { Sql } from '../sql/sql.ts'

export interface InBothLanguages {
  readonly en: string
  readonly 'zh-CN': string
}

/**
 * A question with its answer's shape. `build` writes the SQL, which returns counts and sums; `finish`
 * is pure arithmetic over the rows (ratios, averages, cumulations). Neither touches an engine.
 */
export interface Metric<Settings extends z.ZodObject = z.ZodObject, Row extends z.ZodObject = z.ZodObject> {
  readonly name: string
  /** Rises when the meaning of a figure changes. */
  readonly version: number
  readonly title: InBothLanguages
  readonly description: InBothLanguages
  /** Every setting has a default, so that `{}` parses. Keys are what `--set key=value` takes. */
  readonly settings: Settings
  /** One row as it leaves, after `finish`. */
  readonly row: Row
  /** Whether the figures rest on values that are kept as they are now: of a day before the newest they are refused. */
  knownOnlyNow?(settings: z.output<Settings>): boolean
  /** It asks what the models foretell: `memberScores` of the scope's tables is made before, and the scope has how the fit came out. */
  readonly foretold?: true
  build(settings: z.output<Settings>, scope: Scope, dialect: Dialect): Sql
  /** Engine rows (camelCase) to rows of `row`, in the order in which they are shown. */
  finish(rows: readonly unknown[], settings: z.output<Settings>, scope: Scope): z.output<Row>[]
}

/** Keeps the types of settings and rows together. */
export const defineMetric = <Settings extends z.ZodObject, Row extends z.ZodObject>(
  metric: Metric<Settings, Row>,
): Metric<Settings, Row> => metric
