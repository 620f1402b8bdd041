import { setTimeout as pause } from 'node:timers/promises'
import type { Platform } from '../platform.ts'
import { type Applied, applyTagRules, type RuleProgress } from './apply-rules.ts'

const pollMs = 2_000

/** What is known of the rules of a workspace's tags while its server runs. */
export interface RulesState {
  /** Null: nothing is being applied. */
  readonly running: RuleProgress | null
  /** Tags whose rules select nobody now, because they are no rule any more or ask for each other. */
  readonly refused: readonly string[]
}

interface Kept {
  work: Promise<Applied | null> | null
  running: RuleProgress | null
  refused: readonly string[]
}

const keptOf = new WeakMap<Platform, Map<string, Kept>>()

function kept(platform: Platform, workspaceId: string): Kept {
  const all = keptOf.get(platform) ?? new Map<string, Kept>()
  keptOf.set(platform, all)
  const found = all.get(workspaceId) ?? { work: null, running: null, refused: [] }
  all.set(workspaceId, found)
  return found
}

/** How far the application of a workspace's rules is. */
export function rulesState(platform: Platform, workspaceId: string): RulesState {
  const { running, refused } = kept(platform, workspaceId)
  return { running, refused }
}

/**
 * Brings a workspace's automatic tags in line with rules, data and day, if they are not. Whoever asks while it is done
 * waits for it, and then for what changed meanwhile.
 */
export async function keepTags(
  platform: Platform,
  workspaceId: string,
  signal?: AbortSignal,
): Promise<Applied | null> {
  const state = kept(platform, workspaceId)
  if (state.work) await state.work.catch(() => null) // who began it hears of it
  const workspace = await platform.workspaces.byId(workspaceId)
  if (!workspace) return null
  const work = applyTagRules(platform.store, workspace, platform.clock.now(), {
    ...(signal ? { signal } : {}),
    progress: (running) => (state.running = running),
  }).finally(() => {
    state.running = null
    if (state.work === work) state.work = null
  })
  state.work = work
  const applied = await work
  if (applied) state.refused = applied.refused
  return applied
}

export interface TagKeeper {
  /** Ends what is being applied, which is then undone, and waits until nothing is written any more. */
  stop(): Promise<void>
}

/** Looks every other second whether automatic tags are behind, and brings them up to date, until stopped. */
export function startTagKeeper(platform: Platform): TagKeeper {
  const stopping = new AbortController()
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      for (const { id } of await platform.workspaces.list()) {
        if (stopping.signal.aborted) break
        await keepTags(platform, id, stopping.signal).catch((error: unknown) => {
          if (!stopping.signal.aborted) console.error('The rules of tags could not be applied:', error)
        })
      }
      await pause(pollMs, undefined, { signal: stopping.signal }).catch(() => {}) // ends early when stopped
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await loop
    },
  }
}
