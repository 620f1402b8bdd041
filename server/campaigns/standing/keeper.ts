import { setTimeout as pause } from 'node:timers/promises'
import type { Said } from '../../messages/messages.ts'
import type { Platform } from '../../platform.ts'
import { problemsSaid } from '../../segments/refusal.ts'
import { newestVersions } from '../../segments/saved-rules.ts'
import type { Store } from '../../store/store.ts'
import { drainedState } from '../../workspaces/drain.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { campaignTurns } from '../campaigns.ts'
import { CampaignDefinition } from '../definition.ts'
import { advance, type AdvanceStep } from './advance.ts'
import type { StandingDefinition } from './definition.ts'
import type { StandingCampaign } from './issue.ts'
import { sendEvents } from './events.ts'
import { viewOf } from './view.ts'

const lookMs = 2_000

/** A definition of a campaign that stands. */
export const isStanding = (definition: CampaignDefinition): definition is StandingDefinition =>
  definition.standing !== undefined

/** What keeps campaigns from being evaluated now, by campaign. */
const problems = new WeakMap<Platform, Map<string, Said>>()
export const standingProblemOf = (platform: Platform, campaignId: string): Said | null =>
  problems.get(platform)?.get(campaignId) ?? null

/** Campaigns of a workspace that went live and run, with what decides what they do. */
async function runningOf(store: Store, workspace: Workspace): Promise<StandingCampaign[]> {
  const rows = await store
    .selectFrom('standing_campaigns')
    .innerJoin('campaigns', 'campaigns.id', 'standing_campaigns.campaign_id')
    .select(['campaigns.id', 'campaigns.name', 'campaigns.seed', 'campaigns.definition'])
    .where('standing_campaigns.workspace_id', '=', workspace.id)
    .where('campaigns.state', '=', 'running')
    .orderBy('campaigns.created_at')
    .execute()
  return rows.flatMap(({ id, name, seed, definition }) => {
    const read = CampaignDefinition.parse(JSON.parse(definition))
    return isStanding(read)
      ? [
          {
            id,
            workspaceId: workspace.id,
            name,
            seed,
            definition: read,
            currency: workspace.currency,
            calendar: workspace.calendar,
          },
        ]
      : []
  })
}

/**
 * Evaluates the campaigns of a workspace that stand, if data, rules or the day have changed since `stands` says they
 * were; one after the other, in the workspace's turn, so that nobody is given two coupons at once.
 */
export async function keepStanding(
  platform: Platform,
  workspace: Workspace,
  stands: Map<string, string> = new Map(),
  signal?: AbortSignal,
  step: AdvanceStep = () => {},
): Promise<void> {
  const { store } = platform
  const told = problems.get(platform) ?? new Map<string, Said>()
  problems.set(platform, told)
  for (const { id } of await runningOf(store, workspace)) {
    if (signal?.aborted) return
    await campaignTurns.take(workspace.id, async () => {
      // it may have been paused while its turn was waited for
      const campaign = (await runningOf(store, workspace)).find((one) => one.id === id)
      if (!campaign) return
      const now = await standOf(platform, workspace, signal)
      if (stands.get(id) === now) return
      const outcome = await viewOf(platform, workspace, campaign, signal)
      if (outcome.kind === 'refused')
        told.set(id, { id: 'segment-refused', values: { problems: problemsSaid(outcome.errors) } })
      else {
        told.delete(id)
        await advance({ store, campaign, view: outcome.view, step })
      }
      stands.set(id, now)
    })
  }
}

/** All that a campaign's evaluation depends on. */
async function standOf(
  { store }: Platform,
  workspace: Workspace,
  signal: AbortSignal | undefined,
): Promise<string> {
  const state = await drainedState(store, workspace, signal)
  const versions = (await newestVersions(store, workspace)).map(({ id, name, version }) => [
    id,
    name,
    version,
  ])
  return JSON.stringify([
    state.dataVersion,
    state.ledgerWatermark,
    state.asOf,
    versions,
    workspace.dormancy,
    workspace.rfm,
    workspace.today(),
  ])
}

export interface StandingKeeper {
  /** Ends what is being evaluated or sent, and waits until nothing is written any more. */
  stop(): Promise<void>
}

/** Looks every two seconds whether campaigns that stand have something to do, and does it, until stopped. */
export function startStanding(platform: Platform): StandingKeeper {
  const stopping = new AbortController()
  const { signal } = stopping
  const stands = new Map<string, string>()
  const every = async (what: string, work: (workspace: Workspace) => Promise<void>) => {
    while (!signal.aborted) {
      for (const { id } of await platform.workspaces.list()) {
        const workspace = await platform.workspaces.byId(id)
        if (!workspace || signal.aborted) continue
        await work(workspace).catch((error: unknown) => {
          if (!signal.aborted) console.error(`${what}:`, error)
        })
      }
      await pause(lookMs, undefined, { signal }).catch(() => {}) // ends early when stopped
    }
  }
  const loops = [
    every('Campaigns that stand could not be evaluated', (workspace) =>
      keepStanding(platform, workspace, stands, signal),
    ),
    every('Events of campaigns could not be sent', (workspace) => sendEvents(platform, workspace, signal)),
  ]
  return {
    async stop() {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}
