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

test.each([
  {
    language: 'en',
    width: 1440,
    other: 'M0000003',
    merge: 'Merge with…',
    confirm: 'Merge',
    separate: 'Separate',
  },
  {
    language: 'zh-CN',
    width: 390,
    other: 'M0000005',
    merge: '与其他会员合并…',
    confirm: '合并',
    separate: '拆出',
  },
] as const)(
  'two members are merged and taken apart again, by keyboard ($language, $width px)',
  async ({ language, width, other, merge, confirm, separate }) => {
    const { page, complaints, open } = await stage.page({ language, width })
    const shot = async (name: string) => {
      if (pictures) await page.screenshot({ path: `${pictures}/${name}-${width}.png`, fullPage: true })
    }
    await open('/members/M0000002')
    await page.getByRole('button', { name: merge }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox').waitFor()
    await page.keyboard.type(other)
    const choice = dialog.getByRole('radio', { name: new RegExp(other) }).first()
    await choice.waitFor()
    await choice.focus()
    await page.keyboard.press('Space')
    await dialog.getByRole('table').waitFor()
    expect(await serious(page)).toEqual([])
    await shot('merge-preview')
    const orders = async (cell: number) =>
      Number(
        (await dialog.getByRole('row').nth(2).getByRole('cell').nth(cell).innerText()).replaceAll(',', ''),
      )
    expect(await orders(2)).toBe((await orders(0)) + (await orders(1)))
    const whole = await orders(2)
    const button = dialog.getByRole('button', { name: confirm, exact: true })
    await button.focus()
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'hidden' })
    await settled(page)
    const apart = page.getByRole('button', { name: `${separate} ${other}` })
    await apart.waitFor()
    expect(await serious(page)).toEqual([])
    await shot('merged-member')

    // the merged id finds the member
    await open(`/members/${other}`)
    expect(await page.locator('main').innerText()).toContain('M0000002')
    await open('/members/M0000002')
    await apart.focus()
    await page.keyboard.press('Enter')
    await dialog.getByRole('table').waitFor()
    await shot('separate-preview')
    expect(await orders(0)).toBe(whole)
    const back = dialog.getByRole('button', { name: separate, exact: true })
    await back.focus()
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'hidden' })
    await apart.waitFor({ state: 'hidden' })
    expect(complaints).toEqual([])
    await page.context().close()
  },
)
