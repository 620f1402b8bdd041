import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { histories, origins, units, valueTypes } from '../../analytics/schema/described.ts'
import { fieldNames, fields } from '../import/columns/fields.ts'
import { sentences } from '../messages/messages.ts'
import { exportedStoreTables } from '../store/exported.ts'
import { dictionaryCsv, dictionaryTables } from './dictionary.ts'

describe.each(['en', 'zh-CN'] as const)('%s', (language) => {
  const path = fileURLToPath(new URL(`../../web/messages/${language}/dictionary.json`, import.meta.url))
  const page = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, string>>

  test('the page has a word for every kind of value, unit, source and history', () => {
    const types = [...new Set([...valueTypes, ...fieldNames.map((name) => fields[name].type)])]
    expect(Object.keys(page.type!).toSorted()).toEqual(types.toSorted())
    expect(Object.keys(page.unit!).toSorted()).toEqual([...units].toSorted())
    expect(Object.keys(page.from!).toSorted()).toEqual([...origins].toSorted())
    expect(Object.keys(page.known!).toSorted()).toEqual([...histories].toSorted())
  })

  test('every table, column and field of an orders file is explained', () => {
    const words = [
      ...dictionaryTables.flatMap(({ title, meaning, columns }) => [
        title[language],
        meaning[language],
        ...columns.map((column) => column.meaning[language]),
      ]),
      ...fieldNames.map((name) => sentences[language][`import-field.${name}`]),
    ]
    const said = language === 'en' ? /^\w/ : /[一-鿿]/
    expect(words.filter((word) => !said.test(word))).toEqual([])
    expect(words.length).toBeGreaterThan(100)
  })
})

test('tables and their columns have names of their own; a number says what it counts, money its currency', () => {
  expect(new Set(dictionaryTables.map(({ name }) => name)).size).toBe(dictionaryTables.length)
  for (const { name, columns } of exportedStoreTables) {
    expect(new Set(columns.map((column) => column.name)).size).toBe(columns.length)
    for (const column of columns) {
      const counted = column.type === 'integer' || column.type === 'decimal'
      expect({ name, column: column.name, counted: column.unit !== undefined }).toEqual({
        name,
        column: column.name,
        counted,
      })
      expect({ name, money: column.unit === 'minor' }).toEqual({
        name,
        money: column.name.endsWith('_minor'),
      })
    }
  }
  expect(dictionaryCsv('JPY')).toContain('orders,net_minor,integer,JPY 1/1,')
  expect(dictionaryCsv('CNY')).toContain('orders,net_minor,integer,CNY 1/100,')
})
