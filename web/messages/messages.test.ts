import { IntlMessageFormat } from 'intl-messageformat'
import { expect, test } from 'vitest'

const files = import.meta.glob<Record<string, unknown>>('./*/*.json', { eager: true, import: 'default' })
const sources = import.meta.glob<string>(
  ['../**/*.{ts,tsx}', '!../**/*.test.*', '!../e2e/**', '!../dist/**'],
  {
    eager: true,
    query: '?raw',
    import: 'default',
  },
)

function flat(messages: Record<string, unknown>, prefix: string): [string, unknown][] {
  return Object.entries(messages).flatMap(([key, value]) =>
    value !== null && typeof value === 'object'
      ? flat(value as Record<string, unknown>, `${prefix}.${key}`)
      : [[`${prefix}.${key}`, value] as [string, unknown]],
  )
}

const messagesOf = (language: string) =>
  new Map(
    Object.entries(files)
      .filter(([path]) => path.startsWith(`./${language}/`))
      .flatMap(([path, messages]) => flat(messages, path.replace(/^.*\/|\.json$/g, ''))),
  )
const en = messagesOf('en')
const zh = messagesOf('zh-CN')

/** A message's values and tags; `written` are those that are more than the number behind a plural form. */
function placeholders(message: string, locale: string) {
  const all = new Set<string>()
  const written = new Set<string>()
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk)
    else if (value !== null && typeof value === 'object') {
      const element = value as { type?: number; value?: unknown }
      // 0 is plain text, 6 a plural, 7 its #; everything else carries its argument's name.
      if (element.type !== undefined && element.type !== 0 && element.type !== 7) {
        all.add(String(element.value))
        if (element.type !== 6) written.add(String(element.value))
      }
      Object.values(value).forEach(walk)
    }
  }
  walk(new IntlMessageFormat(message, locale).getAst())
  return { all, written }
}

test('both languages say the same things', () => {
  expect([...zh.keys()].toSorted()).toEqual([...en.keys()].toSorted())
  expect(en.size).toBeGreaterThan(50)
})

test('every message is text, parses as ICU, is not empty, and takes the same values in both languages', () => {
  const wrong: string[] = []
  for (const [key, message] of en) {
    const other = zh.get(key)
    if (typeof message !== 'string' || typeof other !== 'string' || !message.trim() || !other.trim()) {
      wrong.push(`${key}: not a text`)
      continue
    }
    try {
      const [ours, theirs] = [placeholders(message, 'en'), placeholders(other, 'zh-CN')]
      // Chinese has one plural form, so it may leave out a number that only chooses one.
      const alike =
        [...ours.written].every((name) => theirs.all.has(name)) &&
        [...theirs.all].every((name) => ours.all.has(name))
      if (!alike) wrong.push(`${key}: {${[...ours.all]}} in en, {${[...theirs.all]}} in zh-CN`)
    } catch (error) {
      wrong.push(`${key}: ${String(error)}`)
    }
  }
  expect(wrong).toEqual([])
})

test('Chinese messages use full-width marks beside Han', () => {
  const wrong = [...zh].filter(([, message]) =>
    /[一-鿿] ?[,;?!]|[一-鿿]:|[,;?!] ?[一-鿿]/.test(String(message)),
  )
  expect(wrong).toEqual([])
})

test('every message that the code asks for exists', () => {
  const missing: string[] = []
  let asked = 0
  for (const [path, source] of Object.entries(sources)) {
    for (const [, name, namespace] of source.matchAll(
      /const (\w+) = useTranslations\(\s*'([\w.-]+)'\s*\)/g,
    )) {
      const exact = new RegExp(`\\b${name}(?:\\.rich|\\.markup|\\.raw)?\\(\\s*'([\\w.-]+)'`, 'g')
      for (const [, key] of source.matchAll(exact)) {
        asked++
        if (!en.has(`${namespace}.${key}`) && !sharedName(source, name ?? '', key ?? ''))
          missing.push(`${path}: ${namespace}.${key}`)
      }
      // A key made from a value: at least one message must begin as it does.
      const made = new RegExp(`\\b${name}(?:\\.rich|\\.markup|\\.raw)?\\(\\s*\`([\\w.-]*)\\$\\{`, 'g')
      for (const [, start] of source.matchAll(made)) {
        asked++
        const begins = `${namespace}.${start}`
        if (![...en.keys()].some((key) => key.startsWith(begins))) missing.push(`${path}: ${begins}…`)
      }
    }
  }
  expect(missing).toEqual([])
  expect(asked).toBeGreaterThan(50)
})

/** One file may bind the same name to different namespaces in different components. */
function sharedName(source: string, name: string, key: string): boolean {
  const bound = source.matchAll(new RegExp(`const ${name} = useTranslations\\(\\s*'([\\w.-]+)'\\s*\\)`, 'g'))
  return [...bound].some(([, namespace]) => en.has(`${namespace}.${key}`))
}

test('every finding of the pages of retention and value has its sentence', () => {
  const metrics = import.meta.glob<string>('../../analytics/metrics/*/{retention,repurchase,ltv}.ts', {
    eager: true,
    query: '?raw',
    import: 'default',
  })
  const ids = Object.values(metrics).flatMap((source) =>
    [...source.matchAll(/'((?:retention|repurchase|ltv)\.[a-z0-9-]+)'/g)].map(([, id]) => id ?? ''),
  )
  const keyOf = (id: string) =>
    id.startsWith('ltv.')
      ? `value.finding.${id.slice(4)}`
      : `retention.finding.${id.startsWith('retention.') ? id.slice(10) : id}`
  expect(ids.filter((id) => !en.has(keyOf(id)))).toEqual([])
  expect(ids.length).toBeGreaterThan(8)
})

test('a dot only ever separates levels: a key with a dot in it is never found', () => {
  const dotted = Object.entries(files).flatMap(([path, messages]) =>
    keysOf(messages)
      .filter((key) => key.includes('.'))
      .map((key) => `${path}: ${key}`),
  )
  expect(dotted).toEqual([])
})

const keysOf = (messages: object): string[] =>
  Object.entries(messages).flatMap(([key, value]) =>
    value !== null && typeof value === 'object' ? [key, ...keysOf(value as object)] : [key],
  )
