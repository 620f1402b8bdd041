import { fields, plainHeader } from './fields.ts'
import type { ImportKind } from '../import-kinds.ts'
import { allKinds, type KindName } from '../kinds/catalogue.ts'
import { aliasesOf, fieldsOf, type Headers, isSaid, type Kind } from '../kinds/kind.ts'
import { memberAliases, personFields } from '../kinds/person-fields.ts'
import type { MapOverrides, Sample } from './mapping.ts'
import { memberFields } from '../members/fields.ts'
import { recognisedMembers } from '../members/presets.ts'
import { recognised } from '../platforms/platforms.ts'
import { presetNames } from '../platforms/presets.ts'
import { refundFields } from '../refunds/fields.ts'
import { holdsRefunds } from '../refunds/kind.ts'

/**
 * What a file holds, the best first, where its columns leave it open. Of which nothing is told begins as one of orders;
 * `isGuess` says so.
 */
export function kindsOf(
  sample: Sample,
  said: MapOverrides,
): { readonly kinds: readonly [ImportKind, ...ImportKind[]]; readonly isGuess: boolean } {
  const told = toldKinds(sample, said)
  if (told) return { kinds: told, isGuess: false }
  // Who has not begun to say what the columns are is told what else they may be of.
  if (said.columns !== undefined) return { kinds: ['orders'], isGuess: false }
  return { kinds: ['orders', ...kindsSpokenOf(sample.headers)], isGuess: true }
}

/**
 * As was said, as its platform is known for, else by its headers alone. A file that tells members apart, says something
 * else of them and names no order, no time and amount of one, is of members. Null: nothing is told.
 */
function toldKinds(sample: Sample, said: MapOverrides): [ImportKind, ...ImportKind[]] | null {
  const { headers, records } = sample
  if (said.kind) return [said.kind]
  if (said.preset) return [(presetNames as readonly string[]).includes(said.preset) ? 'orders' : 'members']
  if (holdsRefunds(sample)) return ['refunds']
  if (recognised(headers, records) !== null) return ['orders']
  if (recognisedMembers(headers) !== null) return ['members']
  const plain = new Set(headers.map(plainHeader))
  const [first, ...others] = furtherKinds(headers, plain)
  if (first) return [first, ...others]
  const has = (aliases: readonly string[]) => aliases.some((alias) => plain.has(alias))
  const { orderId, orderedAt, paidAt, amount, unitPrice } = fields
  const ofOrders =
    has(orderId.aliases) ||
    ((has(orderedAt.aliases) || has(paidAt.aliases)) && (has(amount.aliases) || has(unitPrice.aliases)))
  if (ofOrders) return ['orders']
  const {
    memberId,
    phone,
    openid,
    email,
    name,
    gender,
    birthday,
    joinedAt,
    tier,
    points,
    storedValue,
    consent,
  } = memberFields
  const told = [phone, openid, email].filter(({ aliases }) => has(aliases)).length
  const attributes = [name, gender, birthday, joinedAt, tier, points, storedValue, consent].filter(
    ({ aliases }) => has(aliases),
  ).length
  if ((has(memberId.aliases) && told + attributes > 0) || (told > 0 && told + attributes > 1))
    return ['members']
  return null
}

/**
 * Kinds of which headers speak though they lack what a file of the kind needs, those with most such headers first:
 * half of the headers that mean nothing in files of orders and of members are a field's of the kind. Of a file of people who are
 * told apart and of whom nothing else is known: members.
 */
function kindsSpokenOf(headers: readonly string[]): ImportKind[] {
  const general = new Set<string>([
    ...Object.values(fields).flatMap(({ aliases }): readonly string[] => aliases),
    ...Object.values(memberFields).flatMap(({ aliases }): readonly string[] => aliases),
    ...Object.values(personFields).flatMap(({ aliases }): readonly string[] => aliases),
  ])
  const own = headers.map(plainHeader).filter((header) => header !== '' && !general.has(header))
  const spoken = (aliases: ReadonlySet<string>) => own.filter((header) => aliases.has(header)).length
  const found = [
    {
      kind: 'refunds' as const,
      headers: spoken(
        new Set(Object.values(refundFields).flatMap(({ aliases }): readonly string[] => aliases)),
      ),
    },
    ...allKinds.map((kind) => ({
      kind: kind.name,
      headers: spoken(new Set(fieldsOf(kind).flatMap(([field, one]) => aliasesOf(field, one)))),
    })),
  ]
  const kinds = found
    .filter((one) => one.headers > 0 && 2 * one.headers >= own.length)
    .toSorted((a, b) => b.headers - a.headers)
    .map(({ kind }) => kind)
  const namesPeople = headers.some((header) => memberAliases.includes(plainHeader(header)))
  return kinds.length === 0 && namesPeople ? ['members'] : kinds
}

/** The further kinds that headers speak for: those of a template, else whatever the kinds recognise. */
function furtherKinds(headers: readonly string[], plain: ReadonlySet<string>): KindName[] {
  const has = (aliases: readonly string[]) => aliases.some((alias) => plain.has(alias))
  const namesOf = (kind: Kind): Headers<string> => ({
    has: (field) => has(aliasesOf(field, kind.fields[field]!)),
    names: (field) => isSaid(kind, field, (one) => has(aliasesOf(one, kind.fields[one]!))),
    order: (field) => has(fields[field].aliases),
    member: (field) => has(memberFields[field].aliases),
    any: has,
  })
  const filledIn = allKinds.filter((kind) => isTemplate(kind, headers))
  const found = filledIn.length > 0 ? filledIn : allKinds.filter((kind) => kind.recognised(namesOf(kind)))
  return found.map(({ name }) => name)
}

/** Every header is the name of a field, the needed ones among them. */
const isTemplate = (kind: Kind, headers: readonly string[]): boolean =>
  headers.length > 1 &&
  headers.every((header) => Object.hasOwn(kind.fields, header)) &&
  fieldsOf(kind).every(
    ([field, { needed }]) => !needed || isSaid(kind, field, (one) => headers.includes(one)),
  )
