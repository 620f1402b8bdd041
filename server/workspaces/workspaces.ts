import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { type BusinessCalendar, localDay } from '../../analytics/calendar/calendar.ts'
import { type DuckDbSettings, openDuckDb } from '../../analytics/engine/duckdb.ts'
import type { Engine, Session } from '../../analytics/engine/engine.ts'
import { type RfmRule, rfmByFifths } from '../../analytics/relations/rfm.ts'
import type { DormancyThresholds } from '../../analytics/relations/scope.ts'
import { createBaseTables, structureMark } from '../../analytics/schema/base.ts'
import { derivationMark, refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { ensureClaims } from '../identity/match.ts'
import type { Clock } from '../platform.ts'
import type { Store } from '../store/store.ts'
import { type Aligned, alignEngine } from './align.ts'

/** One merchant's shop, open. */
export interface Workspace {
  readonly id: string
  readonly name: string
  /** ISO 4217. */
  readonly currency: string
  readonly calendar: BusinessCalendar
  readonly dormancy: DormancyThresholds
  readonly rfm: RfmRule
  readonly openedAtStart: boolean
  readonly engine: Engine
  /** The local day of this moment, by the platform's clock. */
  today(): string
}

export interface NewWorkspace {
  name: string
  currency: string
  timeZone: string
  firstWeekday?: number
}

export type EngineSettings = Pick<DuckDbSettings, 'threads'>

/** Opens each workspace's engine once, on first use, and closes them all at the end. */
export class Workspaces {
  readonly #store: Store
  readonly #folder: string
  readonly #clock: Clock
  readonly #settings: EngineSettings
  readonly #engines = new Map<string, Promise<Engine>>()

  constructor(store: Store, dataFolder: string, clock: Clock, settings: EngineSettings = {}) {
    this.#store = store
    this.#folder = join(dataFolder, 'workspaces')
    this.#clock = clock
    this.#settings = settings
  }

  /** Names are unique; a name that is taken is refused with null. */
  async create({ name, currency, timeZone, firstWeekday = 1 }: NewWorkspace): Promise<Workspace | null> {
    const id = randomUUID()
    const made = await this.#store
      .insertInto('workspaces')
      .values({
        id,
        name,
        currency,
        time_zone: timeZone,
        first_weekday: firstWeekday,
        active_days: 30,
        cooling_days: 90,
        dormant_days: 180,
        opened_at_start: 0,
        created_at: this.#clock.now().toISOString(),
      })
      .onConflict((same) => same.column('name').doNothing())
      .executeTakeFirst()
    if (made.numInsertedOrUpdatedRows === 0n) return null
    try {
      return await this.byId(id)
    } catch (error) {
      // whoever tries again finds the name free
      await this.#store.deleteFrom('workspaces').where('id', '=', id).execute()
      throw error
    }
  }

  async list(): Promise<{ id: string; name: string }[]> {
    return this.#store.selectFrom('workspaces').select(['id', 'name']).orderBy('created_at').execute()
  }

  async byName(name: string): Promise<Workspace | null> {
    const row = await this.#store
      .selectFrom('workspaces')
      .select('id')
      .where('name', '=', name)
      .executeTakeFirst()
    return row ? this.byId(row.id) : null
  }

  async byId(id: string): Promise<Workspace | null> {
    const row = await this.#store.selectFrom('workspaces').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row) return null
    const calendar = { timeZone: row.time_zone, firstWeekday: row.first_weekday }
    return {
      id,
      name: row.name,
      currency: row.currency,
      calendar,
      dormancy: { active: row.active_days, cooling: row.cooling_days, dormant: row.dormant_days },
      rfm: row.rfm_rule === null ? rfmByFifths : (JSON.parse(row.rfm_rule) as RfmRule),
      openedAtStart: row.opened_at_start === 1,
      engine: await this.#engine(id, {
        calendar,
        openedAtStart: row.opened_at_start === 1,
        clvDiscountPercent: row.clv_discount_percent,
      }),
      today: () => localDay(this.#clock.now(), calendar),
    }
  }

  /** Opens every workspace's file, so that one which cannot be opened is known at the start. */
  async openAll(): Promise<void> {
    for (const { id } of await this.list()) await this.byId(id)
  }

  async close(): Promise<void> {
    const engines = await Promise.allSettled(this.#engines.values())
    await Promise.all(
      engines.map((opened) => (opened.status === 'fulfilled' ? opened.value.close() : undefined)),
    )
  }

  #engine(id: string, wanted: Aligned): Promise<Engine> {
    const open = this.#engines.get(id)
    if (open) return open
    const opening = this.#open(id, wanted)
    this.#engines.set(id, opening)
    opening.catch(() => this.#engines.delete(id))
    return opening
  }

  async #open(id: string, wanted: Aligned): Promise<Engine> {
    const engine = await openDuckDb(join(this.#folder, `${id}.duckdb`), this.#settings)
    const today = localDay(this.#clock.now(), wanted.calendar)
    await engine.transaction(async (session) => {
      await bringUpToDate(session, wanted.calendar, today)
      await alignEngine(session, wanted, today)
    })
    return engine
  }
}

/**
 * Makes what a new file lacks, or one of another version. A file says what it is of, so that one of this version is
 * open after a single question.
 */
async function bringUpToDate(session: Session, calendar: BusinessCalendar, today: string): Promise<void> {
  const mark = `${structureMark} ${derivationMark}`
  const marked = await session.rows(sql`select 1 as one from duckdb_tables()
    where database_name = current_database() and table_name = 'made_by'`)
  if (marked.length > 0) {
    const [made] = await session.rows(sql`select structure from made_by`)
    if (made?.structure === mark) return
  }
  await createBaseTables(session, calendar)
  await ensureClaims(session)
  await refreshDerivedTables(session, {}, today)
  await session.run(sql`delete from made_by`)
  await session.run(sql`insert into made_by values (${mark})`)
}
