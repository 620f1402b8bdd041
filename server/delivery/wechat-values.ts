/** What WeChat takes as a value of a kind: so many signs at most, and signs of these only. */
interface Kind {
  readonly most: number
  /** Missing: any signs but control characters. */
  readonly only?: RegExp
}

const day = String.raw`(?:\d{4}[年/.-]\d{1,2}(?:[月/.-]\d{1,2}日?|月?)|\d{1,2}[月/.-]\d{1,2}日?)`
const time = String.raw`\d{1,2}:\d{2}(?::\d{2})?`
const moment = `(?:${day}(?: ?${time})?|${time})`
/** A day, a time or both, or two of them joined by `~`. */
const moments = new RegExp(`^${moment}(?: ?~ ?${moment})?$`)

/**
 * The kinds of the names in a template (`thing1` is a `thing`). Templates of before 2023 have other names, of which no
 * limit is known (`first`, `keyword1`, `remark`); `const` takes only what was approved, which is not known here either.
 * Sources: the limits of values of https://developers.weixin.qq.com/doc/service/guide/product/message/Template_Message.html;
 * that `character_string` takes no Chinese and `phrase` nothing else, WeChat's staff say in its developers' forum.
 */
const kinds: Readonly<Record<string, Kind>> = {
  thing: { most: 20 },
  const: { most: 20 },
  character_string: { most: 32, only: /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/ },
  letter: { most: 32, only: /^[A-Za-z]+$/ },
  number: { most: 32, only: /^\d+(?:\.\d+)?$/ },
  phone_number: { most: 17, only: /^[\d+()-]+$/ },
  car_number: { most: 8 },
  symbol: { most: 5, only: /^[^\p{L}\p{N}\s]+$/u },
  phrase: { most: 5, only: /^\p{Script=Han}+$/u },
  amount: { most: 15, only: /^[¥￥$€£]?\d{1,10}(?:\.\d+)?元?$/ },
  date: { most: 60, only: moments },
  time: { most: 60, only: moments },
}

/** What is the matter with a value; null: nothing that is known. */
export function misfit(name: string, value: string): 'long' | 'signs' | null {
  const kind = kinds[/^([a-z_]+?)\d+$/.exec(name)?.[1] ?? '']
  if (!kind) return null
  if ([...value].length > kind.most) return 'long'
  // eslint-disable-next-line no-control-regex
  return /[\x00-\x1f\x7f]/.test(value) || (kind.only && !kind.only.test(value)) ? 'signs' : null
}

/** The names of values that WeChat does not take. */
export const misfits = (data: Readonly<Record<string, string>>): string[] =>
  Object.entries(data).flatMap(([name, value]) => (misfit(name, value) === null ? [] : [name]))
