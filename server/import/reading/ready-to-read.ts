import type { Words } from '../../../analytics/schema/described.ts'
import { identityRule } from '../../identity/rule.ts'
import type { Said } from '../../messages/messages.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { amountFields } from '../columns/amount-columns.ts'
import { type AnyField, type ImportKind, importKinds, kindTitle, kindToSay } from '../import-kinds.ts'
import { inspect, type Inspection, isPartOfOrders, type Readable } from '../inspect.ts'
import { allKinds, kindNamed } from '../kinds/catalogue.ts'
import { saidPlace } from './file-begins.ts'
import type { Lack, MapOverrides } from '../columns/mapping.ts'
import { isOtherCurrency, otherCurrencyOf, ownSigns } from '../values/numbers.ts'
import { columnNames, type Refusal, refusal, undecidedEncoding } from '../refusal.ts'
import { over, rememberedEncodings, rememberedMapping } from '../columns/remembered.ts'
import type { ImportOrder } from '../run-state.ts'
import { type GivenFile, type Part, type Parts, partsOf } from '../tables/joined.ts'
import { saidOfTags, withTagsOfMembers } from '../tables/tags-of-members.ts'

/** What is given to be read: a file, or several together, and which part of them is meant. */
export type Given = GivenFile & Pick<ImportOrder, 'together' | 'part' | 'encodings'>

/**
 * What becomes of a file, or of files that are given together; null: it is one table. What is made of them is kept in
 * `folder`. A file of members that has their tags too is two parts, unless it was said (`as`) what it is of.
 */
export async function partsIn(
  workspace: Workspace,
  given: Given,
  folder: string,
  { signal, as }: { signal?: AbortSignal | undefined; as?: ImportKind | undefined } = {},
): Promise<Parts | Refusal | null> {
  const found = await tablesIn(workspace, given, folder, signal)
  if ((found && 'id' in found) || as !== undefined) return found
  return withTagsOfMembers(workspace, found, given, given.encodings?.all)
}

const tablesIn = async (
  { engine }: Workspace,
  { path, fileName, together, encodings }: Given,
  folder: string,
  signal?: AbortSignal,
): Promise<Parts | Refusal | null> =>
  partsOf(together ?? [{ path, fileName }], fileName, folder, {
    encodings,
    known: await rememberedEncodings(engine),
    signal,
  })

/** Inspects a file, or a part of files that are given together, the first unless told, as the next of this workspace. */
export async function inspectIn(
  workspace: Workspace,
  given: Given,
  map: MapOverrides,
  folder: string,
  signal?: AbortSignal,
): Promise<Readable | Refusal> {
  // of several tables what was said of them all is said of each that leaves it open
  const encodings = given.encodings ?? (given.part === undefined ? { all: map.encoding } : undefined)
  const whole = { ...given, encodings }
  const found =
    given.part === undefined
      ? await tablesIn(workspace, whole, folder, signal)
      : await partsIn(workspace, whole, folder, { signal })
  if (found && 'id' in found) return found
  const part = found && (given.part === undefined ? found.parts[0] : partNamed(found, given.part))
  if (!part && given.part !== undefined) return refusal('unknown-part', { file: given.fileName })
  if (part?.refusal) return part.refusal
  const { encoding, ...others } = part?.map ? over(part.map, map) : map
  const said = part?.tables ? undefined : (encoding ?? part?.encoding) // what is joined is UTF-8
  const inspected = await inspect(
    part?.path ?? given.path,
    part?.fileName ?? given.fileName,
    said ? { ...others, encoding: said } : others,
    workspace.calendar.timeZone,
    (headers, kind) => rememberedMapping(workspace.engine, headers, kind),
    (await identityRule(workspace.engine)).kinds,
    part?.tables,
    part?.sheet,
    part?.tables?.begins ?? part?.begins,
  )
  if ('id' in inspected || !part) return inspected
  const { mapping } = inspected
  return {
    ...inspected,
    begins: part.begins,
    mapping: part.ofMembers === undefined ? mapping : { ...mapping, passedWithout: 'tag' },
  }
}

/** What somebody said of one of the parts that files given together become. */
export interface SaidPart {
  readonly part: string
  readonly map: MapOverrides
}

/**
 * The imports that files given together become, in the order in which they follow one another. `said`: those that are
 * wanted; without it all, and what `order` says of columns is said of the first. What may replace nothing adds.
 */
export function ordersOf(order: ImportOrder, { parts }: Parts, said?: readonly SaidPart[]): ImportOrder[] {
  const { path, fileName, together = [{ path, fileName }], map, encodings = { all: map.encoding } } = order
  return parts.flatMap((part, at) => {
    const own = said
      ? said.find((one) => one.part === part.part)?.map
      : at === 0
        ? map
        : part.ofMembers === parts[0].part
          ? saidOfTags(map)
          : {}
    if (!own) return []
    const kind = own.kind ?? part.kind
    return {
      ...order,
      together,
      encodings,
      fileName: part.fileName,
      part: part.part,
      kind,
      map: own,
      replace: order.replace && replacing.includes(kind),
    }
  })
}

const partNamed = ({ parts }: Parts, part: string): Part | undefined => parts.find((one) => one.part === part)

/** The kinds of file that may say all there is of what they name. */
export const replacing: readonly ImportKind[] = [
  'orders',
  'refunds',
  ...allKinds.filter(({ replaces }) => replaces).map(({ name }) => name),
]

