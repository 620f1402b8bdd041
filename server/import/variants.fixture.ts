import { random } from '../../fixtures/random.ts'
import { inGb18030 } from './encoding/encoded.fixture.ts'

/** One line of an order, as every variant of the file means it. */
export interface CanonicalLine {
  readonly order: string
  readonly member: string
  /** The wall clock of the file's zone: `2025-03-09 14:05:00`. */
  readonly at: string
  readonly product: string
  readonly quantity: number
  readonly minor: number
}

/** How one variant writes the file. Each dimension is drawn apart from the others. */
export interface Variant {
  readonly encoding: (typeof encodings)[number]
  readonly delimiter: (typeof delimiters)[number]
  readonly quoting: (typeof quotings)[number]
  readonly dates: DateStyle
  readonly numbers: NumberStyle
  readonly container: (typeof containers)[number]
  readonly headers: keyof typeof headerSets
  readonly padding: (typeof paddings)[number]
  readonly lineEnd: (typeof lineEnds)[number]
  readonly dirt: (typeof dirts)[number]
  readonly order: number
}

export const encodings = ['utf-8', 'utf-8 with a mark', 'gb18030', 'windows-1252', 'utf-16'] as const
export const delimiters = [',', '\t', ';', '|'] as const
export const quotings = ['where needed', 'always', 'single'] as const
export const containers = [
  'plain',
  'gzip',
  'zip of two',
  'workbook',
  'workbook of texts',
  'json lines',
] as const
export const paddings = [
  'none',
  'tab before',
  'tab after',
  'apostrophe',
  'dot zero',
  'formula',
  'blanks',
] as const
export const lineEnds = ['\n', '\r\n', '\r'] as const
export const dirts = [
  'none',
  'titles above',
  'trailing comma',
  'nameless column',
  'columns of one name',
  'blank lines',
] as const
export const headerSets = {
  english: ['Order ID', 'Customer ID', 'Order Date', 'Product Name', 'Quantity', 'Amount'],
  snake: ['order_no', 'member_no', 'created_at', 'item_name', 'qty', 'line_total'],
  western: ['Invoice No', 'Card Number', 'Transaction Date', 'Item', 'Units', 'Sales'],
  chinese: ['订单编号', '会员编号', '下单时间', '商品名称', '数量', '实付金额'],
  till: ['小票号', '会员卡号', '交易时间', '品名', '件数', '实收金额'],
} as const

const two = (n: number) => String(n).padStart(2, '0')
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const monthNames =
  'January February March April May June July August September October November December'.split(' ')

interface Clock {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** The instant in UTC. */
  readonly utc: Date
}
const half = ({ hour }: Clock) => (hour < 12 ? 'AM' : 'PM')
const twelve = ({ hour }: Clock) => hour % 12 || 12

/** Shanghai has one offset all year in these years. */
const offsetHours = 8

const serialOf = ({ utc }: Clock) => (utc.getTime() + offsetHours * 3_600_000) / 86_400_000 + 25_569

