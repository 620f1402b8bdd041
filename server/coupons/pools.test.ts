import { beforeEach, describe, expect, test } from 'vitest'
import { saidIn } from '../messages/messages.ts'
import { openMigratedStore, type Store } from '../store/store.ts'
import { addLaunch, addShop, couponFor } from './issued-coupons.fixture.ts'
import { addToPool, type CodesFile, dropFreeCodes, listPools, readCodesFile } from './pools.ts'

const read = (text: string) => readCodesFile(text) as Extract<CodesFile, { kind: 'codes' }>
const said = (refused: readonly { line: number; said: Parameters<typeof saidIn>[1] }[]) =>
  refused.map((one) => saidIn('en', one.said))

describe('a file of codes', () => {
  test('is one code a line, or the column that is called a code', () => {
    expect(read('\uFEFFAB-12\r\ncd34\r\n\r\n').codes).toEqual([
      { line: 1, code: 'AB-12', key: 'AB12' },
      { line: 2, code: 'cd34', key: 'CD34' },
    ])
    expect(read('序号,券码,面额\n1,"YZ,001",20\n2,="0042",20\n').codes).toEqual([
      { line: 2, code: 'YZ,001', key: 'YZ,001' },
      { line: 3, code: '0042', key: '0042' },
    ])
    expect(readCodesFile('a,b\n1,2')).toMatchObject({ kind: 'unreadable', said: { id: 'pool-file-columns' } })
    expect(readCodesFile('\n \n')).toMatchObject({ kind: 'unreadable', said: { id: 'pool-file-empty' } })
    expect(readCodesFile(Array.from({ length: 100_001 }, (_, n) => `c${n}`).join('\n'))).toMatchObject({
      kind: 'unreadable',
      said: { id: 'pool-file-large' },
    })
  })

  test('says of each line that brings no code why', () => {
    const { codes, refused } = read(`code\nA1\n\nａ 1\n${'x'.repeat(61)}\n1.23E+15\nB2`)
    expect(codes.map(({ code }) => code)).toEqual(['A1', 'B2'])
    expect(said(refused)).toEqual([
      'Line 3: there is no code.',
      'Line 4: ａ 1 stands in line 2 already.',
      'Line 5: “xxxxxxxxxxxxxxxxxxxx…” is longer than 60 signs and no code.',
      'Line 6: 1.23E+15 is a number that a spreadsheet has rounded. Export the codes as text.',
    ])
  })
})

describe('a pool', () => {
  let store: Store
  const add = (text: string, name = 'Youzan', workspaceId = 'shop') =>
    addToPool(store, { workspaceId, name, codes: read(text).codes, at: new Date('2026-11-01') })
  beforeEach(async () => {
    store = await openMigratedStore(':memory:')
    await addShop(store, 'shop')
    await addShop(store, 'other')
    return () => store.destroy()
  })

  test('takes what the workspace does not know yet, and what another knows', async () => {
    const coupon = couponFor('m1')
    await addLaunch(store, 'shop', [coupon, couponFor('m2', { given: { code: 'used-1', key: 'USED1' } })])
    expect(await add('A1\nA2')).toEqual({ added: 2, free: 2, refused: [] })
    expect(await add('A1', 'Theirs', 'other')).toMatchObject({ added: 1 })
    const again = await add(`a-2\n${coupon.code}\nUSED 1\nA3`, 'Weimob')
    expect(again).toMatchObject({ added: 1, free: 1 })
    expect(said(again.refused)).toEqual([
      'Line 1: a-2 is in the pool “Youzan” already.',
      `Line 2: ${coupon.code} was issued by the campaign “Wake-up” already.`,
      'Line 3: USED 1 was issued by the campaign “Wake-up” already.',
    ])
    expect(await listPools(store, 'shop')).toMatchObject([
      { name: 'Weimob', codes: 1, free: 1 },
      { name: 'Youzan', codes: 2, free: 2 },
    ])
  })

  test('forgets the codes that nobody has, and those alone', async () => {
    await add('A1\nA2\nA3')
    await store.updateTable('pool_codes').set({ launch_id: 'some' }).where('key', '=', 'A2').execute()
    expect(await dropFreeCodes(store, 'shop', 'Youzan')).toBe(true)
    expect(await listPools(store, 'shop')).toMatchObject([{ codes: 1, free: 0 }])
    expect(await dropFreeCodes(store, 'shop', 'none such')).toBe(false)
    expect(await dropFreeCodes(store, 'other', 'Youzan')).toBe(false)
  })
})
