import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { cases } from '../../fixtures/cases.ts'
import { workbook, zipped } from './containers/archive.fixture.ts'
import { openTestShop, type TestShop } from './test-shop.ts'
import {
  canonicalLines,
  type CanonicalLine,
  containers,
  dateStyles,
  type DateStyle,
  dayStyles,
  delimited,
  delimiters,
  dirts,
  encoded,
  encodings,
  headerSets,
  jsonRows,
  lineEnds,
  numberStyles,
  type NumberStyle,
  paddings,
  quotings,
  sheetRows,
  shuffle,
  table,
  type Variant,
} from './variants.fixture.ts'

const variantsOf = (count: number, seed: number): Variant[] => {
  /** Every value of a dimension in turn, in an order of its own. */
  const turns = <T>(values: readonly T[], salt: number): T[] =>
    Array.from({ length: Math.ceil(count / values.length) }, (_, round) =>
      shuffle(values, seed * 1009 + salt * 97 + round),
    ).flat()
  const encoding = turns(encodings, 1)
  const delimiter = turns(delimiters, 2)
  const quoting = turns(quotings, 3)
  const dates = turns(Object.keys(dateStyles) as DateStyle[], 4)
  const numbers = turns(Object.keys(numberStyles) as NumberStyle[], 5)
  const container = turns(containers, 6)
  const headers = turns(Object.keys(headerSets) as (keyof typeof headerSets)[], 7)
  const padding = turns(paddings, 8)
  const lineEnd = turns(lineEnds, 9)
  const dirt = turns(dirts, 10)
  return Array.from({ length: count }, (_, i) =>
    possible({
      encoding: encoding[i]!,
      delimiter: delimiter[i]!,
      quoting: quoting[i]!,
      dates: dates[i]!,
      numbers: numbers[i]!,
      container: container[i]!,
      headers: headers[i]!,
      padding: padding[i]!,
      lineEnd: lineEnd[i]!,
      dirt: dirt[i]!,
      order: seed * 1000 + i,
    }),
  )
}

/** Without what no program writes: Han in Windows-1252, titles in JSON Lines. */
function possible(variant: Variant): Variant {
  const isWestern = variant.encoding === 'windows-1252'
  const packed = variant.container.startsWith('workbook') || variant.container === 'json lines'
  return {
    ...variant,
    // Refused with a sentence: such parts can't be put together.
    container:
      variant.container === 'zip of two' && variant.encoding === 'utf-16' ? 'plain' : variant.container,
    headers: isWestern && /chinese|till/.test(variant.headers) ? 'western' : variant.headers,
    dates: isWestern && variant.dates.startsWith('han') ? 'british' : variant.dates,
    numbers:
      isWestern && /^(yuan|suffixed|fullWidth|narrow|trueMinus)/.test(variant.numbers)
        ? 'comma'
        : variant.numbers,
    padding: isWestern && variant.padding === 'blanks' ? 'apostrophe' : variant.padding,
    delimiter:
      variant.delimiter === '\t' && variant.padding.startsWith('tab') && variant.quoting !== 'always'
        ? ';'
        : variant.delimiter,
    dirt:
      (variant.container === 'json lines' && variant.dirt !== 'none') ||
      (variant.container === 'zip of two' && variant.dirt === 'titles above') ||
      (packed && variant.dirt === 'columns of one name')
        ? 'none'
        : variant.dirt,
  }
}

function write(shop: TestShop, lines: readonly CanonicalLine[], variant: Variant): string {
  const rows = table(lines, variant)
  const text = (part: string[][]) => encoded(delimited(part, variant), variant.encoding)
  // between two orders: of one that is cut apart the second file tells less
  const cut = lines.findIndex(({ order }, at) => at >= 30 && order !== lines[at - 1]!.order) + 1
  switch (variant.container) {
    case 'plain':
      return shop.file('orders.csv', text(rows))
    case 'gzip':
      return shop.file('orders.csv.gz', gzipSync(text(rows)))
    case 'zip of two':
      return shop.file(
        'orders.zip',
        zipped({ '订单1.csv': text(rows.slice(0, cut)), '订单2.csv': text([rows[0]!, ...rows.slice(cut)]) }),
      )
    case 'workbook':
      return shop.file('orders.xlsx', workbook(sheetRows(rows, true)))
    case 'workbook of texts':
      return shop.file('orders.xlsx', workbook(sheetRows(rows, false)))
    case 'json lines':
      return shop.file('orders.jsonl', jsonRows(rows))
  }
}

/** What the file means: an order is its lines' sum, what is negative was given back on its day. */
function meant(lines: readonly CanonicalLine[], { dates }: Variant): string[] {
  const orders = new Map<string, { member: string; at: string; minor: number }>()
  for (const { order, member, at, minor } of lines) {
    const known = orders.get(order)
    orders.set(order, { member, at, minor: (known?.minor ?? 0) + minor })
  }
  return [...orders]
    .map(([order, { member, at, minor }]) =>
      [order, member, dayStyles.includes(dates) ? `${at.slice(0, 10)} 00:00:00` : at, minor].join(' '),
    )
    .toSorted()
}

const read = async ({ workspace }: TestShop): Promise<string[]> =>
  (
    await workspace.engine.rows(sql`
      select order_id, member_id, strftime(timezone('Asia/Shanghai', timezone('UTC', ordered_at)), '%Y-%m-%d %H:%M:%S') as at,
        orders.net_minor - coalesce((select sum(amount_minor) from refunds where refunds.order_key = orders.order_key), 0) as minor
      from orders left join members using (member_key)
      union all
      select split_part(refund_id, '/', 1), member_id, strftime(timezone('Asia/Shanghai', timezone('UTC', refunded_at)), '%Y-%m-%d %H:%M:%S'),
        -amount_minor
      from refunds left join members on members.member_key = refunds.member_key where order_key is null`)
  )
    .map(({ orderId, memberId, at, minor }) => [orderId, memberId, at, minor].join(' '))
    .toSorted()

// every way of writing a day, of which there are the most, once
const count = cases(Object.keys(dateStyles).length)
const seed = 2

test(
  `${count} writings of one file give the same orders, members and amounts`,
  { timeout: 1_200_000 },
  async () => {
    const wrong: unknown[] = []
    for (const variant of variantsOf(count, seed)) {
      const lines = canonicalLines(seed, variant.encoding === 'windows-1252')
      await using shop = await openTestShop('CNY', 'Asia/Shanghai')
      const receipt = await shop.import(write(shop, lines, variant))
      if ('id' in receipt) {
        wrong.push({ variant, refused: receipt })
        continue
      }
      const expected = meant(lines, variant)
      const found = await read(shop)
      if (receipt.refused > 0 || JSON.stringify(found) !== JSON.stringify(expected))
        wrong.push({
          variant,
          refused: receipt.reasons,
          missing: expected.filter((order) => !found.includes(order)).slice(0, 3),
          added: found.filter((order) => !expected.includes(order)).slice(0, 3),
        })
    }
    expect(wrong).toEqual([])
  },
)
