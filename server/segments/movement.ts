import { rfmByFifths } from '../../analytics/relations/rfm.ts'
import { addDays, localDay } from '../../analytics/calendar/calendar.ts'
import { countBits } from '../../analytics/columns/bits.ts'
import type { Engine, Row, ScratchSession, Session } from '../../analytics/engine/engine.ts'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { derivedTables, type DerivedTables } from '../../analytics/schema/derived.ts'
import type { Words } from '../../analytics/schema/described.ts'
import { buildRuleTables } from '../../analytics/schema/refresh.ts'
import { type Clause, type Expression, withParts } from '../../analytics/segments/ast.ts'
import { compile, type DaySetting } from '../../analytics/segments/compile.ts'
import { fieldsByName, measuresByName } from '../../analytics/segments/fields/catalogue.ts'
import { orders } from '../../analytics/segments/fields/orders.ts'
import { parse } from '../../analytics/segments/parse.ts'
import { print } from '../../analytics/segments/print.ts'
import { askedOn, resolveSegments } from '../../analytics/segments/references.ts'
import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { join, name, render, type Sql, sql } from '../../analytics/sql/sql.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { evaluateSegment, type SegmentError, tableOf } from './evaluation.ts'
import { type KnownMembership, knownOn } from './memberships.ts'
import { MemberSets } from './member-sets.ts'
import { wrongDays } from './prepare.ts'
import { readSegment, type SegmentVersion } from './saved.ts'
import { takenOn, takenSizes } from './takings.ts'
import { conditionsWithoutPast } from './without-past.ts'

/**
 * Why somebody entered or left. `order`: their orders and refunds; `time`: days passed; `joined`: not a member before;
 * `tag`: a tag, a campaign, coupons or points; `rule`: the rule, or one that it names, was edited. What is known of the earlier day itself
 * changed by `late-import`, `undo` of an import, `merge` (or separation), or `other`. `untold`: the rule asks about
 * something of which only today's value is known, so that nothing between the days can be told.
 */
export const causes = [
  'order',
  'time',
  'joined',
  'tag',
  'rule',
  'late-import',
  'undo',
  'merge',
  'other',
  'untold',
] as const
export type Cause = (typeof causes)[number]

export interface Moved {
  /** Null: nothing of the member is left in the data. */
  readonly memberId: string | null
  readonly name: string | null
  readonly cause: Cause
}

export interface Direction {
  readonly members: number
  /** In the order of `causes`; only those that occur. */
  readonly causes: readonly { readonly cause: Cause; readonly members: number }[]
  /** Some of each cause, by id. */
  readonly sample: readonly Moved[]
}

export interface Movement {
  readonly name: string
  readonly from: string
  readonly asOf: string
  readonly dataVersion: number
  /** Members on the earlier day, as it was known then, and now. */
  readonly before: number
  readonly after: number
  /**
   * The membership of the earlier day was kept, so that what changed in the knowledge of it shows; otherwise it is
   * worked out from today's data, and late imports, undoings and merges can't show.
   */
  readonly kept: boolean
  /** Conditions that a past day can't be asked, as text: with any, causes are `merge`, `joined` or `untold`. */
  readonly withoutPast: readonly Words[]
  readonly entered: Direction
  readonly left: Direction
}

/** Which of those who moved: who entered or left, by one cause or by any. */
export interface Moving {
  readonly entered: boolean
  readonly cause?: Cause | undefined
}

/** A page of those who moved, by id. */
export interface MovedPage {
  readonly asOf: string
  readonly members: number
  readonly moved: readonly Moved[]
  /** The place after which the next page begins; null on the last. */
  readonly next: number | null
}

export type MovedOutcome =
  | { kind: 'page'; page: MovedPage }
  | { kind: 'refused'; errors: readonly SegmentError[] }
  | { kind: 'no-such-segment' }

/** Who moved can't be told yet: the rule has conditions without a past, and no membership of a week ago was written down. */
export interface NotYet {
  readonly withoutPast: readonly Words[]
  /** The first day of which a membership is written down; null: of none so far. */
  readonly since: string | null
}

