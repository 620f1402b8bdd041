/**
 * Who rows are, written from the rules over plain arrays and slow: what the tests compare the engine with.
 * Nothing of the product imports this.
 */

export type Kind = 'id' | 'phone' | 'openid' | 'email'
export type Values = Readonly<Partial<Record<Kind, string>>>
type ValueKind = Exclude<Kind, 'id'>

/** Imports in their order. A line is of an order; the newest import of an order has its lines. */
export type LiveImport =
  | { readonly kind: 'members'; readonly rows: readonly Values[] }
  | { readonly kind: 'orders'; readonly lines: readonly (Values & { readonly order: string })[] }

interface Told {
  /** What told it; null: nothing. */
  readonly by: Kind | null
  /** A member's id, or `kind:value` of a person known by that alone. */
  readonly person: string | null
  readonly isNew: boolean
  readonly conflict: ValueKind | null
}

interface Claim {
  readonly kind: ValueKind
  readonly value: string
  readonly person: string
}

const valueKinds: readonly ValueKind[] = ['phone', 'openid', 'email']

export interface Meaning {
  /** Whose each order is; null: nobody's. */
  readonly owners: Readonly<Record<string, string | null>>
  /** Each person with what is known of them, before any merge. */
  readonly members: Readonly<Record<string, Values>>
  /** `kind:value` of every value that several members claim. */
  readonly contested: readonly string[]
  /** Pairs of members (`one|another`, in order) of whom a row that holds has a value each. */
  readonly ties: readonly string[]
}

/**
 * What imports mean under an order of kinds. `mergedInto` tells whose id another id is by merges alone (chains followed), for
 * ids of which people say nothing else.
 */
