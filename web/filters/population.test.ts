import { expect, test } from 'vitest'
import { placesOf, populationOf, selectsOnOrders } from './population.ts'
import { createTranslator } from 'use-intl/core'
import english from '../messages/en/filters.json' with { type: 'json' }
import chinese from '../messages/zh-CN/filters.json' with { type: 'json' }

test('a rule about orders is told from one about the person', () => {
  expect(selectsOnOrders('orders >= 2')).toBe(true)
  expect(selectsOnOrders('region = "north" AND NOT Days_Since_Order > 60')).toBe(true)
  expect(selectsOnOrders('spend(category = "tea") > 10')).toBe(true)
  expect(selectsOnOrders('gender = "female" AND tag = "orders >= 2"')).toBe(false)
  expect(selectsOnOrders('everyone')).toBe(false)
})

test('the population is named by what narrows it', () => {
  expect(populationOf({})).toBe('all')
  expect(populationOf({ segment: 'everyone', stores: [] })).toBe('all')
  expect(populationOf({ segment: 'orders > 1' })).toBe('segment')
  expect(populationOf({ channels: ['app'] })).toBe('places')
  expect(populationOf({ categories: ['tea'] })).toBe('places')
  expect(populationOf({ segment: 'orders > 1', stores: ['A'] })).toBe('both')
})

test('places are named as they were chosen: one by its name, several by their number', () => {
  const said = (
    messages: typeof english,
    locale: string,
    stores: string[],
    channels: string[],
    categories: string[] = [],
  ) => {
    const t = createTranslator({ locale, messages })
    const where = t('population.where', {
      places: placesOf({ stores, channels }),
      stores: stores.length,
      store: stores[0] ?? '',
      channels: channels.length,
      channel: channels[0] ?? '',
      categories: categories.length,
      category: categories[0] ?? '',
    })
    const about = t('population.about', { population: populationOf({ stores, channels, categories }), where })
    return t('population.of', { about, sentence: '…' })
  }
  expect(said(english, 'en', ['West'], [])).toBe('Only at “West”. …')
  expect(said(english, 'en', ['West', 'East'], ['app'])).toBe('Only at the 2 chosen stores through “app”. …')
  expect(said(english, 'en', [], ['app', 'web'])).toBe('Only through the 2 chosen channels. …')
  expect(said(english, 'en', [], [], ['tea'])).toBe('Only orders with “tea”. …')
  expect(said(english, 'en', ['West'], [], ['tea', 'cake'])).toBe(
    'Only at “West”, orders with one of the 2 chosen categories. …',
  )
  expect(said(chinese, 'zh-CN', [], ['app'], ['茶'])).toBe('仅看渠道“app”、含“茶”的订单：…')
  expect(said(chinese, 'zh-CN', [], [], ['茶', '糕点'])).toBe('仅看含所选 2 个品类之一的订单：…')
  expect(said(chinese, 'zh-CN', ['西湖店'], [])).toBe('仅看门店“西湖店”：…')
  expect(said(chinese, 'zh-CN', ['西湖店', '城东店'], ['app'])).toBe('仅看所选 2 家门店、渠道“app”：…')
})
