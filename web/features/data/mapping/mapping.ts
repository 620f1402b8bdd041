import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import type { AnyField } from '../../../../server/import/import-kinds.ts'
import type { MapOverrides } from '../../../../server/import/columns/mapping.ts'
import type { AppRouter } from '../../../../server/router.ts'

export type InspectedFile = inferRouterOutputs<AppRouter>['imports']['inspect']
/** What was said that tables of one upload are written in, by their parts. */
export type SaidEncodings = { readonly parts: Record<string, InspectedFile['encoding']> }
/** What an import, or several together, is begun with. */
export type StartOrder = inferRouterInputs<AppRouter>['imports']['start']
export type Field = AnyField
/** A kind of file besides orders and members. */
export type FurtherKind = inferRouterOutputs<AppRouter>['imports']['kinds'][number]

/** What every part of the mapping is given: the file, what was said of it, and whom to tell what is said next. */
export interface Editing {
  file: InspectedFile
  map: MapOverrides
  onChange: (map: MapOverrides) => void
}

export interface OfKind {
  /** The file's kind where it is neither of orders nor of members. */
  further: FurtherKind | undefined
}

/** What encodings call themselves, in every language. */
export const encodingNames = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16',
  'utf-16be': 'UTF-16',
  gb18030: 'GB18030',
  big5: 'Big5',
  'euc-jp': 'EUC-JP',
  'euc-kr': 'EUC-KR',
  shift_jis: 'Shift_JIS',
  'windows-1250': 'Windows-1250',
  'windows-1251': 'Windows-1251',
  'windows-1252': 'Windows-1252',
  'windows-1253': 'Windows-1253',
  'windows-1254': 'Windows-1254',
  'windows-1255': 'Windows-1255',
  'windows-1256': 'Windows-1256',
  'windows-874': 'Windows-874',
  macintosh: 'Mac Roman',
} as const satisfies Record<InspectedFile['encoding'], string>

/** What may tell members apart. */
export const identityFields = ['memberId', 'phone', 'openid', 'email'] as const satisfies readonly Field[]
type IdentityField = (typeof identityFields)[number]
const isIdentity = (field: Field): field is IdentityField =>
  (identityFields as readonly Field[]).includes(field)

/** Of what was said of a file of members: what holds for the tags beside them too. */
export function whoseColumns({ columns = {}, encoding }: MapOverrides): MapOverrides {
  const said = identityFields.flatMap((field) =>
    columns[field] === undefined ? [] : [[field, columns[field]] as const],
  )
  return {
    ...(said.length === 0 ? {} : { columns: Object.fromEntries(said) }),
    ...(encoding === undefined ? {} : { encoding }),
  }
}

/** What a column may mean, as the list offers it. */
export const fieldOrder = [
  ...identityFields,
  'quantity',
  'sku',
  'product',
  'category',
  'store',
  'channel',
  'region',
  'state',
  'orderedAt',
  'timeOfDay',
  'paidAt',
  'refundAmount',
  'chargedTotal',
  'refundedAt',
  'refundState',
  'refundsOrderId',
  'discount',
  'listPrice',
  'currency',
  'cancelled',
  'topUp',
  'tax',
  'shipping',
  'balancePaid',
] as const satisfies readonly Field[]

/** The same of a file of refunds. */
export const refundFieldOrder = [
  'refundId',
  'state',
  'reason',
  'store',
  'channel',
  'sku',
  'product',
  'currency',
] as const satisfies readonly Field[]

/** The same of a file of members. */
export const memberFieldOrder = [
  'name',
  'familyName',
  'nickname',
  'phone',
  'openid',
  'email',
  'gender',
  'birthday',
  'joinedAt',
  'region',
  'channel',
  'tier',
  'points',
  'storedValue',
  'consent',
  'consentAt',
] as const satisfies readonly Field[]

const amounts = ['amount', 'orderTotal', 'unitPrice'] as const
const times = ['orderedAt', 'paidAt'] as const

/** All orders of the file are guests', because the merchant said so of it or of the last one like it. */
export const isGuestsAlone = ({ map, identity }: InspectedFile): boolean =>
  map.kind === 'orders' && map.columns.memberId === null && identity.length === 0

/** Something of it is still to be said before it can be imported. */
export const isOpen = (file: InspectedFile, map: MapOverrides): boolean =>
  file.lacking.some((lack) => lack !== 'member' || !isGuestsAlone(file)) ||
  file.questions.length > 0 ||
  file.otherCurrency?.said === 'header' ||
  isOfNoKind(file, map) ||
  (file.otherKinds.length > 0 && map.kind === undefined)

/** Why every row that was looked at would be refused, and by which column. */
export function everyRowRefused(
  file: InspectedFile,
  further?: OfKind['further'],
): { why: 'masked' | 'currency' | 'unread'; header: string } | null {
  const { identity, otherCurrency } = file
  const { kind } = file.map
  if (
    (kind === 'orders' || kind === 'members') &&
    identity.length > 0 &&
    identity.every(({ values, hidden }) => values > 0 && values === hidden)
  )
    return { why: 'masked', header: identity[0]!.header }
  if (otherCurrency?.said === 'values') return { why: 'currency', header: otherCurrency.header }
  const unread = neededRows(file, further).find(
    ({ column, optional }) => !optional && column?.unread && column.unread.values === column.unread.of,
  )
  return unread ? { why: 'unread', header: unread.column!.header } : null
}