/** Date styles; those without a time of day keep the day alone. */
export const dateStyles = {
  iso: (c: Clock) =>
    `${c.year}-${two(c.month)}-${two(c.day)} ${two(c.hour)}:${two(c.minute)}:${two(c.second)}`,
  isoMinutes: (c: Clock) => `${c.year}-${two(c.month)}-${two(c.day)} ${two(c.hour)}:${two(c.minute)}`,
  isoT: (c: Clock) =>
    `${c.year}-${two(c.month)}-${two(c.day)}T${two(c.hour)}:${two(c.minute)}:${two(c.second)}`,
  isoZ: (c: Clock) => c.utc.toISOString(),
  isoZone: (c: Clock) =>
    `${c.year}-${two(c.month)}-${two(c.day)}T${two(c.hour)}:${two(c.minute)}:${two(c.second)}+08:00`,
  isoZoneSpaced: (c: Clock) =>
    `${c.year}-${two(c.month)}-${two(c.day)} ${two(c.hour)}:${two(c.minute)}:${two(c.second)} +0800`,
  slashes: (c: Clock) => `${c.year}/${c.month}/${c.day} ${c.hour}:${two(c.minute)}`,
  slashesDay: (c: Clock) => `${c.year}/${c.month}/${c.day}`,
  han: (c: Clock) => `${c.year}年${c.month}月${c.day}日 ${two(c.hour)}:${two(c.minute)}:${two(c.second)}`,
  hanClose: (c: Clock) => `${c.year}年${two(c.month)}月${two(c.day)}日${two(c.hour)}:${two(c.minute)}`,
  hanDay: (c: Clock) => `${c.year}年${c.month}月${c.day}日`,
  hanUnits: (c: Clock) => `${c.year}年${c.month}月${c.day}日 ${c.hour}时${two(c.minute)}分${two(c.second)}秒`,
  hanHalves: (c: Clock) =>
    `${c.year}/${c.month}/${c.day} ${half(c) === 'AM' ? '上午' : '下午'}${twelve(c)}:${two(c.minute)}:${two(c.second)}`,
  hanHalvesAfter: (c: Clock) =>
    `${c.year}-${two(c.month)}-${two(c.day)} ${half(c) === 'AM' ? '上午' : '下午'} ${two(twelve(c))}:${two(c.minute)}`,
  yearHalves: (c: Clock) =>
    `${c.year}-${two(c.month)}-${two(c.day)} ${twelve(c)}:${two(c.minute)}:${two(c.second)} ${half(c)}`,
  american: (c: Clock) => `${c.month}/${c.day}/${c.year} ${c.hour}:${two(c.minute)}`,
  americanHalves: (c: Clock) =>
    `${two(c.month)}/${two(c.day)}/${c.year} ${twelve(c)}:${two(c.minute)}:${two(c.second)} ${half(c)}`,
  americanClose: (c: Clock) =>
    `${c.month}/${c.day}/${c.year}, ${twelve(c)}:${two(c.minute)}${half(c).toLowerCase()}`,
  americanShort: (c: Clock) => `${c.month}/${c.day}/${String(c.year).slice(2)} ${c.hour}:${two(c.minute)}`,
  british: (c: Clock) =>
    `${two(c.day)}/${two(c.month)}/${c.year} ${two(c.hour)}:${two(c.minute)}:${two(c.second)}`,
  german: (c: Clock) => `${c.day}.${c.month}.${c.year} ${two(c.hour)}:${two(c.minute)}`,
  germanShort: (c: Clock) => `${two(c.day)}.${two(c.month)}.${String(c.year).slice(2)}`,
  dashes: (c: Clock) => `${two(c.day)}-${two(c.month)}-${c.year} ${two(c.hour)}:${two(c.minute)}`,
  compact: (c: Clock) => `${c.year}${two(c.month)}${two(c.day)}`,
  compactTime: (c: Clock) =>
    `${c.year}${two(c.month)}${two(c.day)}${two(c.hour)}${two(c.minute)}${two(c.second)}`,
  compactSpaced: (c: Clock) =>
    `${c.year}${two(c.month)}${two(c.day)} ${two(c.hour)}:${two(c.minute)}:${two(c.second)}`,
  named: (c: Clock) => `${c.day} ${months[c.month - 1]} ${c.year} ${two(c.hour)}:${two(c.minute)}`,
  namedFirst: (c: Clock) =>
    `${months[c.month - 1]} ${c.day}, ${c.year} ${twelve(c)}:${two(c.minute)} ${half(c)}`,
  namedWhole: (c: Clock) => `${monthNames[c.month - 1]} ${c.day}, ${c.year}`,
  namedShort: (c: Clock) => `${two(c.day)}-${months[c.month - 1]}-${String(c.year).slice(2)}`,
  weekday: (c: Clock) =>
    `${'Sun Mon Tue Wed Thu Fri Sat'.split(' ')[new Date(c.utc.getTime() + offsetHours * 3_600_000).getUTCDay()]}, ${c.day} ${months[c.month - 1]} ${c.year} ${two(c.hour)}:${two(c.minute)}:${two(c.second)}`,
  epochSeconds: (c: Clock) => String(c.utc.getTime() / 1000),
  epochMilliseconds: (c: Clock) => String(c.utc.getTime()),
  serial: (c: Clock) => String(Number(serialOf(c).toFixed(9))),
  serialDay: (c: Clock) => String(Math.floor(serialOf(c))),
} as const
export type DateStyle = keyof typeof dateStyles

/** Styles that tell the day and no time of it. */
export const dayStyles: readonly DateStyle[] = [
  'slashesDay',
  'hanDay',
  'germanShort',
  'compact',
  'namedWhole',
  'namedShort',
  'serialDay',
]
/** Styles without seconds are exact: every canonical time is at a full minute. */

const grouped = (whole: string, mark: string) => whole.replace(/\B(?=(\d{3})+$)/g, mark)
const parts = (minor: number) => {
  const digits = String(Math.abs(minor)).padStart(3, '0')
  return { sign: minor < 0 ? '-' : '', whole: digits.slice(0, -2), cents: digits.slice(-2) }
}
const wide = (text: string) =>
  text.replace(/[0-9.,-]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0))

