import type { Expression } from '../../analytics/segments/ast.ts'
import { partsOf } from '../../analytics/segments/ast.ts'
import { parse } from '../../analytics/segments/parse.ts'
import { print } from '../../analytics/segments/print.ts'
import { segmentsIn } from '../../analytics/segments/references.ts'
import { type CampaignStatus, statusAt } from '../campaigns/campaigns.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Platform } from '../platform.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { newestVersions } from './saved-rules.ts'

/** A campaign that a saved segment or a tag stands in. */
export interface UsingCampaign {
  readonly id: string
  readonly name: string
  readonly status: CampaignStatus
  /** It goes on by itself. */
  readonly standing: boolean
  /** The version of the segment with which it was launched; null: it asks the newest one, or has the rule's text. */
  readonly version: number | null
  /** The segment has been another rule since. */
  readonly changed: boolean
  /** It names the segment and will ask it again: a draft, or one that goes on by itself. */
  readonly asksAgain: boolean
  /** It puts the tag on at one of its steps. */
  readonly putsOn: boolean
}

/** What a saved segment or a tag stands in. */
export interface Uses {
  readonly segments: readonly { readonly id: string; readonly name: string }[]
  /** Tags whose rules are made of it. */
  readonly tags: readonly string[]
  readonly campaigns: readonly UsingCampaign[]
}

/** What each saved segment stands in by its own name or, of campaigns, by its text; by its id. */
export async function usesOfSegments(
  platform: Platform,
  workspace: Workspace,
): Promise<ReadonlyMap<string, Uses>> {
  const { segments, tags, campaigns } = await everyRule(platform, workspace)
  return new Map(
    segments.map(({ id, name, text }) => [
      id,
      {
        segments: segments
          .filter((one) => one.names.includes(name))
          .map(({ id: of, name: called }) => ({ id: of, name: called })),
        tags: tags.filter((one) => one.names.includes(name)).map((one) => one.tag),
        campaigns: campaigns.flatMap(({ names, text: own, kept, using }) => {
          const version = kept.find(({ segmentId }) => segmentId === id)
          if (!version && !names.includes(name) && own !== text) return []
          return [
            {
              ...using,
              asksAgain: using.asksAgain && names.includes(name),
              version: version?.version ?? null,
              changed: version !== undefined && version.expression !== text,
            },
          ]
        }),
      },
    ]),
  )
}

/** What a tag stands in: rules that ask for it, and campaigns that put it on. Its own rule is none of them. */
export async function usesOfTag(platform: Platform, workspace: Workspace, tag: string): Promise<Uses> {
  const { segments, tags, campaigns } = await everyRule(platform, workspace)
  const asks = (rule: Expression) => asksForTag(rule, tag)
  return {
    segments: segments.filter((one) => asks(one.rule)).map(({ id, name }) => ({ id, name })),
    tags: tags.filter((one) => one.tag !== tag && asks(one.rule)).map((one) => one.tag),
    campaigns: campaigns.flatMap(({ rule, kept, puts, using }) => {
      const putsOn = puts.includes(tag)
      const isOver = using.status === 'finished' || using.status === 'cancelled'
      if (isOver || !using.asksAgain) return []
      if (!putsOn && !asks(rule) && !kept.some((one) => asks(one.rule))) return []
      return [{ ...using, version: null, changed: false, putsOn }]
    }),
  }
}

const asksForTag = (part: Expression, tag: string): boolean => {
  if (part.kind !== 'clause') return partsOf(part).some((one) => asksForTag(one, tag))
  const { subject, test } = part
  if (subject.kind !== 'field' || subject.field !== 'tag') return false
  return test.kind === 'compare' ? test.value === tag : test.kind === 'in' && test.values.includes(tag)
}

async function everyRule({ store, clock }: Platform, workspace: Workspace) {
  const options = { currencyDecimals: decimalsOf(workspace.currency) }
  const read = (text: string) => {
    const parsed = parse(text, options)
    return parsed.kind === 'parsed' ? [parsed.expression] : []
  }
  const segments = (await newestVersions(store, workspace)).flatMap(({ id, name, expression: text }) =>
    read(text).map((rule) => ({ id, name, text, rule, names: segmentsIn(rule) })),
  )
  const tags = (await tagRules(store, workspace)).flatMap(({ tag, expression }) =>
    read(expression).map((rule) => ({ tag, rule, names: segmentsIn(rule) })),
  )
  const kept = await store
    .selectFrom('campaign_segments')
    .innerJoin('segment_versions', (join) =>
      join
        .onRef('segment_versions.segment_id', '=', 'campaign_segments.segment_id')
        .onRef('segment_versions.version', '=', 'campaign_segments.version'),
    )
    .select([
      'campaign_segments.campaign_id as campaignId',
      'campaign_segments.segment_id as segmentId',
      'campaign_segments.version',
      'segment_versions.expression',
    ])
    .where('campaign_segments.workspace_id', '=', workspace.id)
    .execute()
  const rows = await store
    .selectFrom('campaigns')
    .leftJoin('launches', (join) =>
      join.onRef('launches.campaign_id', '=', 'campaigns.id').on('launches.run', '=', 1),
    )
    .select([
      'campaigns.id',
      'campaigns.name',
      'campaigns.state',
      'campaigns.definition',
      'launches.window_to as windowTo',
    ])
    .where('campaigns.workspace_id', '=', workspace.id)
    .orderBy('campaigns.created_at', 'desc')
    .execute()
  const campaigns = rows.flatMap(({ id, name, state, definition, windowTo }) => {
    const { segment, standing } = JSON.parse(definition) as {
      segment?: string
      standing?: { steps?: readonly { action: { kind: string; tag?: string } }[] }
    }
    const using = {
      id,
      name,
      status: statusAt(state, windowTo, clock.now()),
      standing: standing !== undefined,
      asksAgain: state === 'draft' || (standing !== undefined && state !== 'cancelled'),
      putsOn: false,
    }
    const own = kept.filter(({ campaignId }) => campaignId === id)
    return read(segment ?? '').map((rule) => ({
      rule,
      text: print(rule),
      names: segmentsIn(rule),
      kept: own.flatMap((one) => read(one.expression).map((of) => ({ ...one, rule: of }))),
      puts: standing?.steps?.flatMap(({ action }) => (action.kind === 'tag' ? [action.tag!] : [])) ?? [],
      using,
    }))
  })
  return { segments, tags, campaigns }
}

const tagRules = (store: Store, workspace: Workspace) =>
  store
    .selectFrom('tag_rules')
    .innerJoin('tags', 'tags.id', 'tag_rules.tag_id')
    .select(['tags.name as tag', 'tag_rules.expression'])
    .where('tag_rules.workspace_id', '=', workspace.id)
    .orderBy('tags.name')
    .execute()
