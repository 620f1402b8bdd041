import { join } from 'node:path'
import { openDuckDb } from '../../../analytics/engine/duckdb.ts'
import type { Engine } from '../../../analytics/engine/engine.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { headerDigest } from '../reading/header-digest.ts'
import type { FileBegin } from '../reading/file-begins.ts'
import type { BrokenRecord } from '../reading/records.ts'
import { type Refusal, undecidedEncoding } from '../refusal.ts'
import { isOrderKey, isWhole, type Link, mayJoin, planJoin, type TableFacts, whyUnused } from './plan.ts'
import type { JoinedTables, Part } from './joined.ts'
import { order, options, shares, tell } from './join-order.ts'
import {
  type Opened,
  type Unusable,
  type Unreadable,
  isOf,
  aboutMembers,
  refusalOf,
  apart,
} from './opened-table.ts'
import { file, keyIn, shared, shareKeys, startsOf, take, brokenTable } from './table-rows.ts'
import { partsLast, appendParts } from './appended-tables.ts'
import { write } from './joined-file.ts'

/** Of orders and what tells more of them: one table, or why there is none. */
export async function joinedPart(
  usable: readonly Opened[],
  own: ReadonlySet<Opened>,
  {
    unused,
    unreadable,
    nothingElse,
    open,
  }: {
    readonly unused: Unusable[]
    readonly unreadable: readonly Unreadable[]
    readonly nothingElse: boolean
    readonly open: readonly Opened[]
  },
): Promise<Part> {
  const files = new Set(usable.map(({ table }) => table.named.split('/')[0]!))
  const named = order.names.filter((one) => files.has(one))
  const part = {
    part: 'joined',
    // what is joined is packed no more, and an ending in .gz says so of a file
    fileName: named.map((one) => one.replace(/\.gz$/i, '')).join(' + '),
    kind: usable.length === 1 ? usable[0]!.kind : ('orders' as const),
    names: usable.map(({ table }) => table.name),
    path: 'joined.csv',
    sheet: null,
    encoding: null,
    begins: [],
  }
  const not = (refusal: Refusal): Part => ({ ...part, rows: null, tables: null, refusal })
  const [first] = open
  if (first) return not(undecidedEncoding(first.table.named, first.readings))
  const encodings = usable.flatMap(({ headers, encoding }) =>
    encoding === null ? [] : [{ headers: headerDigest(headers), encoding }],
  )
  const before = unused.length
  try {
    const tables = await joined(usable, own, unused, nothingElse)
    const names = [
      tables.base.name,
      ...(tables.appended ?? []).map(({ name }) => name),
      ...tables.joins.map(({ name }) => name),
    ]
    return {
      ...part,
      // beside imports of their own it is called by what is in it alone
      ...(own.size === 0
        ? {}
        : { fileName: nameOf(usable.filter((one) => !own.has(one) && names.includes(one.table.name))) }),
      names,
      rows: tables.base.rows + (tables.added?.rows ?? 0),
      tables: { ...tables, ...(encodings.length > 0 ? { encodings } : {}) },
      refusal: null,
    }
  } catch (error) {
    const refusal = refusalOf(error, { named: order.fileName })
    // they are not left out beside others, but all of them can't be taken
    unused.splice(before)
    return not(refusal.id === 'tables-apart' && unreadable[0] ? unreadable[0].refusal : refusal)
  }
}

const mostNamed = 3

/** What a part is called that tables were joined to: by the file that they lie in, and their names. */
function nameOf(tables: readonly Opened[]): string {
  const named = tables.map(({ table }) => table.named.replace(/\.gz$/i, ''))
  const within = tables[0]!.table.named.split('/')[0]!
  const inOne = named.length > 1 && named.every((one) => one.startsWith(`${within}/`))
  const short = inOne ? named.map((one, at) => (at === 0 ? one : one.slice(within.length + 1))) : named
  const more = short.length - mostNamed
  return [...short.slice(0, mostNamed), ...(more > 0 ? [`(+${more})`] : [])].join(' + ')
}

