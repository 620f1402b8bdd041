import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { random } from '../../fixtures/random.ts'
import { applyChange } from '../identity/merges.ts'
import { previewChange } from '../identity/preview.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { deleteMember } from '../rights/delete-member.ts'
import { setTag } from '../tags/set-tag.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { importRuns } from './runs.ts'
import { now } from './test-shop.ts'
import { undoImport } from './undo.ts'

const root = mkdtempSync(join(tmpdir(), 'reveille-races-'))
const base = join(root, 'base')
afterAll(() => rmSync(root, { recursive: true, force: true }))

const csv = (header: string, rows: number, row: (i: number) => string) =>
  `${[header, ...Array.from({ length: rows }, (_, i) => row(i))].join('\n')}\n`
/** Members m0 to m9, every amount told by the file alone, so that what a lost or doubled file does shows. */
const files = {
  'first.csv': csv(
    'order_id,customer_id,order_date,amount',
    30,
    (i) => `A${i},m${i % 10},2026-01-0${1 + (i % 9)},${i + 1}.00`,
  ),
  'orders.csv': csv(
    'order_id,customer_id,order_date,amount',
    40,
    (i) => `A${i + 15},m${(i + 3) % 12},2026-02-0${1 + (i % 9)},${i + 100}.50`,
  ),
  'people.csv': csv(
    'member_id,name,phone,joined_at,tier,points',
    8,
    (i) => `m${i},Ann ${i},+86138000000${10 + i},2025-01-01,silver,${i}`,
  ),
  'members.csv': csv(
    'member_id,name,phone,joined_at,tier,points',
    10,
    (i) => `m${i + 2},Bea ${i + 2},+86139000000${10 + i},2025-02-01,gold,${i * 10}`,
  ),
  'said.csv': csv('member_id,tag,tagged_on', 8, (i) => `m${i},tea,2026-01-05`),
  'tags.csv': csv('member_id,tag,tagged_on', 16, (i) => `m${i % 8},${i < 8 ? 'tea' : 'cake'},2026-02-05`),
  'merges.csv': csv('from,into', 2, (i) => `m${i + 5},m${i + 1}`),
}
type FileName = keyof typeof files
const path = (name: FileName) => join(root, name)

interface Shop {
  readonly platform: Platform
  readonly workspace: Workspace
}

async function inCopy<T>(folder: string, work: (shop: Shop) => Promise<T>): Promise<T> {
  rmSync(folder, { recursive: true, force: true })
  cpSync(base, folder, { recursive: true })
  const platform = await openPlatform(folder, { now: () => now }, { threads: 1 })
  try {
    return await work({ platform, workspace: (await platform.workspaces.byName('shop'))! })
  } finally {
    await importRuns(platform).close()
    await platform.close()
  }
}

/** Something that somebody does to a workspace: true when it was done, else why not. */
type Act = (shop: Shop) => Promise<true | string>

const take =
  (name: FileName): Act =>
  async ({ platform, workspace }) => {
    const runs = importRuns(platform)
    const started = await runs.start(workspace, {
      path: path(name),
      fileName: name,
      map: {},
      dryRun: false,
      replace: false,
      language: 'en',
      actor: name,
    })
    if (started.kind === 'refused') return started.id
    for await (const state of runs.follow(workspace.id, started.runId, new AbortController().signal))
      if (state.phase === 'done') return true
      else if (state.phase === 'failed') throw new Error(`${name} failed`)
      else if (state.phase === 'refused') return state.refusal!.id
    throw new Error('The run was forgotten.')
  }
const undo =
  (fileName: FileName): Act =>
  async ({ platform, workspace }) => {
    const [found] = await workspace.engine.rows(
      sql`select import_id from imports where file_name = ${fileName}`,
    )
    const outcome = await undoImport(platform, workspace, {
      importId: String(found!.importId),
      actor: 'somebody',
    })
    return outcome.kind === 'undone' || outcome.id
  }
