import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSharedStage, type Stage, workspaceOf } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openSharedStage()
})
afterAll(() => stage?.close())

test('a file of members is seen as such, checked, imported and taken out again', async () => {
  const watched = await stage.page({ language: 'zh-CN' })
  const { page, complaints, open } = watched
  await workspaceOf(watched, stage, 'of members')
  await open('/data')
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: '选择文件' }).click(),
  ])
  await chooser.setFiles({
    name: 'members.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      '会员号,姓名,手机号,积分\nM1,甲,13900000001,5\nM2,乙,139****0001,many\nM3,丙,139****0001,7\n',
    ),
  })
  const kind = page.getByRole('combobox', { name: '每一行是' })
  await kind.waitFor()
  expect(await kind.inputValue()).toBe('会员')
  // the other kind asks for what orders need, and back
  await kind.click()
  await page.getByRole('option', { name: '订单或订单明细' }).click()
  await page.getByRole('combobox', { name: '订单号', exact: true }).waitFor()
  await kind.click()
  await page.getByRole('option', { name: '会员', exact: true }).click()
  await page.getByRole('combobox', { name: '订单号', exact: true }).waitFor({ state: 'detached' })
  expect(await serious(page)).toEqual([])
  await page.getByRole('button', { name: '只检查，不导入' }).click()
  await page.getByRole('heading', { name: 'members.csv 导入后会是这样' }).waitFor()
  await page.getByRole('button', { name: '立即导入' }).click()
  await page.getByRole('heading', { name: 'members.csv 已导入' }).waitFor()
  await page.getByText('1 个手机号已打码').waitFor()
  await page.getByText('文件中 2 位会员从未购买。').waitFor()
  await page.getByText('数字无法识别。').first().waitFor()
  expect(await serious(page)).toEqual([])
  await page.getByRole('button', { name: '撤销 members.csv' }).click()
  await page.getByText('文件中的会员资料会移除').waitFor()
  await page.getByRole('button', { name: '撤销导入' }).click()
  await page.getByText('已撤销', { exact: true }).first().waitFor()
  expect(complaints).toEqual([])
  await page.context().close()
})
