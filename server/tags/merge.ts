import { savedRules } from '../segments/saved-rules.ts'
import { followTagRename } from '../segments/saved.ts'
import { recordAudit } from '../settings/audit.ts'
import { recordEvent } from '../store/events.ts'
import type { Store } from '../store/store.ts'
import { drainEvents } from '../workspaces/drain.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { recordChange } from './changes.ts'
import { circleWith, eitherRule, rulesOf, TagCircle } from './rules.ts'
import { type Doing, listTags, tagId, type TagOutcome } from './tags.ts'

/**
 * Makes one tag of two: who carries `from` carries `into`; saved rules, drafts and the rules of tags ask for `into`;
 * files that say `from` put on `into`, and undoing one takes off what it alone said. Where both have rules, either
 * puts it on. Refused when a rule would then ask for its own tag.
 */
export async function mergeTags(
  store: Store,
  workspace: Workspace,
  from: string,
  into: string,
  { by, at, reason }: Doing,
): Promise<TagOutcome> {
  if (from === into) return { kind: 'same-tag' }
  const tags = await listTags(store, workspace)
  const gone = tags.find(({ name }) => name === from)
  if (!gone || !tags.some(({ name }) => name === into)) return { kind: 'no-such-tag' }
  return store
    .transaction()
    .execute(async (tx): Promise<TagOutcome> => {
      const fromId = await tagId(tx, workspace.id, from, at)
      const intoId = await tagId(tx, workspace.id, into, at)
      await followTagRename(tx, workspace, { from, to: into }, { by, at })
      const rules = await rulesOf(tx, workspace.id)
      const theirs = rules.filter(({ tag }) => tag === from || tag === into)
      const expression = eitherRule(
        workspace,
        theirs.map((rule) => rule.expression),
      )
      if (expression !== null) {
        const others = rules.filter(({ tag }) => tag !== from && tag !== into)
        const circle = circleWith(workspace, await savedRules(tx, workspace), others, {
          tag: into,
          expression,
        })
        if (circle) throw new TagCircle(circle)
        await tx.deleteFrom('tag_rules').where('tag_id', 'in', [fromId, intoId]).execute()
        await tx
          .insertInto('tag_rules')
          .values({
            tag_id: intoId,
            workspace_id: workspace.id,
            expression,
            proposal: null,
            set_by: by,
            set_at: at.toISOString(),
          })
          .execute()
      }
      // of a member of whom both were decided the newer decision stays, except that one who carries either carries both
      const decided = await tx.selectFrom('tag_settings').selectAll().where('tag_id', '=', fromId).execute()
      for (const row of decided)
        await tx
          .insertInto('tag_settings')
          .values({ ...row, tag_id: intoId })
          .onConflict((conflict) =>
            conflict
              .columns(['tag_id', 'member_id'])
              .doUpdateSet({ carries: row.carries, set_by: row.set_by, set_at: row.set_at })
              .where('tag_settings.carries', '<', row.carries),
          )
          .execute()
      await tx.deleteFrom('tag_settings').where('tag_id', '=', fromId).execute()
      await tx
        .updateTable('tags')
        .set({ retired_at: at.toISOString(), merged_into: intoId })
        .where('id', '=', fromId)
        .execute()
      await recordEvent(tx, workspace.id, { kind: 'tag-merged', from, into }, at)
      const change = { tagId: intoId, action: 'merged', detail: from, members: gone.members } as const
      await recordChange(tx, workspace.id, { ...change, reason, by, at })
      const audited = { workspaceId: workspace.id, actor: by, action: 'tag-merged', subject: intoId, at }
      await recordAudit(tx, audited)
      return { kind: 'done', members: gone.members }
    })
    .then(async (outcome) => {
      await drainEvents(store, workspace)
      return outcome
    })
    .catch((error: unknown) => {
      if (error instanceof TagCircle) return { kind: 'circle' as const, tags: error.tags }
      throw error
    })
}

/** Leaves the transaction without a trace. */
