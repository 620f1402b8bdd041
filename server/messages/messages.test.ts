import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { IntlMessageFormat } from 'intl-messageformat'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { problemIds } from '../../analytics/segments/problems.ts'
import { makeApp } from '../app.ts'
import { openPlatform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { inputSentence } from './input.ts'
import { type Language, type MessageKey, sentence, sentences } from './messages.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const keys = Object.keys(sentences.en) as MessageKey[]
const json = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<string, string>

/** The names of the values that a message takes. */
function valuesOf(language: Language, key: MessageKey): string[] {
  const names = new Set<string>()
  const walk = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(walk)
    else if (part !== null && typeof part === 'object') {
      const { type, value } = part as { type?: number; value?: unknown }
      // 0 is plain text, 7 the # of a plural; everything else carries its argument's name.
      if (type !== undefined && type !== 0 && type !== 7) names.add(String(value))
      Object.values(part).forEach(walk)
    }
  }
  walk(new IntlMessageFormat(sentences[language][key], language).getAst())
  return [...names].toSorted()
}

test('every id has a sentence in both languages with the same values', () => {
  expect(Object.keys(sentences['zh-CN']).toSorted()).toEqual(keys.toSorted())
  const values = (language: Language) => keys.map((key) => [key, valuesOf(language, key)])
  expect(values('zh-CN')).toEqual(values('en'))
  // What is called alike in both languages.
  const alike = ['form.json-lines', 'form.parquet']
  expect(keys.filter((key) => !/[一-鿿]|^\{field\}/.test(sentences['zh-CN'][key]))).toEqual(alike)
})

test('no id stands in two files', () => {
  const files = ['api', 'fields', 'import', 'offers', 'problems', 'refusals'].map((name) =>
    json(`server/messages/en/${name}.json`),
  )
  const ids = files.flatMap((file) => Object.keys(file))
  expect(new Set(ids).size).toBe(ids.length)
})

test('the problems of a rule read as they do in the editor', () => {
  for (const language of ['en', 'zh-CN'] as const) {
    const { problem } = json(`web/messages/${language}/segments.json`) as unknown as { problem: object }
    const ours = Object.entries(problem).map(([id, text]) => [`problem.${id}`, text])
    expect(json(`server/messages/${language}/problems.json`)).toEqual(Object.fromEntries(ours))
    expect(Object.keys(problem).toSorted()).toEqual(problemIds.toSorted())
  }
})