/** Inspects and refuses what can't be imported as it is mapped. */
export async function readyToRead(
  workspace: Workspace,
  order: Given & Pick<ImportOrder, 'map' | 'language'> & { readonly replace?: boolean },
  folder: string,
  signal?: AbortSignal,
): Promise<Readable | Refusal> {
  const readable = await inspectIn(workspace, order, order.map, folder, signal)
  if ('id' in readable) return readable
  const { lacking, questions, headers, map } = readable.inspection
  const open = questions.find((question) => question.kind === 'encoding')
  if (open) return undecidedEncoding(order.fileName, open.readings)
  if (order.replace && !replacing.includes(map.kind))
    return refusal('no-replace', {
      file: order.fileName,
      kind: kindTitle(map.kind),
      kinds: { named: replacing.map(kindTitle) },
    })
  // A file whose map says that it has no member column holds guest orders alone.
  const ofOrders = readable.mapping.kind === 'orders'
  const needed = lacking.filter((lack) => !(lack === 'member' && ofOrders && map.columns.memberId === null))
  if (ofOrders && needed.length === 1 && needed[0] === 'member')
    return refusal('no-members', { file: order.fileName, headers: columnNames(headers) })
  const { identity } = readable.inspection
  // A refund is whose its order is: what else names somebody may be hidden.
  if (
    (ofOrders || readable.mapping.kind === 'members') &&
    identity.length > 0 &&
    identity.every(({ values, hidden }) => values > 0 && values === hidden)
  )
    return refusal('hidden-members', {
      file: order.fileName,
      kind: readable.mapping.kind,
      columns: { listed: identity.map(({ header }) => header) },
    })
  if (readable.inspection.fitsNone)
    return refusal('no-kind', {
      file: order.fileName,
      headers: columnNames(headers),
      kinds: { named: importKinds.map(kindToSay) },
    })
  const foreign = foreignAmounts(readable.inspection, workspace.currency)
  if (foreign?.said === 'header')
    return refusal('other-currency-column', {
      file: order.fileName,
      header: foreign.header,
      other: foreign.other,
      currency: workspace.currency,
    })
  if (needed.length > 0)
    return refusal(isPartOfOrders(readable.inspection) ? 'part-of-orders' : 'missing-columns', {
      file: order.fileName,
      lacking: { named: needed.map((lack) => lackingWords(readable.mapping.kind, lack)) },
      headers: columnNames(headers),
    })
  const decimals = questions.find((question) => question.kind === 'decimals')
  if (decimals) return refusal('undecided-decimals', { header: decimals.header, sample: decimals.sample })
  const dates = questions.find((question) => question.kind === 'dates')
  if (dates)
    return refusal('undecided-dates', {
      header: dates.header,
      sample: dates.sample,
      mixed: dates.against === null ? 'no' : 'yes',
      against: dates.against ?? '',
      ...(dates.places
        ? { place: saidPlace(dates.places.sample), other: saidPlace(dates.places.against) }
        : { place: '', other: '' }),
    })
  return readable
}

/** Amounts that are in another currency than the workspace counts in, by the column's header or by the values that were looked at: all, or some. */
export interface ForeignAmounts {
  readonly header: string
  readonly other: string
  readonly said: 'header' | 'values' | 'some'
  /** How many of the values that were looked at, and one of them. */
  readonly values: number
  readonly of: number
  readonly sample: string
}

/** The first column of amounts, or of currencies, that is of another currency as far as it was looked at; null: none is. */
export function foreignAmounts(
  { columns, lacking }: Pick<Inspection, 'columns' | 'lacking'>,
  currency: string,
): ForeignAmounts | null {
  const amounts = columns.filter(({ field }) =>
    (amountFields as readonly (AnyField | null)[]).includes(field),
  )
  // A column that names another currency is not guessed to hold amounts: where none does, that is why.
  if (lacking.includes('amount') || lacking.includes('refundAmount'))
    for (const { field, header } of columns) {
      const other = field === null ? otherCurrencyOf(header, currency) : null
      if (other !== null) return { header, other, said: 'header', values: 0, of: 0, sample: '' }
    }
  for (const { header } of amounts) {
    const other = otherCurrencyOf(header, currency)
    if (other !== null) return { header, other, said: 'header', values: 0, of: 0, sample: '' }
  }
  const own = ownSigns(currency)
  for (const { header, field, beside } of [
    ...amounts,
    ...columns.filter(({ field }) => field === 'currency'),
  ]) {
    const others = beside.filter(({ named }) =>
      field === 'currency'
        ? named !== '' && !own.includes(named.toUpperCase())
        : isOtherCurrency(named, currency),
    )
    const [most] = others
    if (!most) continue
    const sum = (counted: typeof beside) => counted.reduce((n, { values }) => n + values, 0)
    const [values, of] = [sum(others), sum(beside)]
    return {
      header,
      other: most.named,
      said: values === of ? 'values' : 'some',
      values,
      of,
      sample: most.sample,
    }
  }
  return null
}

/** What a file lacks, for a sentence. */
function lackingWords(kindName: ImportKind, lack: Lack): Said | Words {
  const kind = kindNamed(kindName)
  return kind
    ? kind.fields[lack]!.label
    : { id: `lacking.${lack as 'member' | 'time' | 'amount' | 'refundTime' | 'refundAmount'}` }
}
