import { expect, test } from 'vitest'
import { tokens } from '../tokens.ts'
import { isReserved, words } from '../words.ts'
import type { Described } from './described.ts'
import { fields, measures, sources } from './catalogue.ts'

const lists = [
  ['fields', fields],
  ['measures', measures],
  ...sources.map(({ name, conditions }) => [`conditions on ${name}`, conditions] as const),
] as const

test.each(lists)('%s: every word names one entry, is one word, and holds no rule together', (_, entries) => {
  const spoken = entries.flatMap(({ name, chinese, shopify }: Described) => [
    name,
    chinese,
    ...(shopify === undefined ? [] : [shopify]),
  ])
  expect(spoken.filter((word, i) => spoken.indexOf(word) !== i)).toEqual([])
  for (const word of spoken) {
    expect(tokens(word).map(({ kind, value }) => [kind, value])).toEqual([
      ['word', word],
      ['end', ''],
    ])
    expect({ word, reserved: isReserved(word) }).toEqual({ word, reserved: false })
  }
  for (const { chinese } of entries) expect(chinese).toMatch(/^\p{Script=Han}+$/u)
})

test.each(lists)('%s: choices are told apart in both languages', (_, entries) => {
  for (const { choices = [] } of entries) {
    const spoken = choices.flatMap(({ value, title }) => [value, title['zh-CN']])
    expect(new Set(spoken).size).toBe(spoken.length)
    for (const { value } of choices) expect(value).toBe(value.toLowerCase())
  }
})

test('a text says what part of it is asked, in both languages', () => {
  for (const { name, kind, phrase } of [...fields, ...sources.flatMap(({ conditions }) => conditions)]) {
    const said = [phrase.en.text, phrase['zh-CN'].text].map((text) => text !== undefined)
    expect({ name, said }).toEqual({ name, said: [kind === 'text', kind === 'text'] })
  }
})

test('a source has the condition that its days are, and something that counts', () => {
  for (const source of sources) {
    expect(source.conditions.find(({ name }) => name === source.day)?.kind).toBe('day')
    expect(measures.some((measure) => measure.source === source)).toBe(true)
  }
  expect(new Set(sources.map(({ name }) => name)).size).toBe(sources.length)
})

test('no Chinese word stands for two', () => {
  const spoken = Object.values(words).flat()
  expect(new Set(spoken).size).toBe(spoken.length)
})