export type MovementOutcome =
  | { kind: 'moved'; movement: Movement }
  | { kind: 'not-yet'; notYet: NotYet }
  | { kind: 'refused'; errors: readonly SegmentError[] }
  | { kind: 'no-such-segment' }

type Rule = { readonly expression: Expression; readonly segments: ReadonlyMap<string, Expression> }

let made = 0
/** Tables of another day of a large shop take longer than a question may. */
const patienceMs = 10 * 60_000

/**
 * Who entered and who left a saved segment in the week up to the data's newest day, each with one cause: memberships are
 * compared in steps that change one thing after the other, from what was known of the earlier day (or, where that was
 * not kept, what is known now), over the same day with what is known now, with the rule of now, after the days have
 * passed, after the orders, to now. The cause is the last step at which the member turned.
 */
export async function segmentMovement(
  store: Store,
  workspace: Workspace,
  id: string,
  limit: number,
  signal?: AbortSignal,
): Promise<MovementOutcome> {
  const outcome = await movedIn(store, workspace, id, signal)
  if (outcome.kind === 'refused' && outcome.notYet) return { kind: 'not-yet', notYet: outcome.notYet }
  if (outcome.kind !== 'changes') return outcome
  const { changes, before, ...movement } = outcome
  const { entered, left } = await told(workspace.engine, changes, limit)
  return { kind: 'moved', movement: { ...movement, before, entered, left } }
}

/** A page of those who entered or left, after a place in the order of their ids. */
export async function movedMembers(
  store: Store,
  workspace: Workspace,
  id: string,
  { after, limit, ...moving }: Moving & { after: number; limit: number },
  signal?: AbortSignal,
): Promise<MovedOutcome> {
  const outcome = await movedIn(store, workspace, id, signal)
  if (outcome.kind !== 'changes') return outcome
  const rows = await workspace.engine.rows(
    sql`select *, count(*) over () as members from ${listOf(outcome.changes, moving)} as listed
      order by place limit ${limit + 1} offset ${after}`,
    { signal },
  )
  return {
    kind: 'page',
    page: {
      asOf: outcome.asOf,
      members: rows.length === 0 ? 0 : Number(rows[0]!.members),
      moved: rows.slice(0, limit).map(movedOf),
      next: rows.length > limit ? after + limit : null,
    },
  }
}

/** All of those who entered or left, in chunks as they come, in the order of their ids. */
export async function* everyMoved(
  store: Store,
  workspace: Workspace,
  id: string,
  moving: Moving,
  signal: AbortSignal,
): AsyncGenerator<Moved[], void> {
  const outcome = await movedIn(store, workspace, id, signal)
  if (outcome.kind !== 'changes') throw new Error(`The segment can't be asked any more: ${outcome.kind}`)
  const chunks = workspace.engine.stream(
    sql`select * from ${listOf(outcome.changes, moving)} as listed order by place`,
    { signal, timeoutMs: patienceMs },
  )
  for await (const chunk of chunks) yield chunk.map(movedOf)
}

const movedOf = (row: Row): Moved => ({
  memberId: row.named === null ? null : String(row.named),
  name: row.memberName === null ? null : String(row.memberName),
  cause: row.cause as Cause,
})

/** A relation with a row per member who moved so: `named`, `member_name`, `cause`, and the place by id. */
const listOf = (changes: Sql, { entered, cause }: Moving): Sql => sql`(
  select names.named, members.name as member_name, changes.cause,
    row_number() over (order by names.named nulls last, changes.member_key) as place
  from ${changes} as changes
  left join (select identity_key, min(named) as named from ${memberNames} as every_name group by identity_key) as names
    on names.identity_key = changes.member_key
  left join members on members.member_key = changes.member_key
  where changes.entered = ${entered} and ${cause === undefined ? sql`true` : sql`changes.cause = ${cause}`})`

/** Who moved, in a table that is kept for a while: pages and a file of them are of one moment. */
const setsOf = new WeakMap<Engine, MemberSets>()
/** How many members there were before, by the table of who moved since. */
const beforeOf = new WeakMap<Sql, number>()

type Changes = Omit<Movement, 'entered' | 'left'> & { kind: 'changes'; changes: Sql }
type Unasked =
  | { kind: 'refused'; errors: readonly SegmentError[]; notYet?: NotYet }
  | { kind: 'no-such-segment' }