export function meaningOf(
  live: readonly LiveImport[],
  order: readonly Kind[],
  mergedInto: Readonly<Record<string, string>> = {},
): Meaning {
  const current = (person: string) => mergedInto[person] ?? person
  const rows = live.flatMap((one) => (one.kind === 'members' ? one.rows : []))

  const tell = (row: Values, claims: readonly Claim[]): Told => {
    for (const kind of order) {
      const value = row[kind]
      if (value === undefined) continue
      if (kind === 'id') return { by: kind, person: value, isNew: false, conflict: null }
      const by = claims.filter((claim) => claim.kind === kind && claim.value === value)
      const claimants = new Set(by.map(({ person }) => current(person)))
      if (claimants.size === 1)
        return {
          by: kind,
          person: by.map(({ person }) => person).toSorted()[0]!,
          isNew: false,
          conflict: null,
        }
      if (claimants.size > 1) return { by: kind, person: null, isNew: false, conflict: kind }
    }
    const first = order.find((kind) => row[kind] !== undefined)
    return {
      by: first ?? null,
      person: first === undefined ? null : `${first}:${row[first]}`,
      isNew: true,
      conflict: null,
    }
  }

  // Of each person the newest value of each kind; what a new person is known by is no claim.
  const claimsOf = (whose: (row: Values) => Told | null): Claim[] => {
    const newest = new Map<string, Claim & { own: boolean }>()
    for (const row of rows) {
      const told = row.id === undefined ? whose(row) : { person: row.id, isNew: false }
      if (!told?.person) continue
      for (const kind of valueKinds) {
        const value = row[kind]
        if (value !== undefined)
          newest.set(`${told.person} ${kind}`, {
            kind,
            value,
            person: told.person,
            own: told.isNew && told.person === `${kind}:${value}`,
          })
      }
    }
    return [...newest.values()].filter(({ own }) => !own)
  }

  const ofIds = claimsOf(() => null)
  const found = claimsOf((row) => {
    const told = tell(row, ofIds)
    return told.isNew ? null : told
  })
  const tellMember = (row: Values): Told =>
    row.id === undefined ? tell(row, found) : { by: 'id', person: row.id, isNew: false, conflict: null }
  const claims = claimsOf(tellMember)

  const members: Record<string, Values> = {}
  const known = (person: string | null, values: Values = {}) => {
    if (person === null) return
    const own = /^(phone|openid|email):(.*)$/.exec(person)
    const first = own && members[person] === undefined ? { [own[1]!]: own[2]! } : {}
    members[person] = { ...first, ...members[person], ...values }
  }
  const values = (row: Values): Values =>
    Object.fromEntries(valueKinds.flatMap((kind) => (row[kind] === undefined ? [] : [[kind, row[kind]]])))
  for (const row of rows) known(tellMember(row).person, values(row))
  const everyTold = [
    ...rows.map(tellMember),
    ...live.flatMap((one) => (one.kind === 'orders' ? one.lines.map((line) => tell(line, claims)) : [])),
  ]
  /** Who alone claims the value that somebody is known by, unless somebody is still known by it alone. */
  const claimant = (label: string): string | null => {
    if (everyTold.some(({ isNew, person }) => isNew && person === label)) return null
    const by = new Set(
      claims.filter((claim) => `${claim.kind}:${claim.value}` === label).map(({ person }) => current(person)),
    )
    return by.size === 1 ? [...by][0]! : null
  }
  const isLabel = (person: string) => /^(phone|openid|email):/.test(person)
  /** The member that a person is in the end: merged, then whom claims name, of a value itself or else of all that was merged into it. */
  const member = (person: string, passed: readonly string[] = []): string => {
    const end = current(person)
    if (!isLabel(end) || passed.includes(end)) return end
    const own = claimant(end)
    const into = Object.keys(mergedInto).filter((id) => isLabel(id) && current(id) === end)
    const by = own === null ? into.map(claimant) : [own]
    const others = new Set(by.filter((one) => one !== null && one !== end))
    return others.size === 1 ? member([...others][0]!, [...passed, end]) : end
  }
  const owners: Record<string, string | null> = {}
  for (const one of live) {
    if (one.kind !== 'orders') continue
    for (const orderId of new Set(one.lines.map(({ order: id }) => id))) {
      const told = one.lines
        .filter(({ order: id }) => id === orderId)
        .map((line) => tell(line, claims).person)
      const owner = told.find((person) => person !== null) ?? null
      owners[orderId] = owner === null ? null : member(owner)
    }
    for (const line of one.lines) known(tell(line, claims).person)
  }
  const contested = [...Map.groupBy(claims, ({ kind, value }) => `${kind}:${value}`)]
    .filter(([, by]) => new Set(by.map(({ person }) => current(person))).size > 1)
    .map(([value]) => value)
  // A value is whose it alone is by the claims, and theirs who are known by it.
  const knownBy = (kind: Kind, value: string): string[] =>
    everyTold.some(({ isNew, person }) => isNew && person === `${kind}:${value}`)
      ? [member(`${kind}:${value}`)]
      : []
  const ownersOf = (kind: Kind, value: string): string[] => {
    if (kind === 'id') return [member(value)]
    const by = new Set(
      claims
        .filter((claim) => claim.kind === kind && claim.value === value)
        .map(({ person }) => current(person)),
    )
    return [...(by.size === 1 ? [...by].map((person) => member(person)) : []), ...knownBy(kind, value)]
  }
  const isThere = new Set(Object.keys(members).map((person) => member(person)))
  const ties = new Set<string>()
  const tie = (row: Values, told: Told, whose = ownersOf) => {
    if (told.person === null || told.by === null) return
    for (const kind of order)
      if (kind !== told.by && row[kind] !== undefined)
        for (const owner of whose(kind, row[kind]))
          if (owner !== member(told.person) && isThere.has(owner) && isThere.has(member(told.person)))
            ties.add([owner, member(told.person)].toSorted().join('|'))
  }
  // Of rows of members with a number the newest say whose a value is; an older one tells who is known by it still.
  for (const row of rows) tie(row, tellMember(row), row.id === undefined ? ownersOf : knownBy)
  for (const [place, one] of live.entries())
    if (one.kind === 'orders')
      for (const line of one.lines) {
        const later = live.slice(place + 1)
        const holds = !later.some(
          (other) => other.kind === 'orders' && other.lines.some(({ order: id }) => id === line.order),
        )
        if (holds) tie(line, tell(line, claims))
      }
  return { owners, members, contested: contested.toSorted(), ties: [...ties].toSorted() }
}