export const numberStyles = {
  plain: (n: number) => `${parts(n).sign}${parts(n).whole}.${parts(n).cents}`,
  shortest: (n: number) => String(n / 100),
  threeDecimals: (n: number) => `${parts(n).sign}${parts(n).whole}.${parts(n).cents}0`,
  yuan: (n: number) => `${parts(n).sign}￥${grouped(parts(n).whole, ',')}.${parts(n).cents}`,
  yen: (n: number) => `¥${parts(n).sign}${parts(n).whole}.${parts(n).cents}`,
  yuanSpaced: (n: number) => `¥ ${parts(n).sign}${grouped(parts(n).whole, ',')}.${parts(n).cents}`,
  suffixed: (n: number) => `${parts(n).sign}${parts(n).whole}.${parts(n).cents}元`,
  code: (n: number) => `CNY ${parts(n).sign}${grouped(parts(n).whole, ',')}.${parts(n).cents}`,
  codeAfter: (n: number) => `${parts(n).sign}${parts(n).whole}.${parts(n).cents} RMB`,
  comma: (n: number) => `${parts(n).sign}${grouped(parts(n).whole, '.')},${parts(n).cents}`,
  commaPlain: (n: number) => `${parts(n).sign}${parts(n).whole},${parts(n).cents}`,
  spaces: (n: number) => `${parts(n).sign}${grouped(parts(n).whole, '\u00a0')},${parts(n).cents}`,
  narrowSpaces: (n: number) => `${parts(n).sign}${grouped(parts(n).whole, '\u202f')},${parts(n).cents}`,
  swiss: (n: number) => `${parts(n).sign}${grouped(parts(n).whole, '’')}.${parts(n).cents}`,
  brackets: (n: number) => {
    const text = `${grouped(parts(n).whole, ',')}.${parts(n).cents}`
    return n < 0 ? `(${text})` : text
  },
  bracketsSign: (n: number) => {
    const text = `¥${grouped(parts(n).whole, ',')}.${parts(n).cents}`
    return n < 0 ? `(${text})` : text
  },
  trailingMinus: (n: number) => `${grouped(parts(n).whole, ',')}.${parts(n).cents}${parts(n).sign}`,
  trueMinus: (n: number) => `${n < 0 ? '\u2212' : ''}${parts(n).whole}.${parts(n).cents}`,
  fullWidth: (n: number) => wide(`${parts(n).sign}${parts(n).whole}.${parts(n).cents}`),
  fullWidthGrouped: (n: number) =>
    `￥${wide(`${parts(n).sign}${grouped(parts(n).whole, ',')}.${parts(n).cents}`)}`,
} as const
export type NumberStyle = keyof typeof numberStyles

/** A small shop: orders of one to three lines, long and short ids, members who come back, credit notes. */
export function canonicalLines(seed: number, western: boolean): CanonicalLine[] {
  const draw = random(seed)
  const products = western
    ? ['Café crème', 'Mug, large', 'Müsli "Alpen"', 'Plain tea', 'Jalapeño\nsauce']
    : ['桂花乌龙', '茶罐, 大', '奶粉 "A" 900g', 'Plain tea', '礼盒\n（双层）']
  const members = ['17850', '0042', '202605252205430653', 'VIP-7', '13900000001', '88']
  return Array.from({ length: 40 }, (_, i) => {
    const order = [`20260525220543${String(10_000_000 + i)}`, `E${900 + i}`, String(5000 + i)][i % 3]!
    const member = members[draw.below(members.length)]!
    const day = 1 + ((i * 7) % 28)
    const at = `2025-${two(1 + (i % 9))}-${two(day)} ${two(draw.below(24))}:${two(draw.below(60))}:00`
    const credit = i % 13 === 12
    return Array.from({ length: credit ? 1 : 1 + draw.below(3) }, (): CanonicalLine => {
      const minor = draw.chance(200) ? 100_000 + draw.below(1_000_000) : 1 + draw.below(60_000)
      return {
        order,
        member,
        at,
        product: products[draw.below(products.length)]!,
        quantity: 1 + draw.below(4),
        minor: credit ? -minor : minor,
      }
    })
  }).flat()
}

const clockOf = (at: string): Clock => {
  const [year, month, day, hour, minute, second] = at.split(/[- :]/).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return {
    year,
    month,
    day,
    hour,
    minute,
    second,
    utc: new Date(Date.UTC(year, month - 1, day, hour - offsetHours, minute, second)),
  }
}

