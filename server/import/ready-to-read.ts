import type { Words } from '../../analytics/schema/described.ts'
import { identityRule } from '../identity/rule.ts'
import type { Said } from '../messages/messages.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { amountFields } from './amount-columns.ts'
import type { ImportKind } from './import-kinds.ts'
import { inspect, isPartOfOrders, type Readable } from './inspect.ts'
import { allKinds, kindNamed } from './kinds/catalogue.ts'
import type { Lack, MapOverrides } from './mapping.ts'
import { otherCurrencyOf } from './numbers.ts'
import { columnNames, type Refusal, refusal, undecidedEncoding } from './refusal.ts'
import { rememberedMapping } from './remembered.ts'
import type { ImportOrder } from './runs.ts'
import { type GivenFile, joinedTables } from './tables/joined.ts'

/** Inspects a file, or files that are given together, as the next of this workspace. Joined tables are kept in `folder`. */
export async function inspectIn(
  workspace: Workspace,
  { path, fileName, together }: GivenFile & Pick<ImportOrder, 'together'>,
  map: MapOverrides,
  folder: string,
  signal?: AbortSignal,
): Promise<Readable | Refusal> {
  const joined = await joinedTables(together ?? [{ path, fileName }], fileName, folder, {
    encoding: map.encoding,
    signal,
  })
  if (joined && 'id' in joined) return joined
  const { encoding: _, ...others } = map
  return inspect(
    joined?.path ?? path,
    fileName,
    joined ? others : map, // what is joined is UTF-8
    workspace.calendar.timeZone,
    (headers, kind) => rememberedMapping(workspace.engine, headers, kind),
    (await identityRule(workspace.engine)).kinds,
    joined?.tables,
  )
}

/** The kinds of file that may say all there is of what they name. */
const replacing: readonly ImportKind[] = [
  'orders',
  'refunds',
  ...allKinds.filter(({ replaces }) => replaces).map(({ name }) => name),
]

/** Inspects and refuses what can't be imported as it is mapped. */
export async function readyToRead(
  workspace: Workspace,
  order: Pick<ImportOrder, 'path' | 'fileName' | 'together' | 'map' | 'language'> & {
    readonly replace?: boolean
  },
  folder: string,
  signal?: AbortSignal,
): Promise<Readable | Refusal> {
  const readable = await inspectIn(workspace, order, order.map, folder, signal)
  if ('id' in readable) return readable
  const { lacking, questions, headers, map } = readable.inspection
  const open = questions.find((question) => question.kind === 'encoding')
  if (open) return undecidedEncoding(order.fileName, open.readings)
  if (order.replace && !replacing.includes(map.kind))
    return refusal('no-replace', { file: order.fileName, kind: map.kind, kinds: replacing.join(', ') })
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
      columns: identity.map(({ header }) => header).join(', '),
    })
  if (needed.length > 0)
    return refusal(isPartOfOrders(readable.inspection) ? 'part-of-orders' : 'missing-columns', {
      file: order.fileName,
      lacking: { named: needed.map((lack) => lackingWords(readable.mapping.kind, lack)) },
      headers: columnNames(headers),
    })
  const foreign = amountFields
    .map((field) => readable.mapping.columns[field])
    .flatMap((position) => (position === undefined ? [] : [headers[position]!]))
    .find((header) => otherCurrencyOf(header, workspace.currency) !== null)
  if (foreign !== undefined)
    return refusal('other-currency-column', {
      file: order.fileName,
      header: foreign,
      other: otherCurrencyOf(foreign, workspace.currency)!,
      currency: workspace.currency,
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
    })
  return readable
}

/** What a file lacks, for a sentence. */
function lackingWords(kindName: ImportKind, lack: Lack): Said | Words {
  const kind = kindNamed(kindName)
  return kind
    ? kind.fields[lack]!.label
    : { id: `lacking.${lack as 'member' | 'time' | 'amount' | 'refundTime' | 'refundAmount'}` }
}
