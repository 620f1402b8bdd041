import { addDays, daysBetween } from '../../../analytics/calendar/calendar.ts'
import type { Engine } from '../../../analytics/engine/engine.ts'
import { proportionArm } from '../../../analytics/lift/arm.ts'
import { scoreInterval } from '../../../analytics/lift/intervals.ts'
import { type Auc, aucOf } from '../../../analytics/models/auc.ts'
import { leavesOf } from '../../../analytics/models/tree.ts'
import { print } from '../../../analytics/segments/print.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { type TablesAt, tablesAt } from '../../analytics/tables-at.ts'
import type { Store } from '../../store/store.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { evaluateSegment } from '../evaluation.ts'
import { type Counted, cutOffs, fewest, leastHistory, learn, type Learned, learningSteps } from './learn.ts'
import { type Branch, branchesOf, ruleOf } from './rules.ts'

/** From this on the tree is shown. */
export const leastAuc = 0.6
const alpha = 0.05

/** The members of a leaf, and how likely they are to return. */
export interface SuggestedSegment {
  /** The leaf's place in the tree. */
  readonly leaf: number
  /** Canonical text of the rule that selects exactly the leaf's members, on any day. */
  readonly expression: string
  /** Whom it selects as of the data's newest day. */
  readonly members: number
  /** Held-out members who were in the leaf at the second cut-off, and how many of them returned. */
  readonly tried: Counted
  /** Share of these, with its interval; null: there were none. */
  readonly rate: { readonly share: number; readonly low: number; readonly high: number } | null
  /** How many times as often as all held-out members they returned; null: unknown. */
  readonly lift: number | null
}

interface Asked {
  readonly asOf: string
  readonly dataVersion: number
  /** The days up to which the tree was grown and tried. */
  readonly learnedOn: string
  readonly triedOn: string
}

export type Suggestions = Asked &
  /** So many of all steps are done. */
  (
    | { readonly kind: 'learning'; readonly done: number; readonly all: number }
    /** Somebody ended it; it begins anew when that is asked for. */
    | { readonly kind: 'stopped' }
    /** So many days of orders are needed before the first cut-off; `from`: the first order's day. */
    | {
        readonly kind: 'too-short'
        readonly from: string | null
        readonly days: number
        readonly needed: number
      }
    | {
        readonly kind: 'too-few'
        readonly learned: Counted
        readonly tried: Counted
        readonly fewest: typeof fewest
      }
    /** The tree tells those who return no better than chance would, or hardly. */
    | { readonly kind: 'nothing'; readonly auc: Auc; readonly learned: Counted; readonly tried: Counted }
    | {
        readonly kind: 'found'
        readonly auc: Auc
        readonly learned: Counted
        /** All held-out members: the base rate. */
        readonly tried: Counted
        readonly tree: Branch
        /** The leaves, those who return most first. */
        readonly segments: readonly SuggestedSegment[]
      }
  )

interface Work {
  readonly key: string
  readonly stop: AbortController
  steps: number
  done?: Suggestions
  failed?: unknown
}

const works = new WeakMap<Engine, Work>()

/**
 * Segments that part members by how likely they are to return within 90 days: the leaves of a tree that is grown
 * on what was known 180 days before the data's newest day and tried on held-out members as of 90 days before it. Begins
 * to learn when nobody has of this state of the data, and answers `learning` until it is done; ask again then. `stop`
 * ends that for all who wait, `begin` begins it anew. A failure is thrown once, the next call begins anew.
 */
