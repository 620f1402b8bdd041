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

/** The placeholders and tags of a message, which both languages must take alike. */
function placeholders(message: string, locale: string): string[] {
  const names = new Set<string>()
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk)
    else if (value !== null && typeof value === 'object') {
      const element = value as { type?: number; value?: unknown }
      // 0 is plain text, 7 the # of a plural; everything else carries its argument's name.
      if (element.type !== undefined && element.type !== 0 && element.type !== 7)
        names.add(String(element.value))
      Object.values(value).forEach(walk)
    }
  }
  walk(new IntlMessageFormat(message, locale).getAst())
  return [...names].toSorted()
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
      if (ours.join() !== theirs.join()) wrong.push(`${key}: {${ours}} in en, {${theirs}} in zh-CN`)
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
