import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSharedStage, type Stage, workspaceOf } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openSharedStage()
})
afterAll(() => stage?.close())

test('a points ledger is seen as such, imported and shown with its member; its template is there to download', async () => {
  const watched = await stage.page({ language: 'zh-CN' })
  const { page, complaints, open } = watched
  await workspaceOf(watched, stage, 'of points')
  await open('/data')
  await page.getByRole('button', { name: '模板', exact: true }).click()
  const [template] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: '积分流水（JSON Lines）' }).click(),
  ])
  expect(template.suggestedFilename()).toBe('points-template.jsonl')
  expect(readFileSync(await template.path(), 'utf8')).toMatch(/^\{"entryId":"P-1","memberId":/)

  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: '选择文件' }).click(),
  ])
  await chooser.setFiles({
    name: 'points.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      '流水号,会员号,变动时间,变动积分,变动原因\nP1,M1,2026-01-05 10:00:00,120,消费\nP2,M1,2026-01-06 10:00:00,,消费\n',
    ),
  })
  const kind = page.getByRole('combobox', { name: '每一行是' })
  await kind.waitFor()
  expect(await kind.inputValue()).toBe('积分流水')
  expect(await page.getByRole('combobox', { name: '变动', exact: true }).inputValue()).toBe('变动积分')
  expect(await serious(page)).toEqual([])
  // the rows that a check would refuse are there to mend before anything is imported
  await page.getByRole('button', { name: '只检查，不导入' }).click()
  await page.getByRole('heading', { name: 'points.csv 导入后会是这样' }).waitFor()
  const [refused] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: '下载被拒绝的行' }).click(),
  ])
  expect(refused.suggestedFilename()).toBe('refused-points.csv')
  expect(readFileSync(await refused.path(), 'utf8')).toContain('积分变动为空。,P2,M1')
  await page.getByRole('button', { name: '立即导入' }).click()
  await page.getByRole('heading', { name: 'points.csv 已导入' }).waitFor()
  await page.getByText('1 位会员此前未知，尚未购买。').waitFor()
  await page.getByText('积分变动为空。').first().waitFor()
  expect(await serious(page)).toEqual([])

  await open('/members/M1')
  await page.getByRole('heading', { name: '积分变动 1 次' }).waitFor()
  await page.getByText('+120').waitFor()
  expect(await serious(page)).toEqual([])

  await open('/data')
  await page.getByRole('button', { name: '撤销 points.csv' }).click()
  await page.getByText('它带来的内容会移除').waitFor()
  await page.getByRole('button', { name: '撤销导入' }).click()
  await page.getByText('已撤销', { exact: true }).first().waitFor()
  expect(complaints).toEqual([])
  await page.context().close()
})
