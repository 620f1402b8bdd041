import { type Language, sentence } from '../../messages/messages.ts'
import type { ColumnGuess } from './mapping.ts'

const longestSample = 40

/**
 * Columns that have one name, where one of them is taken and another is not: which, each with its number and a sample, and
 * how the other is chosen where it is told, at the terminal or on the screen. Sentences, one a name.
 */
export function sameNames(
  language: Language,
  columns: readonly Pick<ColumnGuess, 'position' | 'header' | 'samples' | 'field'>[],
  where: 'terminal' | 'screen',
): string[] {
  const numbered = ({ position, samples }: (typeof columns)[number]): string =>
    sentence(language, 'column-sample', {
      number: position + 1,
      any: samples.length > 0 ? 'yes' : 'no',
      sample: (samples[0] ?? '').slice(0, longestSample),
    })
  const byName = Map.groupBy(
    columns.filter(({ header }) => header !== ''),
    ({ header }) => header,
  )
  return [...byName].flatMap(([header, alike]) => {
    const taken = alike.filter(({ field }) => field !== null)
    const others = alike.filter(({ field }) => field === null)
    const [first] = taken
    const [other] = others
    if (!first || !other) return []
    return sentence(language, 'columns-named-alike', {
      named: alike.length,
      header,
      taken: { listed: taken.map(numbered) },
      others: { listed: others.map(numbered) },
      where,
      example: JSON.stringify({ columns: { [first.field!]: other.position + 1 } }),
    })
  })
}
