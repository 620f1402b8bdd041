import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { saidIn } from '../messages/messages.ts'
import { openMigratedStore, type Store } from '../store/store.ts'
import { addLaunch, addShop, couponFor } from './issued-coupons.fixture.ts'
import { beginImport, discardImport, publishImport, recoverImports, takePart } from './pool-imports.ts'
import { importHalf, importPool } from './pools.fixture.ts'
import { dropFreeCodes, freeCodes, listPools, takeForLaunch } from './pools.ts'

const said = (refused: readonly { line: number; said: Parameters<typeof saidIn>[1] }[]) =>
  refused.map((one) => saidIn('en', one.said))

let store: Store
let clock: { instant: Date; now(): Date }
beforeEach(async () => {
  store = await openMigratedStore(':memory:')
  clock = { instant: new Date('2026-11-01T04:00:00Z'), now: () => clock.instant }
  await addShop(store, 'shop')
  await addShop(store, 'other')
  return () => store.destroy()
})
const deskOf = (workspaceId = 'shop') => ({ store, clock, workspaceId })
const add = async (text: string, name = 'Youzan', workspaceId = 'shop') => {
  const outcome = await importPool(deskOf(workspaceId), name, text)
  if (outcome.kind !== 'added') throw new Error(JSON.stringify(outcome))
  return outcome
}
const codes = async () =>
  (await store.selectFrom('pool_codes').select(['line', 'code', 'key']).orderBy('seq').execute()).map(
    ({ line, code, key }) => [line, code, key],
  )

describe('a file of codes', () => {
  test('is one code a line, or the column that is called a code', async () => {
    await add('\uFEFFAB-12\r\ncd34\r\n\r\n')
    await add('序号,券码,面额\n1,"YZ,001",20\n2,="0042",20\n')
    expect(await codes()).toEqual([
      [1, 'AB-12', 'AB12'],
      [2, 'cd34', 'CD34'],
      [2, 'YZ,001', 'YZ,001'],
      [3, '0042', '0042'],
    ])
    for (const [text, id] of [
      ['a,b\n1,2', 'pool-file-columns'],
      ['\n \n', 'pool-file-empty'],
      ['', 'pool-file-empty'],
      [`x\n${'y'.repeat(20_001)}`, 'pool-line-long'],
    ] as const) {
      expect(await importPool(deskOf(), 'none', text)).toMatchObject({ kind: 'unreadable', said: { id } })
      expect((await listPools(store, 'shop')).map(({ name }) => name)).toEqual(['Youzan'])
    }
  })

  test('says of each line that brings no code why', async () => {
    const { added, refused } = await add(`code\nA1\n\nａ 1\n${'x'.repeat(61)}\n1.23E+15\nB2`)
    expect(added).toBe(2)
    expect((await codes()).map(([, code]) => code)).toEqual(['A1', 'B2'])
    expect(said(refused)).toEqual([
      'Line 3: there is no code.',
      'Line 4: ａ 1 stands in line 2 already.',
      'Line 5: “xxxxxxxxxxxxxxxxxxxx…” is longer than 60 signs and no code.',
      'Line 6: 1.23E+15 is a number that a spreadsheet has rounded. Export the codes as text.',
    ])
  })

  test('comes in the same however its text is cut', async () => {
    const line = fc.constantFrom('', ' ', 'A1', 'a-1', 'B2', 'C3🎟', '券4', 'x'.repeat(61), '7')
    const text = fc
      .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { minLength: 1, maxLength: 12 })
      .map((lines) => lines.flat().join(''))
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 5 }), async (whole, cut) => {
        const outcomes = []
        for (const length of [1_000, cut]) {
          const outcome = await importPool(deskOf(), 'Youzan', whole, length)
          outcomes.push({
            ...outcome,
            ...('refused' in outcome ? { refused: said(outcome.refused) } : {}),
            codes: await codes(),
          })
          await dropFreeCodes(store, 'shop', 'Youzan')
          expect(await codes()).toEqual([])
        }
        expect(outcomes[1]).toEqual(outcomes[0])
        // the lines as anybody counts them, without those that are empty at the end
        const lines = whole.split(/\r\n|\n|\r/)
        while (lines.at(-1)?.trim() === '') lines.pop()
        const { added = 0, refused = [] } = outcomes[0] as unknown as { added?: number; refused?: string[] }
        expect(added + refused.length).toBe(lines.length)
      }),
      { numRuns: 60 },
    )
  })

  test('of 20,000 codes lets the event loop go on between short batches', async () => {
    const desk = deskOf()
    const begun = await beginImport(desk, 'Youzan')
    if (begun.kind !== 'begun') throw new Error(begun.kind)
    const text = Array.from({ length: 20_000 }, (_, n) => `yz-${n}`).join('\n')
    let turns = 0
    let over = false
    const turn = () => {
      turns++
      if (!over) setImmediate(turn)
    }
    setImmediate(turn)
    await takePart(desk, { importId: begun.importId, part: 0, text: `${text}\n` })
    over = true
    expect(turns).toBeGreaterThanOrEqual(20) // one after each batch of 1,000 lines
    expect(await publishImport(desk, begun.importId, { kind: 'local' })).toMatchObject({ added: 20_000 })
  })
})

