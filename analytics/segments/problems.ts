/** Why a text is not a rule, in English; the web has the same sentences as messages of the same ids. */
const sentences = {
  empty: () => 'Write a rule, such as orders >= 2. All members: everyone.',
  'too-long': ({ limit }) => `A rule has at most ${limit} characters.`,
  'too-deep': ({ limit }) => `Groups and NOTs may lie at most ${limit} deep.`,
  'too-many-clauses': ({ limit }) => `A rule has at most ${limit} conditions.`,
  'too-many-values': ({ limit }) => `A rule lists at most ${limit} values.`,
  'bad-character': ({ found }) => `${found} has no meaning here.`,
  'open-quote': () => 'The text that begins here has no closing quote.',
  'bad-escape': ({ found }) => `${found} is not an escape. In a text, \\" is a quote and \\\\ a backslash.`,
  'expected-clause': () => 'A condition should stand here, such as orders >= 2.',
  'missing-connective': ({ found }) => `AND or OR is missing before ${found}.`,
  'bare-day': () => 'ON stands behind a parenthesis or a saved segment, such as (orders >= 2) on 2026-01-31.',
  'open-parenthesis': () => 'This parenthesis is never closed.',
  'stray-parenthesis': () => 'This parenthesis closes nothing.',
  'expected-parenthesis': () => 'A list in parentheses should stand here, such as ("A", "B").',
  'expected-comma': () => 'A comma or a closing parenthesis should stand here.',
  'unknown-field': ({ found }) => `There is no field named ${found}.`,
  'not-a-measure': ({ field }) => `${field} takes no conditions in parentheses; orders(…) and spend(…) do.`,
  'empty-conditions': ({ field }) =>
    `${field}() needs a condition in its parentheses, such as within 180 days.`,
  'needs-conditions': ({ field, measure }) =>
    `${field} needs conditions in parentheses.${measure === 'spend' ? ' Over all time: net.' : ''}`,
  'inside-only': ({ found, measure }) => `${found} is asked inside the parentheses of ${measure}(…).`,
  'unknown-condition': ({ found }) =>
    `${found} can't be asked here. In orders(…), for example: category, store, within n days, or between two days.`,
  'expected-days': () => 'A whole number of days from 0 to 36500 should stand here.',
  'expected-operator': ({ field }) => `After ${field} a comparison should stand, such as = or in.`,
  'wrong-operator': ({ field, found }) => `${field} can't be asked with ${found}.`,
  'not-before': () => 'NOT stands before the condition.',
  'set-not': ({ field }) => `A member may have several values of ${field}: put NOT before the condition.`,
  'expected-value': ({ field }) => `A value for ${field} should stand here.`,
  'wants-number': ({ field }) => `${field} is compared with a number.`,
  'wants-whole-number': ({ field }) => `${field} is compared with a whole number.`,
  'wants-percent': ({ field }) => `${field} is compared with a percentage, such as 60%.`,
  'too-large-percent': ({ limit }) => `Percentages go up to ${limit}% here.`,
  'too-precise-percent': () => 'Percentages have at most two decimals.',
  'wants-day': ({ field }) =>
    `${field} is compared with a day, written like 2026-01-31, -30d or today and without quotes.`,
  'wants-text': ({ field }) => `${field} is compared with a text in quotes.`,
  'wants-flag': ({ field }) => `${field} is either true or false.`,
  'wants-month': ({ field }) => `${field} is compared with a month, written like 2026-01.`,
  'no-such-month': ({ found }) => `${found} is not a month of the calendar. Write it like 2026-01.`,
  'wants-within': ({ field }) =>
    `${field} returns every year: ask whether it is within next 7 days or within last 7 days.`,
  'too-far': () => 'A relative day lies at most 100 years away, like -36500d, -5200w, -1200m or -100y.',
  'expected-day': () => 'A day should stand after ON, like 2026-01-31 or -30d.',
  'expected-segment': () => 'The name of a saved segment should stand here, in quotes.',
  'expected-percent': () => 'After RANDOM stands a percentage from 0% to 100%, such as 10%.',
  'expected-seed': () => 'After SEED stands a text in quotes.',
  'too-many-days': ({ limit }) => `A rule asks about at most ${limit} other days.`,
  'no-such-segment': ({ found }) => `There is no saved segment named ${found}.`,
  'segment-circle': ({ circle }) => `Segments can't be made of each other in a circle: ${circle}.`,
  'day-to-come': ({ found, asOf }) => `${found} lies after ${asOf}, the day that is asked about.`,
  'no-such-day': ({ found }) => `${found} is not a day of the calendar. Write it like 2026-01-31.`,
  'too-large': () => 'Numbers go up to 99999999999.',
  'too-many-decimals': ({ limit }) => `Your currency has ${limit} decimals.`,
  'unknown-choice': ({ field, choices }) => `${field} is one of ${choices}.`,
  'is-unknown': ({ field }) => `No value of ${field}: ask with “is unknown”.`,
  'expected-known': () => 'After IS stands known or unknown.',
  'expected-and': () => 'BETWEEN takes two values with AND between them.',
  'reversed-range': () => 'The first value is larger than the second.',
  'no-history': ({ field, asOf }) =>
    `${field} is known as it is today only, so it can't be asked about ${asOf}. Leave the day out, or the condition.`,
  'json-broken': ({ found }) => `This is not JSON: ${found}.`,
  'json-shape': ({ found }) => `The JSON is not a rule at ${found}.`,
} satisfies Record<string, (values: Record<string, string | number>) => string>

export type ProblemId = keyof typeof sentences
export const problemIds = Object.keys(sentences) as ProblemId[]

/** One thing that keeps a text from being a rule: 0-based offsets into it, why, and what to write instead. */
export interface Problem {
  readonly from: number
  readonly to: number
  readonly id: ProblemId
  readonly values: Readonly<Record<string, string | number>>
  /** The sentence in English. */
  readonly message: string
  /** Replaces the characters from `from` to `to`. */
  readonly suggestion?: string
}

/** A problem with its sentence. */
export function problem(
  place: { readonly from: number; readonly to: number },
  id: ProblemId,
  values: Problem['values'] = {},
  suggestion?: string,
): Problem {
  const message = (sentences[id] as (values: Problem['values']) => string)(values)
  return {
    from: place.from,
    to: place.to,
    id,
    values,
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}

/** The word that was probably meant: at most a third of its letters away; of equals the first. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  if (word.length > 40) return undefined
  let best: { word: string; distance: number } | undefined
  for (const candidate of words) {
    const distance = lettersApart(word.toLowerCase(), candidate.toLowerCase())
    if (distance <= Math.max(1, Math.floor(candidate.length / 3)) && distance < (best?.distance ?? 99))
      best = { word: candidate, distance }
  }
  return best?.word
}

/** Letters to insert, drop or replace (Levenshtein). */
function lettersApart(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}
