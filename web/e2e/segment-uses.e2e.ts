import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSharedStage, type Stage } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openSharedStage()
})
afterAll(() => stage?.close())

const looks = [
  {
    language: 'en',
    width: 1440,
    save: 'Save segment',
    name: 'Name',
    usedBy: 'Used by',
    none: 'Nothing is made of this segment yet.',
    more: 'More for this segment',
    remove: 'Delete …',
    stands: /can’t be deleted while/,
    removeDo: 'Delete segment',
  },
  {
    language: 'zh-CN',
    width: 390,
    save: '保存人群',
    name: '名称',
    usedBy: '被引用',
    none: '还没有内容引用该人群。',
    more: '更多操作',
    remove: '删除…',
    stands: /暂时不能删除/,
    removeDo: '删除人群',
  },
] as const

test.each(looks)(
  'what is made of a segment is listed with links, and stands in the way of deleting it: $language $width',
  async ({ language, width, ...w }) => {
    const { page, complaints, open } = await stage.page({ language, width })
    const dialog = page.getByRole('dialog')
    const panel = page.locator('section', { has: page.getByRole('heading', { name: w.usedBy }) })
    const save = async (name: string, expression: string) => {
      await open(`/segments/new?${new URLSearchParams({ expression })}`)
      await page.getByRole('button', { name: w.save }).click()
      await dialog.getByLabel(w.name).fill(name)
      await page.keyboard.press('Enter')
      await dialog.waitFor({ state: 'hidden' })
      await page.getByRole('heading', { name, level: 1 }).waitFor()
      return page.url()
    }
    const remove = async () => {
      await page.getByRole('button', { name: w.more, exact: true }).click()
      await page.getByRole('menuitem', { name: w.remove }).click()
    }
    const base = `Base ${width}`
    const made = `Made of it ${width}`
    const address = await save(base, 'orders >= 7')
    await panel.getByText(w.none).waitFor()
    const other = await save(made, `segment "${base}" and net > 100`)

    await open(new URL(address).pathname)
    await panel.getByRole('link', { name: made }).waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await remove()
    await dialog.getByText(w.stands).waitFor()
    expect(await dialog.getByRole('button', { name: w.removeDo }).isDisabled()).toBe(true)
    expect(await serious(page)).toEqual([])
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/uses-${width}.png` })
    await dialog.getByRole('link', { name: made }).click()
    await page.waitForURL(other)

    // what nothing is made of goes, and then the other can
    await page.getByRole('heading', { name: made, level: 1 }).waitFor()
    await remove()
    await dialog.getByRole('button', { name: w.removeDo }).click()
    await page.waitForURL(/\/segments$/)
    await open(new URL(address).pathname)
    await panel.getByText(w.none).waitFor()
    await remove()
    await dialog.getByRole('button', { name: w.removeDo }).click()
    await page.waitForURL(/\/segments$/)
    expect(complaints).toEqual([])
    await page.context().close()
  },
)
