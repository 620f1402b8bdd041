/** What a title says, computed from the rows: the web has a sentence per id. Ratios as numbers, days as ISO text, money in minor units. */
export interface Finding {
  readonly id: string
  readonly values: Readonly<Record<string, string | number>>
}
