import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStage, settled, type Stage } from './harness.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.close())

const password = 'correct horse battery'

test('from the first link to a password of one’s own, and a cashier who sees the desk alone', async () => {
  const watched = await stage.page()
  const { page } = watched
  await watched.open('/settings')
  const account = page
    .locator('form')
    .filter({ has: page.getByRole('button', { name: 'Set name and password' }) })
  await account.getByLabel('Name', { exact: true }).fill('Chen')
  await account.getByLabel('New password', { exact: true }).fill(password)
  await account.getByRole('button', { name: 'Set name and password' }).click()
  await page.getByText('Name and password are set.').waitFor()

  await page.getByRole('button', { name: 'Workspace, language, appearance' }).click()
  await page.getByRole('menuitem', { name: 'Sign out (Chen)' }).click()
  await page.waitForURL(/\/sign-in/)
  await page.getByLabel('Name', { exact: true }).fill('Chen')
  await page.getByLabel('Password', { exact: true }).fill('not this one')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('Name or password is wrong.').waitFor()
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
  await settled(page)

  await watched.open('/settings')
  await page.getByText('You sign in with this name and your password').waitFor()
  expect(await page.getByLabel('Name', { exact: true }).first().inputValue()).toBe('Chen')
  await page.getByRole('combobox', { name: 'Role of the person to invite' }).click()
  await page.getByRole('option', { name: 'Cashier' }).click()
  await page.getByRole('button', { name: 'Make invitation link' }).click()
  const link = (await page.locator('code', { hasText: '#invite=' }).textContent())!
  expect(link).toContain('/sign-in#invite=')

  const fresh = await stage.browser.newContext({ locale: 'en' })
  const till = await fresh.newPage()
  await till.goto(link)
  await till.getByText('You are invited as a cashier.').waitFor()
  await till.getByLabel('Name', { exact: true }).fill('Lin')
  await till.getByLabel('Password', { exact: true }).fill(password)
  await till.getByRole('button', { name: 'Join demo' }).click()
  await till.waitForURL(/\/redeem/)
  for (const path of ['/', '/members', '/campaigns', '/settings']) {
    await till.goto(`${stage.server.url}${path}`)
    await till.waitForURL(/\/redeem/)
  }
  const asked = await till.request.get(`${stage.server.url}/trpc/campaigns.list`)
  expect(asked.status()).toBe(403)

  const again = await fresh.browser()!.newContext({ locale: 'en' })
  const late = await again.newPage()
  await late.goto(link)
  await late.getByRole('heading', { name: 'This link no longer works' }).waitFor()
  await again.close()
  await fresh.close()
  await page.context().close()
})
