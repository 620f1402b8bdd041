import { parse } from '../../analytics/segments/parse.ts'
import { print } from '../../analytics/segments/print.ts'
import { languageOf } from '../messages/messages.ts'

/** No currency has more. */
const mostDecimals = 4

/** A rule's canonical text in the words of the language of this process; a text that is no rule stays as it is. */
export function saidRule(text: string): string {
  const parsed = parse(text, { currencyDecimals: mostDecimals })
  return parsed.kind === 'parsed' ? print(parsed.expression, languageOf()) : text
}
