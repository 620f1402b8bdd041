/** A text in the languages of the screen. */
export interface Words {
  readonly en: string
  readonly 'zh-CN': string
}
export const both = (en: string, zh: string): Words => ({ en, 'zh-CN': zh })

/** `day`: a local day, ISO. `instant`: a moment in UTC. `json`: text that is JSON. */
export const valueTypes = ['text', 'integer', 'decimal', 'boolean', 'day', 'instant', 'json'] as const
export type ValueType = (typeof valueTypes)[number]

/** What a number counts. `minor`: minor units of the workspace's currency. */
export const units = ['minor', 'pieces', 'points', 'hours', 'lines', 'uses', 'outcome'] as const
export type Unit = (typeof units)[number]

/** Where a value comes from: an imported file, our arithmetic over it, what people set here, or campaigns. */
export const origins = ['file', 'computed', 'people', 'campaign'] as const
export type Origin = (typeof origins)[number]

/**
 * Whether the past of a value is known: `full`, `since-first-import`, or `none`: as it is now only.
 * Source: DEFINITIONS.md, "Business time and knowledge time".
 */
export const histories = ['full', 'since-first-import', 'none'] as const
export type KnownPast = (typeof histories)[number]

export interface DescribedColumn {
  readonly name: string
  readonly type: ValueType
  readonly unit?: Unit
  readonly origin: Origin
  readonly past: KnownPast
  readonly meaning: Words
}

export interface DescribedTable<Column extends DescribedColumn = DescribedColumn> {
  readonly name: string
  readonly title: Words
  /** What one row is. */
  readonly meaning: Words
  readonly columns: readonly Column[]
}