export async function suggestedSegments(
  store: Store,
  workspace: Workspace,
  doing?: 'stop' | 'begin',
  signal?: AbortSignal,
): Promise<Suggestions> {
  const at = await tablesAt(store, workspace, undefined, signal)
  const key = JSON.stringify([at.asOf, at.dataVersion, workspace.currency, workspace.dormancy, workspace.rfm])
  const asked = askedOf(at)
  const found = works.get(workspace.engine)
  if (found?.key === key) {
    if (found.failed !== undefined) {
      works.delete(workspace.engine)
      throw found.failed
    }
    if (found.done) return found.done
    if (doing === 'stop') found.stop.abort()
    if (!found.stop.signal.aborted)
      return { ...asked, kind: 'learning', done: found.steps, all: learningSteps + 1 }
    if (doing !== 'begin') return { ...asked, kind: 'stopped' }
  }
  const needed = cutOffs.learned + leastHistory
  const days = at.dataStart === null ? 0 : daysBetween(at.dataStart, at.asOf)
  if (days < needed) return { ...asked, kind: 'too-short', from: at.dataStart, days, needed }
  found?.stop.abort() // of an older state of the data
  const work: Work = { key, stop: new AbortController(), steps: 0 }
  works.set(workspace.engine, work)
  if (doing === 'stop') {
    work.stop.abort()
    return { ...asked, kind: 'stopped' }
  }
  void suggest(store, workspace, at, work).then(
    (done) => {
      // the data moved meanwhile: who asks again begins anew
      if (done) work.done = done
      else if (works.get(workspace.engine) === work) works.delete(workspace.engine)
    },
    (error: unknown) => {
      if (!work.stop.signal.aborted) work.failed = error
    },
  )
  return { ...asked, kind: 'learning', done: 0, all: learningSteps + 1 }
}

const askedOf = ({ asOf, dataVersion }: TablesAt): Asked => ({
  asOf,
  dataVersion,
  learnedOn: addDays(asOf, -cutOffs.learned),
  triedOn: addDays(asOf, -cutOffs.tried),
})

/** Null: the data is no longer in the state that was asked about. */
async function suggest(
  store: Store,
  workspace: Workspace,
  at: TablesAt,
  work: Work,
): Promise<Suggestions | null> {
  const { signal } = work.stop
  const onStep = () => work.steps++
  const outcome = await workspace.engine.scratch(
    async (session) => {
      const [state] = await session.rows(sql`select data_version from workspace_state`)
      return Number(state!.dataVersion) === at.dataVersion
        ? learn(session, workspace, at, { signal, onStep })
        : null
    },
    { signal },
  )
  if (!outcome) return null
  const asked = askedOf(at)
  if ('counted' in outcome) return { ...asked, kind: 'too-few', ...outcome.counted, fewest }
  const { learned } = outcome
  const tried = learned.tried.reduce(
    (sum, { rows, yes }) => ({ rows: sum.rows + rows, yes: sum.yes + yes }),
    { rows: 0, yes: 0 },
  )
  const leaves = leavesOf(learned.tree)
  const auc = aucOf(
    leaves.map(({ leaf }, i) => ({ score: leaf.yes / leaf.rows, ...learned.tried[i]! })),
    alpha,
  )!
  const counts = { learned: learned.learned, tried }
  // by its interval, too: a few members may stand the right way by chance
  if (auc.auc < leastAuc || auc.low <= 0.5) return { ...asked, kind: 'nothing', auc, ...counts }
  const segments: SuggestedSegment[] = []
  for (const [leaf, { path }] of leaves.entries()) {
    const expression = print(ruleOf(path, learned.features))
    const outcome = await evaluateSegment(store, workspace, { expression }, signal)
    if (outcome.kind === 'refused')
      throw new Error(`A leaf is no rule: ${expression} ${outcome.errors[0]!.id}`)
    if (outcome.evaluation.dataVersion !== at.dataVersion) return null
    segments.push(segmentOf(leaf, outcome.evaluation, learned, tried))
  }
  return {
    ...asked,
    kind: 'found',
    auc,
    ...counts,
    tree: branchesOf(learned.tree, learned.features, learned.tried),
    segments: segments.toSorted((a, b) => (b.rate?.share ?? -1) - (a.rate?.share ?? -1)),
  }
}

function segmentOf(
  leaf: number,
  { expression, members }: { expression: string; members: number },
  learned: Learned,
  all: Counted,
): SuggestedSegment {
  const tried = learned.tried[leaf]!
  const rate =
    tried.rows === 0
      ? null
      : { share: tried.yes / tried.rows, ...scoreInterval(proportionArm(tried.rows, tried.yes), alpha) }
  return { leaf, expression, members, tried, rate, lift: rate && rate.share / (all.yes / all.rows) }
}
