import { z } from 'zod'
import { join, name, sql } from '../../analytics/sql/sql.ts'
import { type PersonValue, personValues } from '../import/columns/fields.ts'
import type { ImportKind } from '../import/import-kinds.ts'
import { allKinds } from '../import/kinds/catalogue.ts'
import { memberColumns, tellsPeople } from '../import/kinds/kind.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { maskedValue } from './masked.ts'
import { claimsNow, linesOfIdentities, ofRowPeople, valueOfConflict } from './match.ts'

/** A phone, openid or e-mail that files of members give to several of them. */
export interface Conflict {
  readonly kind: PersonValue
  /** Masked. */
  readonly value: string
  readonly members: readonly { readonly memberId: string; readonly name: string | null }[]
  /** Orders known by this value alone, which are nobody's until it is settled, and what the paid ones charged. */
  readonly orders: number
  readonly netMinor: number
  /** Rows of members and of further kinds (tags, points, …) known by this value alone, likewise, by their kind. */
  readonly rows: readonly { readonly kind: ImportKind; readonly rows: number }[]
}

export interface Conflicts {
  readonly conflicts: readonly Conflict[]
  /** All there are: of very many the first are listed, those that keep the most back first. */
  readonly total: number
  readonly orders: number
  readonly netMinor: number
  readonly rows: number
}

/** Relation (`named`, `of_kind`): a row each for the current rows of further kinds that name somebody. */
const rowsOfPeople = sql`(${join(
  allKinds
    .filter(tellsPeople)
    .map(
      (kind) =>
        sql`select ${memberColumns(kind)[0]!} as named, ${kind.name} as of_kind from ${name(kind.current)}`,
    ),
  sql` union all `,
)})`

const mostListed = 200

const Row = z.object({
  kind: z.enum(personValues),
  value: z.string(),
  members: z.string().transform((text) => JSON.parse(text) as { memberId: string; name: string | null }[]),
  orders: z.int(),
  netMinor: z.int(),
  rows: z.string().transform((text) => JSON.parse(text) as { kind: ImportKind; rows: number }[]),
})

/** What is claimed by several members now, and what waits for it. */
export async function conflictsOf({ engine }: Workspace, signal?: AbortSignal): Promise<Conflicts> {
  const found = await engine.rows(
    sql`with contested as (
        select kind, value, list(distinct current order by current) as claimants
        from ${claimsNow} as claim group by kind, value having count(distinct current) > 1
      ),
      claimant as (select kind, value, unnest(claimants) as member_id from contested),
      named as (
        select claimant.kind, claimant.value,
          cast(to_json(list({'memberId': claimant.member_id, 'name': members.name} order by claimant.member_id)) as varchar) as members
        from claimant left join members on members.member_id = claimant.member_id group by all
      ),
      waiting as (
        select kind, value, count(*) as orders,
          coalesce(cast(sum(net_minor) filter (where state = 'paid') as bigint), 0) as net_minor
        from (
          select distinct identity.conflict as kind, ${valueOfConflict(sql`identity`)} as value, orders.order_key, orders.net_minor, orders.state
          from ${linesOfIdentities(sql`conflict is not null`)} as identity
          join order_versions on order_versions.order_id = identity.order_id
            and order_versions.import_seq = identity.import_seq
          join orders on orders.order_id = identity.order_id and orders.member_key is null
        ) as held group by kind, value
      ),
      unread as (
        select identity.conflict as kind, ${valueOfConflict(sql`identity`)} as value, 'members' as of_kind, count(*) as rows
        from (select * from identities where not of_lines and conflict is not null) as identity
        join import_members as said on said.member_id is null and said.phone is not distinct from identity.phone
          and said.openid is not distinct from identity.openid and said.email is not distinct from identity.email
        group by all
        union all
        select held.conflict, ${valueOfConflict(sql`held`)}, row_of.of_kind, count(*)
        from ${ofRowPeople} as held join ${rowsOfPeople} as row_of on row_of.named = held.named
        where held.conflict is not null group by all
      ),
      kept_back as (
        select kind, value, cast(to_json(list({'kind': of_kind, 'rows': rows} order by of_kind)) as varchar) as rows
        from unread group by kind, value
      )
      select named.kind, named.value, named.members, coalesce(waiting.orders, 0) as orders,
        coalesce(waiting.net_minor, 0) as net_minor, coalesce(kept_back.rows, '[]') as rows
      from named
      left join waiting on waiting.kind = named.kind and waiting.value = named.value
      left join kept_back on kept_back.kind = named.kind and kept_back.value = named.value
      order by abs(net_minor) desc, orders desc, kind, value`,
    { signal },
  )
  const all = z.array(Row).parse(found)
  return {
    conflicts: all.slice(0, mostListed).map((row) => ({ ...row, value: maskedValue(row.kind, row.value) })),
    total: all.length,
    orders: all.reduce((sum, { orders }) => sum + orders, 0),
    netMinor: all.reduce((sum, { netMinor }) => sum + netMinor, 0),
    rows: all.flatMap(({ rows }) => rows).reduce((sum, one) => sum + one.rows, 0),
  }
}
