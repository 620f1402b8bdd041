import type { Engine, Session } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { type IdentityKind, identityKinds } from '../import/values/person-values.ts'

/** What people are known by in a workspace: kinds of value in the order in which they are asked, and the secret of opaque ids. */
export interface IdentityRule {
  readonly kinds: readonly IdentityKind[]
  readonly secret: string
}

/** The rule of a workspace, as its file has it. */
export async function identityRule(engine: Pick<Engine | Session, 'rows'>): Promise<IdentityRule> {
  const [row] = await engine.rows(sql`select kinds, secret from identity_rule`)
  return { kinds: readKinds(String(row!.kinds))!, secret: String(row!.secret) }
}

/** An order as it is written, `id,phone,openid,email`: null unless it names every kind once. */
export function readKinds(text: string): IdentityKind[] | null {
  const kinds = text.split(',').map((kind) => kind.trim().toLowerCase())
  const known = identityKinds.filter((kind) => kinds.includes(kind))
  return kinds.length === identityKinds.length && known.length === identityKinds.length
    ? (kinds as IdentityKind[])
    : null
}