async function movedIn(
  store: Store,
  workspace: Workspace,
  id: string,
  signal: AbortSignal | undefined,
): Promise<Changes | Unasked> {
  const sets = setsOf.get(workspace.engine) ?? new MemberSets(workspace.engine, 'movement')
  setsOf.set(workspace.engine, sets)
  for (;;) {
    const segment = await readSegment(store, workspace, id)
    if (!segment) return { kind: 'no-such-segment' }
    const newestVersion = segment.versions[0]!
    const outcome = await evaluateSegment(store, workspace, { expression: newestVersion.expression }, signal)
    if (outcome.kind === 'refused') return outcome
    const { rule, asOf, dataVersion, members, memberKeys } = outcome.evaluation
    const { tables: own } = await tablesAt(store, workspace, asOf, signal)
    const known = await knownOn(workspace, id, { from: addDays(asOf, -13), to: addDays(asOf, -7) })
    const from = known?.day ?? addDays(asOf, -7)
    const errors = wrongDays(rule, from, asOf).map((wrong) =>
      wrong({ from: 0, to: newestVersion.expression.length }),
    )
    const withoutPast = errors.some(({ id: why }) => why === 'no-history')
      ? conditionsWithoutPast(rule, asOf)
      : []
    if (withoutPast.length === 0 && errors.length > 0) return { kind: 'refused', errors }
    if (withoutPast.length > 0 && !known) {
      const [first] = await takenSizes(workspace, id)
      return { kind: 'refused', errors, notYet: { withoutPast, since: first?.day ?? null } }
    }
    const isOf = (savedAt: string) =>
      known ? isBefore(savedAt, known) : localDay(new Date(savedAt), workspace.calendar) <= from
    const earlier = await ruleThen(store, workspace, segment.versions, { isOf, day: from, asOf })
    const merged = known ? await mergedSince(store, workspace, known) : []
    const then = earlier && [
      print(earlier.expression),
      [...earlier.segments].map(([named, one]) => [named, print(one)]),
    ]
    // the set of now is one of this data, these coupons, this rule
    const key = JSON.stringify([
      render(memberKeys, () => '?').text,
      rule.meaning,
      dataVersion,
      id,
      then,
      known?.takenAt,
      from,
      merged,
    ])
    const set = await sets.get(
      key,
      async (plain, changes, options) => {
        const session: ScratchSession = {
          ...plain,
          rows: (query) => plain.rows(query, { ...options, timeoutMs: patienceMs }),
          run: (statement) => plain.run(statement, { ...options, timeoutMs: patienceMs }),
        }
        const [state] = await session.rows(sql`select data_version from workspace_state`)
        if (Number(state!.dataVersion) !== dataVersion) return null // the data moved in between
        const taken = known && (await takenOn(plain, id, known.day))
        if (known && !taken) return null // so did what is known of the day
        const wasKnown = taken && { bits: taken, members: countBits(taken) }
        const wasIn = name(`scratch.main.moved_${++made}`)
        if (wasKnown) await tableOf(plain, wasIn, wasKnown)
        if (wasKnown && withoutPast.length > 0) {
          await untoldInto(changes, session, wasIn, memberKeys, { from, asOf, merged })
          beforeOf.set(changes, wasKnown.members)
          await session.run(sql`drop table ${wasIn}`)
          const [moved] = await session.rows(sql`select count(*) as members from ${changes}`)
          return { members: Number(moved!.members) }
        }
        const tables = new TablesOfDays(session, { day: asOf, tables: own }, [rule, earlier ?? rule])
        const select = (expression: Rule, day: string, tablesDay: string): Promise<Sql> =>
          tables.select(expression, day, tablesDay, workspace)
        const steady = { ...rule, ...withSetsOn(rule, from) }
        const now = await select(rule, from, from)
        const wasThen = earlier ? await select(earlier, from, from) : now
        const kept = wasKnown ? wasIn : wasThen
        const steps = [
          kept,
          wasThen,
          now,
          await select(steady, asOf, from),
          await select(steady, asOf, asOf),
          memberKeys,
        ]
        const visible = await tables.on(from)
        await changesInto(changes, session, steps, { visible, from, asOf, known, merged })
        const [before] = await session.rows(sql`select count(*) as members from ${kept} as kept`)
        beforeOf.set(changes, Number(before!.members))
        await tables.drop()
        if (wasKnown) await session.run(sql`drop table ${wasIn}`)
        const [moved] = await session.rows(sql`select count(*) as members from ${changes}`)
        return { members: Number(moved!.members) }
      },
      signal,
    )
    if (!set) continue
    return {
      kind: 'changes',
      changes: set.memberKeys,
      name: segment.name,
      from,
      asOf,
      dataVersion,
      before: beforeOf.get(set.memberKeys)!,
      after: members,
      kept: known !== null,
      withoutPast,
    }
  }
}

