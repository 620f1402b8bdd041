import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStage, type Stage } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
}, 300_000)
afterAll(() => stage?.close())

test('an owner tries other thresholds, sees who would move, opens them, and makes them the shop’s', async () => {
  const { page, open, complaints } = await stage.page({ language: 'en' })
  await open('/value')
  await page.getByRole('button', { name: 'Try other thresholds' }).click()
  const panel = page.locator('section').filter({ has: page.getByRole('group', { name: 'Recency: days' }) })
  await panel.getByRole('heading', { name: 'With these thresholds nobody stands in another group' }).waitFor()
  expect(await panel.getByRole('button', { name: 'Use these thresholds' }).isDisabled()).toBe(true)

  // who bought within a week is at the top, a year ends it
  const recency = panel.getByRole('group', { name: 'Recency: days' })
  await recency.getByText('Own values').click()
  for (const [score, days] of [
    [5, 7],
    [4, 30],
    [3, 90],
    [2, 365],
  ] as const)
    await recency.getByLabel(`Score ${score}, up to`).fill(String(days))
  const title = panel.getByRole('heading', { name: /would stand in another group/ })
  await title.waitFor()
  expect(await serious(page)).toEqual([])

  // values out of order are refused where they stand, and nothing can be saved
  await recency.getByLabel('Score 4, up to').fill('5')
  await recency.getByText('Each value must be above the one before.').waitFor()
  expect(await panel.getByRole('button', { name: 'Use these thresholds' }).isDisabled()).toBe(true)
  await recency.getByLabel('Score 4, up to').fill('30')
  await recency.getByText('Each value must be above the one before.').waitFor({ state: 'hidden' })

  // a cell opens those whom it counts, though the rule is not in force
  const move = panel.locator('td a').first()
  const counted = /: ([\d,]+) members?/.exec((await move.textContent()) ?? '')![1]!
  const address = await move.getAttribute('href')
  const members = await stage.page({ language: 'en' })
  await members.open(address!)
  await members.page.getByText(`${counted} members`).first().waitFor()
  await members.page.context().close()

  await panel.getByRole('button', { name: 'Use these thresholds' }).click()
  await page.getByText('The new thresholds hold.').waitFor()
  await page.getByText('Members who bought, by scores of 1 to 5, cut where this shop has set it').waitFor()
  await page.getByText('Recency 5: up to 7 days').waitFor()
  await open('/settings')
  await page.getByText('Thresholds of RFM').first().waitFor()
  expect(complaints).toEqual([])
  await page.context().close()
}, 300_000)
