import { memberNames } from '../../analytics/relations/member-names.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Store } from '../store/store.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** Tags, in lower case, whose members get no coupons and use none. */
export const abuseHoldTags: readonly string[] = ['abuse hold', 'abuse-hold', '滥用冻结']

interface Known {
  readonly ids: ReadonlySet<string>
  /** Newest word of people on tags and merges that it knows. */
  readonly event: number
  readonly at: number
}

/** Files may bring such tags too: what is known is asked again after so long. */
const staleMs = 10_000
/** How long a customer waits for it. */
const patienceMs = 1_500
const changing = [
  'tag-added',
  'tag-removed',
  'tag-retired',
  'tag-renamed',
  'tag-merged',
  'members-merged',
  'pairs-merged',
  'member-separated',
]

/**
 * Members with an abuse hold, by every id that they have. What people set holds from the next redemption on, what
 * files bring within ten seconds of one. While the engine is too busy to say, what it said last holds; before it
 * ever said anything nobody is held, because a customer waits.
 */
export class AbuseHolds {
  readonly #store: Store
  readonly #workspace: (id: string) => Promise<Workspace | null>
  readonly #known = new Map<string, Known>()
  readonly #asking = new Map<string, Promise<Known>>()

  constructor(store: Store, workspace: (id: string) => Promise<Workspace | null>) {
    this.#store = store
    this.#workspace = workspace
  }

  async idsIn(workspaceId: string): Promise<ReadonlySet<string>> {
    const { event } = await this.#store
      .selectFrom('events')
      .select(({ fn }) => fn.max('seq').as('event'))
      .where('workspace_id', '=', workspaceId)
      .where('kind', 'in', changing)
      .executeTakeFirstOrThrow()
    const newest = Number(event ?? 0)
    const known = this.#known.get(workspaceId)
    if (known && known.event >= newest && performance.now() - known.at < staleMs) return known.ids
    const asked = this.#ask(workspaceId, newest)
    // What people have not changed meanwhile is not waited for.
    if (known && known.event >= newest) return known.ids
    const late = Promise.withResolvers<null>()
    const timer = setTimeout(() => late.resolve(null), patienceMs)
    const answer = await Promise.race([asked, late.promise]).finally(() => clearTimeout(timer))
    return answer?.ids ?? known?.ids ?? new Set()
  }

  /** Resolves when nothing is being asked any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#asking.values())
  }

  #ask(workspaceId: string, event: number): Promise<Known> {
    const running = this.#asking.get(workspaceId)
    if (running) return running
    const asking = this.#read(workspaceId, event).finally(() => this.#asking.delete(workspaceId))
    this.#asking.set(workspaceId, asking)
    asking.catch((error: unknown) => console.error('Abuse holds could not be read:', error))
    return asking
  }

  async #read(workspaceId: string, event: number): Promise<Known> {
    const workspace = await this.#workspace(workspaceId)
    const ids = new Set<string>()
    if (workspace) {
      await drainEvents(this.#store, workspace)
      const rows = await workspace.engine.rows(sql`select distinct names.named from tags_of_members as tagged
        join ${memberNames} as names on names.member_key = tagged.member_key
        where lower(tagged.tag) in (select unnest(from_json(${JSON.stringify(abuseHoldTags)}, '["VARCHAR"]')))`)
      for (const { named } of rows) ids.add(String(named))
    }
    const known = { ids, event, at: performance.now() }
    this.#known.set(workspaceId, known)
    return known
  }
}
