import type { Engine } from '../../analytics/engine/engine.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { evaluateSegment } from './evaluation.ts'
import { newestVersions } from './saved-rules.ts'
import { selectedTogether } from './together.ts'

export interface SegmentSizes {
  readonly asOf: string
  readonly dataVersion: number
  /** How many members there are. */
  readonly all: number
  /** How many of them each saved segment selects, by its id; one whose rule can't be asked any more is left out. */
  readonly sizes: Readonly<Record<string, number>>
}

const kept = new WeakMap<Engine, { readonly key: string; readonly sizes: SegmentSizes }>()

/** The sizes of all saved segments, asked together and kept until the data, the day or a rule changes. */
export async function segmentSizes(
  store: Store,
  workspace: Workspace,
  signal?: AbortSignal,
): Promise<SegmentSizes> {
  for (;;) {
    const saved = await newestVersions(store, workspace)
    const { asOf, dataVersion, ledgerWatermark } = await tablesAt(store, workspace, undefined, signal)
    const rules = saved.map(({ id, name, version }) => [id, name, version])
    const key = JSON.stringify([asOf, dataVersion, ledgerWatermark, workspace.dormancy, workspace.rfm, rules])
    const found = kept.get(workspace.engine)
    if (found?.key === key) return found.sizes
    const sizes: Record<string, number> = {}
    for await (const selected of selectedTogether(store, workspace, saved, signal)) {
      if (selected.dataVersion !== dataVersion || selected.asOf !== asOf) break
      sizes[selected.id] = selected.members
    }
    const everyone = await evaluateSegment(store, workspace, { expression: 'everyone' }, signal)
    if (everyone.kind === 'refused') throw new Error('everyone is a rule')
    const { evaluation } = everyone
    // the data moved meanwhile
    if (evaluation.dataVersion !== dataVersion || evaluation.asOf !== asOf) continue
    const answer = { asOf, dataVersion, all: evaluation.members, sizes }
    kept.set(workspace.engine, { key, sizes: answer })
    return answer
  }
}