describe('an import', () => {
  test('is there as a whole or not at all: nobody sees or takes a code of half a file', async () => {
    await add('A1\nA2')
    const importId = await importHalf(deskOf(), 'Youzan', 'B1\nB2\nB3\n')
    const seen = async () => [
      await listPools(store, 'shop'),
      (await freeCodes(store, 'shop', 'Youzan'))!.free,
    ]
    expect(await seen()).toMatchObject([[{ codes: 2, free: 2 }], 2])
    const { poolId } = (await freeCodes(store, 'shop', 'Youzan'))!
    expect(await takeForLaunch(store, { poolId, launchId: 'l1', codes: 4 })).toBe(2)
    expect(await seen()).toMatchObject([[{ codes: 2, free: 0 }], 0])
    expect(await publishImport(deskOf(), importId, { kind: 'local' })).toMatchObject({ added: 3, free: 3 })
    expect(await takeForLaunch(store, { poolId, launchId: 'l2', codes: 4 })).toBe(3)
  })

  test('is cancelled without a trace, and one that a start finds half done goes', async () => {
    await add('A1')
    const importId = await importHalf(deskOf(), 'Youzan', 'B1\nB2\n')
    expect(await discardImport(store, 'other', importId)).toBe(false)
    expect(await discardImport(store, 'shop', importId)).toBe(true)
    expect(await discardImport(store, 'shop', importId)).toBe(false)
    expect(await publishImport(deskOf(), importId, { kind: 'local' })).toEqual({ kind: 'gone' })
    await importHalf(deskOf(), 'New', 'B1\nB2\n')
    await recoverImports(store)
    expect((await codes()).map(([, code]) => code)).toEqual(['A1'])
    expect(await listPools(store, 'shop')).toMatchObject([{ name: 'Youzan', codes: 1 }])
    expect(await store.selectFrom('code_pools').selectAll().execute()).toHaveLength(1)
    // what was taken out comes in again
    expect(await add('B1\nB2', 'New')).toMatchObject({ added: 2, refused: [] })
  })

  test('takes a part once, in its turn, and one file of a workspace at a time', async () => {
    const begun = await beginImport(deskOf(), 'Youzan')
    if (begun.kind !== 'begun') throw new Error(begun.kind)
    const { importId } = begun
    const send = (part: number, text: string) => takePart(deskOf(), { importId, part, text })
    expect(await send(1, 'B1\n')).toEqual({ kind: 'out-of-turn', expected: 0 })
    const both = await Promise.all([send(0, 'A1\nA2\n'), send(0, 'A1\nA2\n')])
    expect(both).toMatchObject([{ codes: 2 }, { codes: 2 }])
    expect(await send(1, 'B1\n')).toMatchObject({ codes: 3, lines: 3, refused: [] })
    expect(await takePart(deskOf('other'), { importId, part: 2, text: 'C' })).toEqual({ kind: 'gone' })
    expect(await beginImport(deskOf(), 'Weimob')).toEqual({ kind: 'running', pool: 'Youzan' })
    expect(await beginImport(deskOf('other'), 'Weimob')).toMatchObject({ kind: 'begun' })
    // who has not sent anything for long has gone
    clock.instant = new Date(clock.instant.getTime() + 121_000)
    expect(await add('B1', 'Weimob')).toMatchObject({ added: 1, refused: [] })
    expect(await send(2, 'C1\n')).toEqual({ kind: 'gone' })
  })
})

describe('a pool', () => {
  test('takes what the workspace does not know yet, and what another knows', async () => {
    const coupon = couponFor('m1')
    await addLaunch(store, 'shop', [coupon, couponFor('m2', { given: { code: 'used-1', key: 'USED1' } })])
    expect(await add('A1\nA2')).toMatchObject({ added: 2, free: 2, refused: [] })
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