const change =
  (memberId: string, into: string | null): Act =>
  async ({ platform, workspace }) => {
    for (;;) {
      const shown = await previewChange(platform, workspace, { memberId, into })
      if (shown.kind !== 'previewed') return shown.kind
      const { digest } = shown.preview
      const done = await applyChange(platform, workspace, { memberId, into }, { digest, actor: 'somebody' })
      if (done.kind !== 'moved') return done.kind === 'done' || done.kind
    }
  }
const remove =
  (memberId: string): Act =>
  async ({ platform, workspace }) => {
    const { kind } = await deleteMember(platform, workspace, { memberId, actor: 'somebody' })
    return kind === 'deleted' || kind
  }
const tag =
  (carries: boolean, memberId: string): Act =>
  async ({ platform, workspace }) => {
    const whose = { kind: 'members', memberIds: [memberId] } as const
    const doing = { by: 'somebody', at: now, reason: undefined }
    const { kind } = await setTag(platform.store, workspace, 'tea', carries, whose, doing)
    return kind === 'done' || kind
  }

const imports: Readonly<Record<string, Act>> = {
  orders: take('orders.csv'),
  members: take('members.csv'),
  tags: take('tags.csv'),
  merges: take('merges.csv'),
}
const undoings: Readonly<Record<string, Act>> = {
  'undo orders': undo('first.csv'),
  'undo members': undo('people.csv'),
  'undo tags': undo('said.csv'),
}
const mergings: Readonly<Record<string, Act>> = { merge: change('m4', 'm1'), separate: change('m9', null) }
const deletions: Readonly<Record<string, Act>> = { delete: remove('m5'), 'delete merged': remove('m8') }
const taggings: Readonly<Record<string, Act>> = { 'put on': tag(true, 'm9'), 'take off': tag(false, 'm2') }
const acts: Readonly<Record<string, Act>> = {
  ...imports,
  ...undoings,
  ...mergings,
  ...deletions,
  ...taggings,
}

/** What anybody could see of the workspace, random ids and the order of imports that do not touch each other aside. */
async function state({ platform, workspace }: Shop): Promise<string> {
  await drainEvents(platform.store, workspace)
  const { engine } = workspace
  const seen = [
    sql`select file_name, kind, undone_at is not null as undone from imports`,
    sql`select order_id, ordered_at, state, net_minor, void_day, member_id from orders
      left join members on members.member_key = orders.member_key`,
    sql`select member_id, name, phone, tier, points, consent, joined_day, stub from members`,
    sql`select member_id, facts.orders, facts.net_minor, facts.first_day, facts.last_day from member_facts as facts
      join members on members.member_key = facts.member_key`,
    sql`select member_id, tag, source, added_day from tags_of_members as tagged
      join members on members.member_key = tagged.member_key`,
    sql`select alias, member_id from member_aliases`,
    sql`select from_id, into_id from merges_set`,
    sql`select member_id, tag, carries from tags_set`,
    sql`select member_id, consent from consents_set`,
    sql`select named, member_id from ${memberNames} as names join members on members.member_key = names.member_key`,
    sql`select order_id, net_minor, member_id from import_lines where import_seq in (select import_seq from imports where undone_at is null)`,
    sql`select member_id, name, phone from import_members`,
    sql`select member_id, tag from import_tags`,
    sql`select from_id, into_id from import_merges`,
  ]
  const told: unknown[] = []
  for (const query of seen) told.push(await engine.rows(sql`select * from (${query}) as seen order by all`))
  told.push(
    await platform.store
      .selectFrom('merge_settings')
      .select(['from_id', 'into_id'])
      .orderBy('from_id')
      .execute(),
    await platform.store
      .selectFrom('audit')
      .select(['action', 'actor'])
      .orderBy('action')
      .orderBy('actor')
      .execute(),
  )
  const pseudonyms = [...new Set(JSON.stringify(told).match(/deleted-[0-9a-f]{16}/g))]
  let text = JSON.stringify(told.map((rows) => (rows as unknown[]).map((row) => JSON.stringify(row))))
  for (const one of pseudonyms) text = text.replaceAll(one, `deleted (${pseudonyms.length})`)
  return JSON.stringify(
    (JSON.parse(text) as string[][]).map((rows) => rows.toSorted()),
    null,
    1,
  )
}