/** The tables that rules read on several days, made when they are first asked for, and the sets chosen from them. */
class TablesOfDays {
  readonly #session: ScratchSession
  readonly #newest: { readonly day: string; readonly tables: DerivedTables }
  /** The text of what is asked, as if all tables were called `probe_`. */
  readonly #text: string
  readonly #prefixes = new Map<string, string>()
  readonly #made: Sql[] = []

  constructor(
    session: ScratchSession,
    newest: { readonly day: string; readonly tables: DerivedTables },
    rules: readonly Rule[],
  ) {
    this.#session = session
    this.#newest = newest
    this.#text = rules.map(textOf).join('\n')
  }

  async on(day: string): Promise<DerivedTables> {
    if (day === this.#newest.day) return this.#newest.tables
    const known = this.#prefixes.get(day)
    if (known !== undefined) return derivedTables(known)
    const prefix = `scratch.main.moved_${++made}_`
    this.#prefixes.set(day, prefix)
    const text = this.#text.replaceAll(probe, prefix)
    this.#made.push(...(await buildRuleTables(this.#session, day, prefix, text)))
    return derivedTables(prefix)
  }

  /** Whom a rule selects when `day` is asked about and nothing happened after `tablesDay`. */
  async select(
    { expression, segments }: Rule,
    day: string,
    tablesDay: string,
    { dormancy, rfm, currency }: Workspace,
  ): Promise<Sql> {
    const days = new Map<string, DaySetting>()
    for (const asked of new Set(askedOn(expression, day, segments).map((one) => one.day))) {
      const tables = await this.on(asked < tablesDay ? asked : tablesDay)
      days.set(asked, { scope: { asOf: asked, tables, dormancy, rfm }, newest: false })
    }
    const setting = { ...days.get(day)!, currencyDecimals: decimalsOf(currency), segments, days }
    const table = name(`scratch.main.moved_${++made}`)
    await this.#session.run(sql`create table ${table} as ${compile(expression, setting, d)}`)
    this.#made.push(table)
    return table
  }

  async drop(): Promise<void> {
    for (const table of this.#made) await this.#session.run(sql`drop table ${table}`)
  }
}

const probe = 'probe_'

/** A rule as a query over tables whose names begin with `probe_`. */
function textOf({ expression, segments }: Rule): string {
  const scope = {
    asOf: '2024-01-01',
    tables: derivedTables(probe),
    dormancy: { active: 1, cooling: 2, dormant: 3 },
    rfm: rfmByFifths,
  }
  const setting: DaySetting = { scope, newest: false }
  const days = new Map(
    askedOn(expression, scope.asOf, segments).map(({ day }) => [
      day,
      { ...setting, scope: { ...scope, asOf: day } },
    ]),
  )
  const compiled = compile(expression, { ...setting, currencyDecimals: 2, segments, days }, d)
  return render(compiled, () => '?').text
}

/** The rule with what it asks of tags, campaigns, coupons and points asked of a day: they stay as they were on it. */
function withSetsOn({ expression, segments }: Rule, day: string): Rule {
  const steady = (part: Expression): Expression => {
    if (part.kind === 'clause') return isOfOrders(part) ? part : { kind: 'on', day, part }
    return part.kind === 'on' ? part : withParts(part, steady)
  }
  return {
    expression: steady(expression),
    segments: new Map([...segments].map(([named, rule]) => [named, steady(rule)])),
  }
}

/** Whether what a clause asks about moves by days and orders alone. */
const isOfOrders = ({ subject }: Clause): boolean =>
  subject.kind === 'field'
    ? fieldsByName.get(subject.field)!.kind !== 'set'
    : measuresByName.get(subject.measure)!.source === orders

/** The rule as it was on a day, with the segments that it named; null when it was the same, or can't be told. */
async function ruleThen(
  store: Store,
  workspace: Workspace,
  versions: readonly SegmentVersion[],
  { isOf, day, asOf }: { isOf: (savedAt: string) => boolean; day: string; asOf: string },
): Promise<Rule | null> {
  const all = await store
    .selectFrom('segments')
    .innerJoin('segment_versions', 'segment_versions.segment_id', 'segments.id')
    .select(['segments.name', 'segment_versions.expression', 'segment_versions.saved_at'])
    .where('segments.workspace_id', '=', workspace.id)
    .where('segments.removed_at', 'is', null)
    .orderBy('segment_versions.version')
    .execute()
  const read = (text: string): Expression[] => {
    const parsed = parse(text, { currencyDecimals: decimalsOf(workspace.currency) })
    return parsed.kind === 'parsed' ? [parsed.expression] : []
  }
  // the newest version of the day, or the first one of a segment that is younger
  const texts = new Map<string, string>()
  for (const one of all) if (!texts.has(one.name) || isOf(one.saved_at)) texts.set(one.name, one.expression)
  const own = versions.find(({ savedAt }) => isOf(savedAt)) ?? versions.at(-1)!
  const [expression] = read(own.expression)
  if (!expression) return null
  const rules = new Map(
    [...texts].flatMap(([named, text]) => read(text).map((rule) => [named, rule] as const)),
  )
  const resolved = resolveSegments(expression, rules)
  if (resolved.kind !== 'found') return null
  const rule = { expression, segments: resolved.segments }
  return wrongDays(rule, day, asOf).length > 0 ? null : rule
}

/** Whether an ISO instant is not after the moment at which the membership was kept. */
const isBefore = (instant: string, { takenAt }: KnownMembership): boolean =>
  new Date(instant) <= new Date(`${takenAt.replace(' ', 'T')}Z`)

/** Ids whose identity people merged or separated after the membership was kept. */
async function mergedSince(store: Store, workspace: Workspace, known: KnownMembership): Promise<string[]> {
  const rows = await store
    .selectFrom('merge_settings')
    .select(['from_id', 'into_id', 'set_at'])
    .where('workspace_id', '=', workspace.id)
    .execute()
  return rows
    .filter(({ set_at }) => !isBefore(set_at, known))
    .flatMap(({ from_id, into_id }) => [from_id, ...(into_id === null ? [] : [into_id])])
}

/** Members whose ids people merged or separated, by what `mergedSince` answers. */
const mergedMembers = (merged: readonly string[]): Sql => sql`(
  select identity_key as member_key from ${memberNames} as names
  where named in (select unnest(from_json(${JSON.stringify(merged)}, '["VARCHAR"]')))
  union
  select member_key from ${memberNames} as names
  where named in (select unnest(from_json(${JSON.stringify(merged)}, '["VARCHAR"]')))
  union
  select identity_key from member_aliases)`

/** Makes the table of `changesInto` of a rule that can't be asked between the two days. */
async function untoldInto(
  changes: Sql,
  session: Session,
  before: Sql,
  now: Sql,
  { from, asOf, merged }: { from: string; asOf: string; merged: readonly string[] },
): Promise<void> {
  await session.run(sql`create table ${changes} as
    select coalesce(before.member_key, now.member_key) as member_key, before.member_key is null as entered,
      case
        when coalesce(before.member_key, now.member_key) in (select member_key from ${mergedMembers(merged)} as those) then 'merge'
        when before.member_key is null and members.joined_day > ${d.date(from)} and members.joined_day <= ${d.date(asOf)} then 'joined'
        else 'untold'
      end as cause
    from ${before} as before full join ${now} as now on now.member_key = before.member_key
    left join members on members.member_key = coalesce(before.member_key, now.member_key)
    where before.member_key is null or now.member_key is null`)
}

/** Makes a table `member_key`, `entered`, `cause` of those whose first and last membership differ. */
async function changesInto(
  changes: Sql,
  session: Session,
  steps: readonly Sql[],
  {
    visible,
    from,
    asOf,
    known,
    merged,
  }: {
    visible: DerivedTables
    from: string
    asOf: string
    known: { readonly takenAt: string } | null
    merged: readonly string[]
  },
): Promise<void> {
  const last = steps.length - 1
  const inStep = (i: number) => sql`${name(`s${i}`)}.member_key is not null`
  const after = known ? sql`imported_at > cast(${known.takenAt} as timestamp)` : sql`false`
  const undone = known ? sql`undone_at > cast(${known.takenAt} as timestamp)` : sql`false`
  // the last step at which the membership is not yet what it is now
  const turnedAt = sql`case ${join(
    Array.from({ length: last }, (_, i) => last - 1 - i).map(
      (i) => sql`when (${inStep(i)}) <> (${inStep(last)}) then ${i}`,
    ),
    sql` `,
  )} end`
  await session.run(sql`create table ${changes} as
    with everybody as (${join(
      steps.map((step) => sql`select member_key from ${step} as step`),
      sql` union `,
    )}),
    turned as (
      select everybody.member_key, ${inStep(last)} as entered, ${turnedAt} as step
      from everybody ${join(
        steps.map(
          (step, i) =>
            sql`left join ${step} as ${name(`s${i}`)} on ${name(`s${i}`)}.member_key = everybody.member_key`,
        ),
        sql` `,
      )}
      where (${inStep(0)}) <> (${inStep(last)})
    ),
    merged as (select member_key from ${mergedMembers(merged)} as those),
    late as (
      select distinct member_key from orders
      join order_versions on order_versions.order_id = orders.order_id
      join imports on imports.import_seq = order_versions.import_seq
      where local_day <= ${d.date(from)} and ${after}
    ),
    since as (select coalesce(bool_or(${after} and undone_at is null), false) as imported, coalesce(bool_or(${undone}), false) as undone from imports)
    select turned.member_key, turned.entered,
      case
        when step = 0 and turned.member_key in (select member_key from merged) then 'merge'
        when step = 0 and turned.member_key in (select member_key from late) then 'late-import'
        when step = 0 and since.undone then 'undo'
        when step = 0 and since.imported then 'late-import'
        when step = 0 then 'other'
        when step = 1 then 'rule'
        when turned.entered and facts.member_key is null and members.joined_day > ${d.date(from)} and members.joined_day <= ${d.date(asOf)} then 'joined'
        when turned.entered and facts.member_key is null then 'order'
        when step = 2 then 'time'
        when step = 3 then 'order'
        else 'tag'
      end as cause
    from turned cross join since
    left join ${visible.memberFacts} as facts on facts.member_key = turned.member_key
    left join members on members.member_key = turned.member_key`)
}

async function told(
  session: Pick<Session, 'rows'>,
  changes: Sql,
  limit: number,
): Promise<{ entered: Direction; left: Direction }> {
  const counts = await session.rows(
    sql`select entered, cause, count(*) as members from ${changes} group by entered, cause`,
  )
  const sample = await session.rows(sql`select entered, cause, named, member_name from (
      select changes.entered, changes.cause, names.named, members.name as member_name,
        row_number() over (partition by changes.entered, changes.cause order by names.named) as place
      from ${changes} as changes
      left join (select identity_key, min(named) as named from ${memberNames} as every_name group by identity_key) as names
        on names.identity_key = changes.member_key
      left join members on members.member_key = changes.member_key
    ) as placed where place <= ${limit} order by named nulls last`)
  const direction = (entered: boolean): Direction => {
    const own = causes.flatMap((cause) => {
      const row = counts.find((one) => one.entered === entered && one.cause === cause)
      return row ? [{ cause, members: Number(row.members) }] : []
    })
    return {
      members: own.reduce((total, { members }) => total + members, 0),
      causes: own,
      sample: causes.flatMap((cause) =>
        sample
          .filter((one) => one.entered === entered && one.cause === cause)
          .map((one) => ({
            memberId: one.named === null ? null : String(one.named),
            name: one.memberName === null ? null : String(one.memberName),
            cause,
          })),
      ),
    }
  }
  return { entered: direction(true), left: direction(false) }
}
