import { localDay } from '../../analytics/calendar/calendar.ts'
import type { RfmRule } from '../../analytics/relations/rfm.ts'
import type { DormancyThresholds } from '../../analytics/relations/scope.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Platform } from '../platform.ts'
import type { Store } from '../store/store.ts'
import { alignEngine } from '../workspaces/align.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { recordAudit } from './audit.ts'

/** What an owner may set for a workspace. The currency is chosen when it is made: amounts are counted in it. */
export interface WorkspaceSettings {
  readonly timeZone: string
  /** ISO: 1 = Monday … 7 = Sunday. */
  readonly firstWeekday: number
  readonly dormancy: DormancyThresholds
  /** The shop really opened where its data starts: nobody is "first seen". */
  readonly openedAtStart: boolean
  /** The most that all coupons of one basket take off together, of 100. */
  readonly mostOffPercent: number
  /** By how many percent a year money that comes later is worth less in predicted CLV; from 0, below 100. */
  readonly clvDiscountPercent: number
  /** By what buyers are scored by recency, frequency and money. */
  readonly rfm: RfmRule
}

export async function settingsOf(store: Store, workspace: Workspace): Promise<WorkspaceSettings> {
  const row = await store
    .selectFrom('workspaces')
    .select(['most_off_percent', 'clv_discount_percent'])
    .where('id', '=', workspace.id)
    .executeTakeFirstOrThrow()
  return {
    timeZone: workspace.calendar.timeZone,
    firstWeekday: workspace.calendar.firstWeekday,
    dormancy: workspace.dormancy,
    openedAtStart: workspace.openedAtStart,
    mostOffPercent: row.most_off_percent,
    clvDiscountPercent: row.clv_discount_percent,
    rfm: workspace.rfm,
  }
}

/**
 * Sets what differs, notes each change in the audit, and recomputes what depends on it before it
 * answers. Thresholds change no table but every answer that names a status: the data version rises.
 */
export async function changeSettings(
  platform: Platform,
  workspace: Workspace,
  asked: Omit<WorkspaceSettings, 'mostOffPercent' | 'clvDiscountPercent' | 'rfm'> & {
    readonly mostOffPercent?: number | undefined
    readonly clvDiscountPercent?: number | undefined
    readonly rfm?: RfmRule | undefined
  },
  actor: string,
): Promise<{ changed: string[] }> {
  const present = await settingsOf(platform.store, workspace)
  const wanted = {
    ...asked,
    mostOffPercent: asked.mostOffPercent ?? present.mostOffPercent,
    clvDiscountPercent: asked.clvDiscountPercent ?? present.clvDiscountPercent,
    rfm: asked.rfm ?? present.rfm,
  }
  const changed = [
    ...(present.timeZone === wanted.timeZone ? [] : ['time-zone']),
    ...(present.firstWeekday === wanted.firstWeekday ? [] : ['first-weekday']),
    ...(sameThresholds(present.dormancy, wanted.dormancy) ? [] : ['dormancy']),
    ...(present.openedAtStart === wanted.openedAtStart ? [] : ['opened-at-start']),
    ...(present.mostOffPercent === wanted.mostOffPercent ? [] : ['most-off']),
    ...(present.clvDiscountPercent === wanted.clvDiscountPercent ? [] : ['clv-discount']),
    ...(ruleText(present.rfm) === ruleText(wanted.rfm) ? [] : ['rfm']),
  ]
  const at = platform.clock.now()
  // also where nothing differs: the engine may have been unable to follow before
  if (changed.length === 0) {
    await followIn(workspace, wanted, at, false)
    return { changed }
  }
  const write = (settings: WorkspaceSettings, noted: readonly string[]) =>
    platform.store.transaction().execute(async (tx) => {
      await tx
        .updateTable('workspaces')
        .set({
          time_zone: settings.timeZone,
          first_weekday: settings.firstWeekday,
          active_days: settings.dormancy.active,
          cooling_days: settings.dormancy.cooling,
          dormant_days: settings.dormancy.dormant,
          opened_at_start: settings.openedAtStart ? 1 : 0,
          most_off_percent: settings.mostOffPercent,
          clv_discount_percent: settings.clvDiscountPercent,
          rfm_rule: ruleText(settings.rfm),
        })
        .where('id', '=', workspace.id)
        .execute()
      for (const setting of noted)
        await recordAudit(tx, {
          workspaceId: workspace.id,
          actor,
          action: 'setting-changed',
          subject: setting,
          at,
        })
    })
  await write(wanted, changed)
  if (changed.every((setting) => setting === 'most-off')) return { changed }
  try {
    await followIn(workspace, wanted, at, true)
  } catch (error) {
    // who is told that it was not done finds the settings as they were
    await write(present, changed).catch((further: unknown) => console.error('settings:', further))
    throw error
  }
  return { changed }
}

/** Brings what the engine keeps in line with the settings; `answersChange`: answers do, whether or not its tables do. */
async function followIn(
  workspace: Workspace,
  { timeZone, firstWeekday, openedAtStart, clvDiscountPercent }: WorkspaceSettings,
  at: Date,
  answersChange: boolean,
): Promise<void> {
  const calendar = { timeZone, firstWeekday }
  await workspace.engine.transaction(async (session) => {
    const recomputed = await alignEngine(
      session,
      { calendar, openedAtStart, clvDiscountPercent },
      localDay(at, calendar),
    )
    if (!recomputed && answersChange)
      await session.run(sql`update workspace_state set data_version = data_version + 1`)
  })
}

/** As it is kept: null where nothing is set. */
function ruleText({ windowDays, recency, frequency, money }: RfmRule): string | null {
  const rule: RfmRule = { windowDays, recency, frequency, money }
  return Object.values(rule).every((value) => value === null) ? null : JSON.stringify(rule)
}

const sameThresholds = (a: DormancyThresholds, b: DormancyThresholds) =>
  a.active === b.active && a.cooling === b.cooling && a.dormant === b.dormant