const padded = (value: string, padding: Variant['padding']): string => {
  switch (padding) {
    case 'tab before':
      return `\t${value}`
    case 'tab after':
      return `${value}\t`
    case 'apostrophe':
      return `'${value}`
    case 'dot zero':
      return /^[1-9]\d*$/.test(value) && value.length < 15 ? `${value}.0` : value
    case 'formula':
      return `="${value}"`
    case 'blanks':
      return ` ${value}\u3000`
    default:
      return value
  }
}

/** The header and the rows of a variant as texts; which columns are which is decided by `order`. */
export function table(lines: readonly CanonicalLine[], variant: Variant): string[][] {
  const shuffled = shuffle([0, 1, 2, 3, 4, 5], variant.order)
  const put = (values: readonly string[]) => shuffled.map((position) => values[position]!)
  const header = put([...headerSets[variant.headers]])
  const rows = lines.map(({ order, member, at, product, quantity, minor }) =>
    put([
      padded(order, variant.padding),
      padded(member, variant.padding),
      dateStyles[variant.dates](clockOf(at)),
      product,
      variant.numbers.startsWith('fullWidth') ? wide(String(quantity)) : String(quantity),
      numberStyles[variant.numbers](minor),
    ]),
  )
  switch (variant.dirt) {
    case 'trailing comma':
      return [header, ...rows.map((row) => [...row, ''])]
    case 'nameless column':
      return [[...header, ''], ...rows.map((row) => [...row, 'x'])]
    case 'columns of one name':
      return [['Note', ...header, 'Note'], ...rows.map((row) => ['a', ...row, 'b'])]
    case 'titles above':
      return [['Report'], ['2026-01-01', 'all stores'], [], header, ...rows]
    case 'blank lines':
      return [header, ...rows.flatMap((row, i) => (i % 7 === 3 ? [[], row] : [row]))]
    default:
      return [header, ...rows]
  }
}

export function shuffle<T>(values: readonly T[], seed: number): T[] {
  const draw = random(seed)
  const left = [...values]
  return values.map(() => left.splice(draw.below(left.length), 1)[0]!)
}

/** Delimited text of a table. */
export function delimited(
  rows: readonly (readonly string[])[],
  { delimiter, quoting, lineEnd }: Variant,
): string {
  const cell = (value: string) =>
    quoting === 'single'
      ? `'${value.replaceAll("'", "''")}'`
      : quoting === 'always' || value.includes(delimiter) || /["\n\r]/.test(value)
        ? `"${value.replaceAll('"', '""')}"`
        : value
  return rows.map((row) => row.map(cell).join(delimiter) + lineEnd).join('')
}

const western = new Map(
  Array.from({ length: 256 }, (_, byte) => [
    new TextDecoder('windows-1252').decode(Uint8Array.of(byte)),
    byte,
  ]),
)

export function encoded(text: string, encoding: Variant['encoding']): Uint8Array {
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(text)
    case 'utf-8 with a mark':
      return Buffer.from(`\ufeff${text}`)
    case 'gb18030':
      return inGb18030(text)
    case 'utf-16':
      return Buffer.from(`\ufeff${text}`, 'utf16le')
    case 'windows-1252':
      return Uint8Array.from([...text].map((character) => western.get(character)!))
  }
}

const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll('\r', '&#13;')

const letters = (column: number): string =>
  (column < 26 ? '' : letters(Math.floor(column / 26) - 1)) + String.fromCharCode(65 + (column % 26))

/** Rows of a sheet: as texts, or numbers and dates as a spreadsheet stores them where the text is one. */
export function sheetRows(rows: readonly (readonly string[])[], typed: boolean): string {
  return rows
    .map((row, i) => {
      const cells = row.map((value, column) => {
        const at = `r="${letters(column)}${i + 1}"`
        if (value === '') return ''
        if (typed && /^-?(0|[1-9]\d{0,13})(\.\d+)?$/.test(value)) return `<c ${at}><v>${value}</v></c>`
        return `<c ${at} t="inlineStr"><is><t xml:space="preserve">${escapeXml(value)}</t></is></c>`
      })
      return `<row r="${i + 1}">${cells.join('')}</row>`
    })
    .join('')
}

/** A JSON object a row; numbers where the text is one that a program writes as such. */
export function jsonRows([header, ...rows]: readonly (readonly string[])[]): string {
  return rows
    .map((row) => {
      const entries = header!.map((name, i) => {
        const value = row[i] ?? ''
        const isNumber = /^-?(0|[1-9]\d*)(\.\d+)?$/.test(value)
        return `${JSON.stringify(name)}: ${isNumber ? value : JSON.stringify(value)}`
      })
      return `{${entries.join(', ')}}\n`
    })
    .join('')
}