async function joined(
  usable: readonly Opened[],
  own: ReadonlySet<Opened>,
  unused: Unusable[],
  nothingElse: boolean,
): Promise<JoinedTables> {
  const { opened, bases } = partsLast(usable)
  shareKeys(opened)
  const engine = await openDuckDb(':memory:', {
    threads: order.aside ? 2 : 1,
    memoryLimit: '600MB',
    temporaryFolder: join(order.folder, 'aside'),
  })
  try {
    const broken: (BrokenRecord | undefined)[] = []
    const bytes = opened.reduce((sum, { opening }) => sum + opening.bytes, 0)
    let before = 0
    for (const [at, one] of opened.entries()) {
      broken.push(await take(engine, one, at, (read) => tell((shares.reading * (before + read)) / bytes)))
      before += one.opening.bytes
    }
    const appended = await appendParts(engine, opened, bases, broken)
    if (appended.length > 0) opened.splice(opened.length - bases.length)
    const tables = await Promise.all(
      opened.map(async ({ table, headers, keys }, at) => {
        const counts = await countsOf(engine, keys, at)
        return { name: table.name, headers, keys, ...counts }
      }),
    )
    const links = await linksOf(engine, tables)
    const planned = planJoin(tables, links)
    const base = planned.joins.length > 0 ? planned.base : loneBase(opened, nothingElse)
    const plan = { ...planned, base: base ?? planned.base }
    const used = new Set([plan.base, ...plan.joins.map(({ parent }) => parent)])
    for (const at of tables.keys())
      if (!used.has(at) && !own.has(opened[at]!)) unused.push(whyUnused(tables, links, plan, at))
    if (base === null) throw apart(unused)
    for (const at of used) if (broken[at]) throw brokenTable(opened[at]!, at, broken[at])
    const added = plan.joins.find(({ child, key }) => child === plan.base && isOrderKey(key))
    const { lastLine, rowsAdded, ofOrders } = await write(
      engine,
      opened,
      plan,
      added,
      tables[plan.base]!.rows,
    )
    const joins = []
    for (const link of plan.joins) {
      const { child, parent, key, found } = link
      const [unnamed] = await engine.rows(
        sql`select count(*) as n from ${file(parent)} where ${keyIn(parent, key)} not in (
          select ${keyIn(child, key)} from ${file(child)} where ${keyIn(child, key)} is not null)`,
        options,
      )
      joins.push({
        name: tables[parent]!.name,
        rows: tables[parent]!.rows,
        by: opened[child]!.headers[opened[child]!.keys.indexOf(key)]!,
        child: tables[child]!.name,
        without: tables[child]!.rows - found,
        // rows of a table that comes in by itself too stay out of nothing
        unnamed: link === added || own.has(opened[parent]!) ? 0 : Number(unnamed!.n),
        ...(isOf(opened[parent]!, 'memberId') && !own.has(opened[parent]!)
          ? { ofMembers: aboutMembers(opened[parent]!) }
          : {}),
      })
    }
    const files = startsOf(opened[plan.base]!, plan.base)
    const further: FileBegin[] =
      added && rowsAdded > 0
        ? startsOf(opened[added.parent]!, added.parent).map(({ name, line, own }) => ({
            name,
            line: line + lastLine,
            own,
          }))
        : []
    return {
      firstLine: opened[plan.base]!.opening.firstLine,
      base: { name: tables[plan.base]!.name, rows: tables[plan.base]!.rows },
      ...(files.length > 1 ? { files } : {}),
      ...(joins.length > 0 || files.length > 1 ? { begins: [...files, ...further] } : {}),
      joins,
      ofOrders,
      appended,
      added:
        added && rowsAdded > 0 ? { name: tables[added.parent]!.name, rows: rowsAdded, line: lastLine } : null,
      unused,
      ...(joins.length === 0 && appended.length === 0 ? { alone: formOf(opened[plan.base]!) } : {}),
    }
  } finally {
    await engine.close()
  }
}

const formOf = ({ opening, form }: Opened): JoinedTables['alone'] => ({
  container: opening.container,
  sheet: opening.sheet,
  jsonLines: opening.jsonPaths !== null,
  encoding: opening.encoding,
  delimiter: form.delimiter,
})

/** Where nothing can be joined: the table that is read alone, the only one of orders, else the only one that says when orders were and what they came to. */
function loneBase(opened: readonly Opened[], nothingElse: boolean): number | null {
  const places = [...opened.keys()]
  if (opened.length === 1 && nothingElse) return 0
  const ofOrders = places.filter((at) => opened[at]!.kind === 'orders')
  const whole = ofOrders.filter((at) => isWhole(opened[at]!))
  const candidates = ofOrders.length === 1 && nothingElse ? ofOrders : whole
  return candidates.length === 1 ? candidates[0]! : null
}

async function countsOf(engine: Engine, keys: readonly string[], at: number) {
  const [counted] = await engine.rows(sql`select count(*) as n from ${file(at)}`, options)
  const rows = Number(counted!.n)
  const unique = new Map<string, boolean>()
  for (const key of shared.filter((one) => keys.includes(one))) {
    const [distinct] = await engine.rows(
      sql`select count(*) as n from (select ${keyIn(at, key)} from ${file(at)} where ${keyIn(at, key)} is not null group by all)`,
      options,
    )
    unique.set(key, rows > 0 && Number(distinct!.n) === rows)
  }
  return { rows, unique }
}

/** How many rows of each table find theirs in another one, by every key that could lead there. */
async function linksOf(engine: Engine, tables: readonly TableFacts[]): Promise<Link[]> {
  const links: Link[] = []
  for (const [parent, { unique }] of tables.entries())
    for (const [key, isKey] of unique)
      for (const child of isKey ? tables.keys() : []) {
        if (child === parent || !tables[child]!.unique.has(key)) continue
        if (!mayJoin(tables[child]!, tables[parent]!)) continue
        const value = keyIn(child, key)
        const [counted] = await engine.rows(
          sql`select count(${value}) as filled, count(*) filter (where ${value} in (
            select ${keyIn(parent, key)} from ${file(parent)})) as found from ${file(child)}`,
          options,
        )
        links.push({
          child,
          parent,
          key,
          filled: Number(counted!.filled),
          found: Number(counted!.found),
        })
      }
  return links
}
