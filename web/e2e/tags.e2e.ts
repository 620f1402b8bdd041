import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStage, settled, type Stage } from './harness.ts'
import { serious } from './serious.ts'

/** For a look at the pages: a folder for pictures of them. */
const pictures = process.env.REVEILLE_PICTURES
let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.close())

const words = {
  en: {
    look: 'Look at Buys often',
    tag: 'Buys often',
    preview: 'Preview',
    on: 'Switch rule on',
    group: 'New group',
    make: 'Make group',
    fresh: 'New tag',
    name: 'Tag',
    groupField: 'Group',
    save: 'Save tag',
    actions: 'Actions for ',
    putOn: 'Put on a list …',
    ids: 'Member ids',
    reason: 'Reason',
    put: 'Put on 2 members',
    history: 'History',
    merge: 'Merge into another …',
    into: 'Tag that stays',
    mergeDo: 'Merge tags',
    why: 'Why ',
    changes: /changes? of tags/,
  },
  'zh-CN': {
    look: '查看“高频”',
    tag: '高频',
    preview: '预览',
    on: '启用规则',
    group: '新标签组',
    make: '新建标签组',
    fresh: '新建标签',
    name: '标签',
    groupField: '标签组',
    save: '保存标签',
    actions: '',
    putOn: '给名单打标签…',
    ids: '会员编号',
    reason: '原因',
    put: '给 2 位会员打上',
    history: '历史',
    merge: '并入其他标签…',
    into: '保留的标签',
    mergeDo: '合并标签',
    why: '为什么是',
    changes: /次标签变更/,
  },
} as const

test.each([
  { language: 'en', width: 1440 },
  { language: 'zh-CN', width: 390 },
] as const)(
  'a rule is previewed and switched on, tags of one group exclude each other, two become one ($language, $width px)',
  async ({ language, width }) => {
    const w = words[language]
    const group = `level ${width}`
    const gold = `gold ${width}`
    const silver = `silver ${width}`
    const { page, complaints, open } = await stage.page({ language, width })
    const shot = async (name: string) => {
      expect(await serious(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      if (pictures) await page.screenshot({ path: `${pictures}/tags-${name}-${width}.png`, fullPage: true })
    }
    const dialog = page.getByRole('dialog')
    const act = async (tag: string, item: string) => {
      const name = language === 'en' ? `${w.actions}${tag}` : `“${tag}”的操作`
      await page.getByRole('button', { name, exact: true }).click()
      await page.getByRole('menuitem', { name: item, exact: true }).click()
      await dialog.waitFor()
    }
    await open('/segments?tab=tags')

    // a shipped tag: looked at, previewed, switched on
    await page.getByRole('button', { name: w.look }).click()
    await dialog.getByRole('button', { name: w.preview, exact: true }).click()
    await dialog.getByRole('button', { name: w.on, exact: true }).waitFor()
    await shot('preview')
    await dialog.getByRole('button', { name: w.on, exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    const row = (tag: string) =>
      page.getByRole('row').filter({ has: page.getByRole('link', { name: tag, exact: true }) })
    await row(w.tag).waitFor()

    // a group of which a member carries one tag
    await page.getByLabel(w.group, { exact: true }).fill(group)
    await page.getByRole('button', { name: w.make }).click()
    const exclusive = page.getByRole('switch', { name: new RegExp(group), disabled: false })
    await exclusive.press(' ')
    await expect.poll(() => exclusive.isChecked(), { timeout: 10_000 }).toBe(true)
    for (const tag of [gold, silver]) {
      await page.getByRole('button', { name: w.fresh, exact: true }).click()
      await dialog.getByLabel(w.name, { exact: true }).fill(tag)
      await dialog.getByLabel(w.groupField, { exact: true }).fill(group)
      await page.keyboard.press('Escape') // the list of groups
      await dialog.getByRole('button', { name: w.save }).click()
      await dialog.waitFor({ state: 'hidden' })
      await act(tag, w.putOn)
      await dialog.getByLabel(w.ids, { exact: true }).fill('M0000002\nM0000003, somebody')
      await dialog.getByLabel(w.reason, { exact: true }).fill('yearly review')
      await dialog.getByRole('button', { name: w.put }).click()
      await dialog.waitFor({ state: 'hidden' })
    }
    await settled(page)
    await shot('list')
    await act(gold, w.history)
    await expect.poll(() => dialog.innerText()).toContain('yearly review')
    await shot('history')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })

    // the page of a member says why
    await open('/members/M0000002')
    await page.getByText(silver).first().waitFor()
    await page.getByText(w.changes).click()
    await page.getByText('yearly review').first().waitFor()
    await shot('member')

    // two become one
    await open('/segments?tab=tags')
    await act(gold, w.merge)
    await dialog
      .getByRole('combobox', { name: w.into })
      .or(dialog.getByLabel(w.into, { exact: true }))
      .first()
      .click()
    await page.getByRole('option', { name: silver, exact: true }).click()
    await dialog.getByRole('button', { name: w.mergeDo }).click()
    await dialog.waitFor({ state: 'hidden' })
    await row(gold).waitFor({ state: 'detached' })
    expect(await row(silver).count()).toBe(1)

    // the group gets another name, and goes; the tag stays
    const change = async (of: string, item: string) => {
      const name = language === 'en' ? `Change ${of}` : `修改 ${of}`
      await page.getByRole('button', { name, exact: true }).click()
      await page.getByRole('menuitem', { name: item, exact: true }).click()
    }
    await change(group, language === 'en' ? 'Rename' : '重命名')
    await dialog.getByRole('textbox').fill(`rank ${width}`)
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'hidden' })
    await row(silver)
      .filter({ hasText: `rank ${width}` })
      .waitFor()
    const remove = language === 'en' ? 'Remove' : '移除'
    await change(`rank ${width}`, remove)
    await shot('group-removal')
    await dialog.getByRole('button', { name: remove, exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    await row(silver)
      .filter({ hasNotText: `rank ${width}` })
      .waitFor()
    expect(complaints).toEqual([])
  },
)