const serially = new Map<string, Promise<string | null>>()
/** The state after acts one after the other; null where one of them is refused in this order. */
const after = (order: readonly string[]): Promise<string | null> => {
  const key = order.join()
  const known =
    serially.get(key) ??
    inCopy(join(root, 'serial'), async (shop) => {
      for (const name of order) if ((await acts[name]!(shop)) !== true) return null
      return state(shop)
    })
  serially.set(key, known)
  return known
}

const orders = (of: readonly string[]): string[][] =>
  of.length < 2
    ? [[...of]]
    : of.flatMap((one) => orders(of.filter((other) => other !== one)).map((rest) => [one, ...rest]))

beforeAll(async () => {
  for (const [name, content] of Object.entries(files)) writeFileSync(path(name as FileName), content)
  const platform = await openPlatform(base, { now: () => now }, { threads: 1 })
  const workspace = (await platform.workspaces.create({
    name: 'shop',
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
  }))!
  for (const name of ['first.csv', 'people.csv', 'said.csv'] as const)
    await take(name)({ platform, workspace })
  await change('m9', 'm8')({ platform, workspace })
  await importRuns(platform).close()
  await platform.close()
}, 300_000)

const draw = random(20)
const pick = (from: Readonly<Record<string, Act>>) => Object.keys(from)[draw.below(Object.keys(from).length)]!
const cases = [
  [imports, deletions, mergings],
  [imports, undoings, deletions],
  [imports, mergings, taggings],
  [imports, undoings, mergings],
].map((groups) => groups.map((group) => ({ name: pick(group), at: draw.below(80) })))

test.each(
  cases.map((acting) => [acting.map(({ name, at }) => `${name} at ${at} ms`).join(', '), acting] as const),
)(
  '%s at once: each is done whole or refused, and what stands is as after one of the others',
  { timeout: 300_000 },
  async (_, acting) => {
    const refusals = new Set([
      'import-running',
      'no-such-member',
      'merged-already',
      'not-merged',
      'deleted',
      'not-found',
    ])
    await inCopy(join(root, 'raced'), async (shop) => {
      const done: string[] = []
      const unexpected: string[] = []
      await Promise.all(
        acting.map(async ({ name, at }) => {
          await new Promise((resolve) => setTimeout(resolve, at))
          const outcome = await acts[name]!(shop)
          if (outcome === true) done.push(name)
          else if (!refusals.has(outcome)) unexpected.push(`${name}: ${outcome}`)
        }),
      )
      expect(unexpected).toEqual([])
      expect(done).not.toEqual([])
      const found = await state(shop)
      const possible: (string | null)[] = []
      // that in which they ended is the likeliest
      for (const order of orders(done)) {
        const wanted = await after(order)
        if (wanted === found) return
        possible.push(wanted)
      }
      expect(possible).toContain(found)
    })
  },
)

test('two who undo the same import at once: one does, the other is told, and what it restated stays known', async () => {
  await inCopy(join(root, 'raced'), async (shop) => {
    const outcomes = await Promise.all([undo('first.csv')(shop), undo('first.csv')(shop)])
    expect(outcomes.toSorted()).toEqual([true, 'undone-already'])
    const changes = await shop.workspace.engine.rows(
      sql`select file_name, figure, whose, period_from
        from figure_changes join imports using (import_id) join changed_figures using (change_seq)
        where cause = 'undone' and figure = 'month'`,
    )
    expect(changes).toEqual([
      { fileName: 'first.csv', figure: 'month', whose: 'new', periodFrom: '2026-01-01' },
    ])
    const noted = await shop.platform.store
      .selectFrom('audit')
      .select('actor')
      .where('action', '=', 'import-undone')
      .execute()
    expect(noted).toEqual([{ actor: 'somebody' }])
  })
})