test('every refusal of a call and every check of an input has an id, not a sentence of its own', async () => {
  const spoken: string[] = []
  let asked = 0
  for await (const path of glob('server/**/*.ts', { cwd: root })) {
    if (path.endsWith('.test.ts') || path.startsWith('server/tooling')) continue
    const source = readFileSync(join(root, path), 'utf8')
    asked += source.match(/\b(?:refused|worded)\(\s*'/g)?.length ?? 0
    if (/new TRPCError\(/.test(source)) spoken.push(`${path}: new TRPCError`)
    for (const [text] of source.matchAll(
      /\.(?:min|max|regex|refine|positive|enum)\([^()\n]*(?:\([^()]*\)[^()\n]*)*,\s*['"`][A-Z][^'"`]* [^'"`]*['"`]/g,
    ))
      spoken.push(`${path}: ${text}`)
  }
  expect(spoken).toEqual([])
  expect(asked).toBeGreaterThan(50)
})

test('the same refusals come in the language of the caller', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-messages-'))
  const platform = await openPlatform(folder)
  const app = await makeApp(platform)
  const said = async (language: string | undefined, path: string, payload: object) => {
    const answer = await app.inject({
      method: 'POST',
      url: `/trpc/${path}`,
      headers: {
        authorization: `Bearer ${platform.ownerToken}`,
        'x-reveille-workspace': 'shop',
        ...(language === undefined ? {} : { 'accept-language': language }),
      },
      payload,
    })
    return (answer.json() as { error: { message: string } }).error.message
  }
  try {
    await platform.workspaces.create({ name: 'shop', currency: 'CNY', timeZone: 'Asia/Shanghai' })
    const again = ['workspaces.create', { name: 'shop' }] as const
    expect(await said(undefined, ...again)).toBe('A workspace named shop exists already.')
    expect(await said('en-GB,zh;q=0.5', ...again)).toBe('A workspace named shop exists already.')
    expect(await said('zh-CN', ...again)).toBe('已有名为“shop”的工作区。')

    const wrong = ['workspaces.create', { name: 'x', timeZone: 'Mars' }] as const
    expect(await said('en', ...wrong)).toBe('time zone: Not a time zone; write it like Asia/Shanghai.')
    expect(await said('zh-CN', ...wrong)).toBe('时区：不是有效时区，请写作 Asia/Shanghai 这样的形式。')
    expect(await said('zh-CN', 'workspaces.create', { name: 7 })).toMatch(/^名称：[^A-Z]*[一-鿿]/)

    const rule = ['segments.save', { name: 'x', expression: 'odrers > 2' }] as const
    expect(await said('en', ...rule)).toContain('At character 1: There is no field named odrers. Try: orders')
    expect(await said('zh-CN', ...rule)).toContain('第 1 个字符：没有名为 odrers 的字段。可改为：orders')
    expect(await said('zh-CN', 'tags.retire', { tag: 'x' })).toBe('没有这个标签，请查看标签列表。')
  } finally {
    await app.close()
    await platform.close()
    rmSync(folder, { recursive: true })
  }
})

test('every field of an input is called by a name in both languages', () => {
  const unnamed = new Set<string>()
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk)
    if (value === null || typeof value !== 'object') return
    const { properties, ...rest } = value as { properties?: Record<string, unknown> }
    for (const [field, schema] of Object.entries(properties ?? {})) {
      if (!(`field.${field}` in sentences.en)) unnamed.add(field)
      walk(schema)
    }
    walk(Object.values(rest))
  }
  const procedures = appRouter._def.procedures as unknown as Record<string, { _def: { inputs: z.ZodType[] } }>
  for (const { _def } of Object.values(procedures))
    for (const input of _def.inputs) walk(z.toJSONSchema(input, { unrepresentable: 'any', io: 'input' }))
  expect([...unnamed]).toEqual([])
})

test('a field is called as people call it, and which of several is wrong', () => {
  const input = z.object({ filters: z.object({ stores: z.array(z.string()) }), budgetMinor: z.int() })
  const { error } = input.safeParse({ filters: { stores: ['a', 1] }, budgetMinor: 'x' })
  expect(inputSentence('en', error!)).toBe('stores (2): Not a text. budget: Not a number.')
  expect(inputSentence('zh-CN', error!)).toBe('门店（2）：不是文本。预算：不是数字。')
})

test('what a schema refuses is said in sentences, not in its words', () => {
  const said = (schema: z.ZodType, value: unknown) => {
    const { error } = z.object({ memberId: schema }).safeParse({ memberId: value })
    expect(inputSentence('zh-CN', error!)).not.toMatch(/string|array|number|[<>]/)
    return inputSentence('en', error!).replace(/^member: /, '')
  }
  expect(said(z.string().min(1), '')).toBe('Empty; something has to stand here.')
  expect(said(z.string(), undefined)).toBe('Missing; it has to be given.')
  expect(said(z.string().max(2000), 'x'.repeat(2001))).toBe('Too long; at most 2,000 characters.')
  expect(said(z.string().min(3), 'x')).toBe('Too short; at least 3 characters.')
  expect(said(z.array(z.string()).max(2), ['a', 'b', 'c'])).toBe('Too many; at most 2.')
  expect(said(z.array(z.string()).min(2), ['a'])).toBe('Too few; at least 2.')
  expect(said(z.int().max(5), 6)).toBe('Too large; at most 5.')
  expect(said(z.int().min(5), 4)).toBe('Too small; at least 5.')
  expect(said(z.int().positive(), 0)).toBe('Too small; more than 0.')
  expect(said(z.int(), 1.5)).toBe('Not a whole number.')
  expect(said(z.boolean(), 'x')).toBe('Neither true nor false.')
  expect(said(z.array(z.string()), 'x')).toBe('Not a list.')
  expect(said(z.enum(['asc', 'desc']), 'up')).toBe('Not known; one of asc, desc.')
  expect(said(z.iso.date(), 'soon')).toBe('Not a day; write it like 2026-01-31.')
  expect(said(z.uuid(), 'soon')).toBe('Not an id from here.')
})

test('sentences stand in sentences', () => {
  const confirmations = [
    { id: 'confirm-old-data', values: { asOf: '2026-01-01', today: '2026-02-01' } },
    {
      id: 'confirm-feed-gap',
      values: {
        asOf: '2026-01-01',
        stores: [{ id: 'store-stops', values: { store: 'A', newestDay: '2025-12-01', members: 3 } }],
      },
    },
  ] as const
  expect(sentence('zh-CN', 'campaign-unconfirmed', { confirmations })).toBe(
    '投放前请确认：数据截至 2026-01-01，今天是 2026-02-01，会员此后可能已有购买（--confirm old-data）。数据截至 2026-01-01，但部分门店的订单提前中断（--confirm feed-gap）：A 止于 2025-12-01（3 位会员）。',
  )
  expect(sentence('en', 'campaign-unconfirmed', { confirmations })).toMatch(
    /A on 2025-12-01 \(3 members\)\.$/,
  )
})

test('a value that fits none of several shapes is told what may stand there', () => {
  const input = z.object({
    event: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('tags'), tag: z.union([z.array(z.string()).max(2), z.string().max(3)]) }),
      z.object({ kind: z.literal('points'), at: z.union([z.iso.datetime({ offset: true }), z.iso.date()]) }),
    ]),
  })
  const said = (language: Language, event: object) => {
    const parsed = input.safeParse({ event })
    return inputSentence(language, parsed.error!).replace(/^event(\.\w+)?(: |：)/, '')
  }
  expect(said('en', { kind: 'nope' })).toContain('Not one of what may stand here: tags, points.')
  expect(said('zh-CN', {})).toContain('只能是以下之一：tags、points。')
  expect(said('en', { kind: 'tags', tag: 5 })).toContain('Not what may stand here: a list or a text.')
  expect(said('zh-CN', { kind: 'tags', tag: 5 })).toContain('只能是列表或文本。')
  expect(said('en', { kind: 'tags' })).toContain('Missing; it has to be given.')
  expect(said('en', { kind: 'tags', tag: ['a', 5] })).toContain('1: Not a text.')
  expect(said('zh-CN', { kind: 'tags', tag: 'long' })).toContain('太长，最多 3 个字符。')
  expect(said('zh-CN', { kind: 'points', at: '2026-01-31 10:00' })).toContain(
    '只能是带时区的时间（如 2026-01-31T20:31:00+08:00）或日期（如 2026-01-31）。',
  )
})
