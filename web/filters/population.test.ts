import { expect, test } from 'vitest'
import { populationOf, selectsOnOrders } from './population.ts'

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
  expect(populationOf({ segment: 'orders > 1', stores: ['A'] })).toBe('both')
})