/** Its columns speak for no kind, and nobody has said which it is. */
export const isOfNoKind = (file: InspectedFile, map: MapOverrides): boolean =>
  file.fitsNone && map.kind === undefined

/** The first column that tells members apart; one that the file has no value of tells nobody so far. */
const firstTelling = ({ identity }: InspectedFile) => identity.find(({ values }) => values > 0) ?? identity[0]

export interface NeededRow {
  readonly row:
    | 'member'
    | 'time'
    | 'amount'
    | 'order'
    | 'refundTime'
    | 'refundAmount'
    | 'refundOrder'
    | 'field'
  /** Of a further kind: what the field is called. */
  readonly label?: string
  readonly field: Field
  /** Of the member of a further kind: the field of the number. */
  readonly number?: Field
  readonly column: InspectedFile['columns'][number] | undefined
  readonly times?: string | undefined
  /** Of a further kind: rows without it are taken too. */
  readonly optional?: boolean
}

/** The columns that the merchant confirms, four of orders and of refunds, one of members, those that tell the rows of a further kind, with what the file offers for each. */
export function neededRows(file: InspectedFile, kind: FurtherKind | undefined): NeededRow[] {
  const of = (field: Field) => file.columns.find((column) => column.field === field)
  if (kind)
    return kind.fields
      .filter(({ asked }) => asked)
      .map(({ name, label, needed, tellsMember }) => {
        const number = name as Field
        const optional = !needed
        if (!tellsMember) return { row: 'field', field: number, label, column: of(number), optional }
        const first = firstTelling(file)
        const field = first && first.kind !== 'id' ? first.kind : number
        return { row: 'member', field, column: of(field), number, optional }
      })
  const amount = amounts.find((field) => of(field)) ?? 'amount'
  const time = times.find((field) => of(field)) ?? 'orderedAt'
  // The first of what tells members apart; the panel names the others.
  const first = firstTelling(file)
  const column = first && file.columns.find(({ position }) => position === first.position)
  const field = first && first.kind !== 'id' ? first.kind : 'memberId'
  const member = { row: 'member', field, column } as const
  if (file.map.kind === 'members') return [member]
  if (file.map.kind === 'refunds')
    return [
      { row: 'refundTime', field: 'refundedAt', column: of('refundedAt') },
      { row: 'refundAmount', field: 'amount', column: of('amount') },
      { row: 'refundOrder', field: 'orderId', column: of('orderId') },
      member,
    ]
  return [
    member,
    { row: 'time', field: time, column: of(time) },
    {
      row: 'amount',
      field: amount,
      column: of(amount),
      times: amount === 'unitPrice' ? of('quantity')?.header : undefined,
    },
    { row: 'order', field: 'orderId', column: of('orderId') },
  ]
}

/** The map with a field put on a column, or taken off with null. A column means one thing, an amount is of one kind. */
export function withColumn(
  map: MapOverrides,
  file: InspectedFile,
  field: Field,
  position: number | null,
): MapOverrides {
  const columns: Partial<Record<Field, string | number | null>> = { ...map.columns }
  const before = file.columns.find((column) => column.position === position)?.field
  // Nobody says that there are no members by saying that a number is a phone.
  if (before === 'memberId' && isIdentity(field)) delete columns.memberId
  else if (before && before !== field) columns[before] = null
  if (file.map.kind === 'orders' && (amounts as readonly Field[]).includes(field))
    for (const other of amounts) columns[other] = null
  columns[field] = position === null ? null : position + 1
  return { ...map, columns: columns as NonNullable<MapOverrides['columns']> }
}

/**
 * The map with a column chosen for the member. One of orders that is read as a phone or the like tells who people are
 * as that, with what is asked after it, once no number does.
 */
export function withMember(
  map: MapOverrides,
  file: InspectedFile,
  field: Field,
  position: number | null,
): MapOverrides {
  const place = file.identity.findIndex((one) => one.position === position && one.kind !== 'id')
  if (file.map.kind !== 'orders' || field !== 'memberId' || place < 0)
    return withColumn(map, file, field, position)
  const { columns } = withoutMembers(map)
  const told = file.identity
    .slice(place)
    .flatMap((one) => (one.kind === 'id' ? [] : [[one.kind, one.position + 1] as const]))
  return { ...map, columns: { ...columns, ...Object.fromEntries(told) } }
}

/** The map of a file whose orders are all guests'. */
export const withoutMembers = (map: MapOverrides): MapOverrides => ({
  ...map,
  columns: {
    ...Object.fromEntries(Object.entries(map.columns ?? {}).filter(([field]) => !isIdentity(field as Field))),
    memberId: null,
  },
})

/** The day that a date of three numbers is, read in an order; null: it is written otherwise. ISO text. */
export function dayIn(sample: string, order: 'day-first' | 'month-first'): string | null {
  const [, first, second, year] = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)/.exec(sample) ?? []
  if (!first || !second || !year) return null
  const [day, month] = order === 'day-first' ? [first, second] : [second, first]
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}
