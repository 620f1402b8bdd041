import { identityRule } from '../../identity/rule.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import type { Encoding } from '../encoding/encoding.ts'
import { personValues, plainHeader } from '../columns/fields.ts'
import type { ImportKind } from '../import-kinds.ts'
import { inspect, sampleOf } from '../inspect.ts'
import { kindsOf } from '../columns/kind-of.ts'
import { mayMean } from '../kinds/mapping.ts'
import { tags } from '../kinds/tags.ts'
import type { MapOverrides } from '../columns/mapping.ts'
import { UnreadableRecord } from '../reading/records.ts'
import { Stopped } from '../refusal.ts'
import { rememberedMapping } from '../columns/remembered.ts'
import { openSource } from '../reading/source.ts'
import type { GivenFile, Part, Parts } from './joined.ts'

/** Of a file that is read twice: what its members are, and which tags they have. */
export const membersPart = 'members'
const tagsPart = (part: string) => `${part}#tags`

/** What tells whose a row is, by the names of fields in files of members and of tags alike. */
const identityFields = ['memberId', ...personValues] as const

/** What was said of who the rows of a file of members are, and of its letters: it holds for their tags too. */
export function saidOfTags(map: MapOverrides): MapOverrides {
  const columns = identityFields.flatMap((field) => {
    const column = map.columns?.[field]
    return column === undefined ? [] : [[field, column] as const]
  })
  return {
    ...(columns.length === 0 ? {} : { columns: Object.fromEntries(columns) }),
    ...(map.encoding === undefined ? {} : { encoding: map.encoding }),
  }
}

/**
 * Customer exports tell members and, in a column beside them, their tags: the file gives a part for each. `found`: what the files
 * are otherwise; null: one table. Answers it as it is where no file of members has tags.
 */
export async function withTagsOfMembers(
  workspace: Workspace,
  found: Parts | null,
  given: GivenFile,
  encoding: Encoding | undefined,
): Promise<Parts | null> {
  if (!found) {
    const told = await tagsIn(workspace, { ...given, sheet: null, tables: null }, encoding)
    if (!told) return null
    const part: Omit<Part, 'part' | 'kind'> = {
      fileName: given.fileName,
      names: [given.fileName],
      rows: told.rows,
      path: given.path,
      sheet: null,
      tables: null,
      encoding: encoding ?? null,
      begins: [],
      refusal: null,
    }
    const members: Part = { ...part, part: membersPart, kind: 'members', map: { kind: 'members' } }
    return { place: given.path, parts: [members, tagsOf(members, told.map)], unused: [], open: [] }
  }
  const added: Part[] = []
  for (const part of found.parts) {
    if (part.kind !== 'members' || part.refusal) continue
    const told = await tagsIn(workspace, part, part.encoding ?? encoding)
    if (told) added.push(tagsOf(part, told.map))
  }
  if (added.length === 0) return found
  const [first, ...others] = found.parts
  // they name members: after these and whatever comes before what names them
  const at = others.findLastIndex(({ kind }) => earlierKinds.includes(kind)) + 1
  return { ...found, parts: [first, ...others.slice(0, at), ...added, ...others.slice(at)] }
}

const earlierKinds: readonly ImportKind[] = ['orders', 'members', 'products']

const tagsOf = (members: Part, map: MapOverrides): Part => ({
  ...members,
  part: tagsPart(members.part),
  kind: 'tags',
  map,
  ofMembers: members.part,
})

/** How the tags of a file of members are read; null: it has none, or is none. */
async function tagsIn(
  { engine, calendar: { timeZone } }: Workspace,
  { path, fileName, sheet, tables }: Pick<Part, 'path' | 'fileName' | 'sheet' | 'tables'>,
  encoding: Encoding | undefined,
): Promise<{ map: MapOverrides; rows: number | null } | null> {
  try {
    const opening = await openSource(path, fileName, { sheet, said: encoding, isJoined: tables !== null })
    const { sample } = await sampleOf(opening, fileName)
    const { headers, records } = sample
    if (!headers.some((header) => mayMean(tags.fields.tag, plainHeader(header)))) return null
    // who took such a file for something else means it this time too
    const last = await rememberedMapping(engine, headers)
    if ((last?.map.kind ?? kindsOf(sample, {}).kinds[0]) !== 'members') return null
    const read = async (said: MapOverrides) => {
      const inspected = await inspect(
        path,
        fileName,
        encoding ? { ...said, encoding } : said,
        timeZone,
        (names, kind) => rememberedMapping(engine, names, kind),
        (await identityRule(engine)).kinds,
        tables,
        sheet,
      )
      return 'id' in inspected ? null : inspected
    }
    const members = await read({ kind: 'members' })
    if (!members) return null
    const ofMembers = members.inspection.map
    const said: MapOverrides = {
      kind: 'tags',
      columns: {
        ...Object.fromEntries(identityFields.map((field) => [field, ofMembers.columns[field] ?? null])),
        // what else is said of a member's days and groups is not the tag's
        addedOn: null,
        group: null,
      },
      timeZone: ofMembers.timeZone,
    }
    const position = (await read(said))?.mapping.columns.tag
    if (position === undefined || Object.values(members.mapping.columns).includes(position)) return null
    const { whole, sampled } = members.inspection
    const some = records.some((record) => (record[position] ?? '').trim() !== '')
    if (whole && !some) return null
    return { map: said, rows: whole ? sampled : null }
  } catch (error) {
    // what is wrong with a file is said when it is read
    if (error instanceof Stopped || error instanceof UnreadableRecord) return null
    throw error
  }
}
