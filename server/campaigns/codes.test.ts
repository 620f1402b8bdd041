import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { definitionOf, openTestShop, type TestShop } from './campaign-shop.fixture.ts'
import { campaignById, createCampaign } from './campaigns.ts'
import { codesCsv, takeCodes } from './codes.ts'
import { launchCampaign } from './launch.ts'
import { previewOf } from './preview.ts'

let shop: TestShop
beforeEach(async () => {
  shop = await openTestShop(6)
})
afterEach(() => shop.close())

async function launched(): Promise<string> {
  const { campaignId } = await createCampaign(shop.desk, definitionOf({ holdout: 0 }))
  const campaign = (await campaignById(shop.platform.store, shop.workspace.id, campaignId))!
  const outcome = await previewOf(shop.platform, shop.workspace, campaign)
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  const launch = await launchCampaign(shop.desk, { campaignId, digest: outcome.preview.digest, confirm: [] })
  expect(launch.kind).toBe('launched')
  return campaignId
}

async function file(
  campaignId: string,
  unmasked: boolean,
  language: 'en' | 'zh-CN',
  titles: 'scripts' | 'en' | 'zh-CN' = 'scripts',
) {
  const outcome = await takeCodes(shop.platform, shop.workspace, campaignId, { unmasked, language })
  if (outcome.kind !== 'codes') throw new Error(outcome.kind)
  return codesCsv(outcome.codes, titles)
    .trimEnd()
    .split('\r\n')
    .map((line) => line.replace(/^(M\d+),[^,]+/, '$1,CODE'))
}

test('the file says to whom, what and until when; phones are whole for the owner alone', async () => {
  await shop.workspace.engine.run(
    sql`update members set name = '王小明', phone = '13812342201' where member_id = 'M0001'`,
  )
  const campaignId = await launched()
  const owners = await file(campaignId, true, 'zh-CN')
  expect(owners.slice(0, 3)).toEqual([
    'member_id,code,valid_through,name,phone,offer',
    'M0001,CODE,2026-12-06,王小明,13812342201,满 ¥50.00 可用，减 ¥10.00',
    'M0002,CODE,2026-12-06,,,满 ¥50.00 可用，减 ¥10.00',
  ])
  expect(owners).toHaveLength(7)
  const [titles, ...rows] = await file(campaignId, true, 'zh-CN', 'zh-CN')
  expect(titles).toBe('会员,券码,有效期至,姓名,手机号,优惠')
  expect(rows).toEqual(owners.slice(1))
  const marketers = await file(campaignId, false, 'en')
  expect(marketers[1]).toBe(
    'M0001,CODE,2026-12-06,王小明,138****2201,¥10.00 off when spending ¥50.00 or more',
  )
})

test('a name or number that begins like a formula is shown by a spreadsheet, not run', async () => {
  await shop.workspace.engine.run(
    sql`update members set name = '=HYPERLINK("http://x","y")', phone = '+86 138 1234 2201' where member_id = 'M0001'`,
  )
  await shop.workspace.engine.run(
    sql`update members set name = '@SUM(1)', phone = '-1+cmd' where member_id = 'M0002'`,
  )
  const [, first, second] = await file(await launched(), true, 'en')
  expect(first).toContain(`,"'=HYPERLINK(""http://x"",""y"")",'+86 138 1234 2201,`)
  expect(second).toContain(",'@SUM(1),'-1+cmd,")
})
