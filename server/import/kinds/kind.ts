import type { Session } from '../../../analytics/engine/engine.ts'
import type { Words } from '../../../analytics/schema/described.ts'
import { name, type Sql } from '../../../analytics/sql/sql.ts'
import { type Field, type FieldName, type PersonValue, personValues, plainHeader } from '../columns/fields.ts'
import type { MemberField } from '../members/fields.ts'

/**
 * What a column of a file of a kind can mean. `date`: an instant; `day`: a local day; `number`: a whole number;
 * `decimal`: a number or yes and no as 1 and 0, with six decimals; `amount`: money of the workspace's currency, kept
 * in minor units; `rest`: every column of the file that means nothing else, by its header, as JSON.
 */
export interface KindField {
  readonly type: 'id' | 'date' | 'day' | 'number' | 'decimal' | 'amount' | 'text' | 'rest'
  /** Column of the import table and of the table of current rows. Not `reason`, which says why a row is refused. */
  readonly column: string
  /** Headers as `Field` has them, best first. The field's own name always counts. */
  readonly aliases: readonly string[]
  /** What other headers of such a column end with. */
  readonly endings?: readonly string[]
  readonly label: Words
  /** For who fills in a file: what to write here. */
  readonly meaning: Words
  /** The sentence for a row in which this is empty, which is refused. Without it the field may be empty or have no column. */
  readonly needed?: Words
  /** What the template says here. */
  readonly example: string
  /** A date that may lie in the future. */
  readonly future?: true
  /** Names a member, by any of the member's ids. */
  readonly member?: true
  /** A number that other systems give, which may be the member's own: it goes with a member who is deleted. */
  readonly perhapsMember?: true
  /**
   * Tells who the member is where the row has no number (see `person-fields.ts`): no column of the tables, which
   * have an id that stands for the value in the place of the number.
   */
  readonly tells?: PersonValue
  /** Holds several values, separated by commas, semicolons, bars or 、: each makes a row of its own. */
  readonly separated?: true
  /** Where no column says it, the name of the file does. */
  readonly fromFile?: true
  /** Goes when the member of the row is deleted. */
  readonly personal?: true
}

/** What a file's headers say, for recognising its kind: whether a whole header is an alias of a field. */
export interface Headers<F extends string> {
  has(field: F): boolean
  /** The member's number, or another value that tells who they are. */
  names(field: F): boolean
  order(field: FieldName): boolean
  member(field: MemberField): boolean
  /** Whether one of these, as aliases are written, is a whole header. */
  any(aliases: readonly string[]): boolean
}

/** What a projection changed, whether or not a current row did. */
export interface Projected {
  readonly members: boolean
  /** Orders came to be a member's, or a guest's: the days' sums change. */
  readonly orders: boolean
}

/**
 * A kind of file: all that is particular to it. Reading, mapping, folding, receipt, undoing, template and
 * dictionary, export and deletion of a person follow from this.
 *
 * A row that has all fields of `key` is known by them: of each attribute the newest row that says anything
 * counts, by import, then by line. A row that lacks one is known by the first of `otherKeys` that it has whole. A row
 * that has none, and every row of a kind without keys, is known by its
 * content: rows only add what is not there, as often as the file has them that has most (DEFINITIONS, "rows
 * only add what is not there").
 */
export interface Kind<Name extends string = string, F extends string = string> {
  readonly name: Name
  readonly title: Words
  /** What one row is. */
  readonly about: Words
  readonly fields: Readonly<Record<F, KindField>>
  /** Import table: import_seq, row_number and the fields' columns. In analytics/schema/kind-tables.ts. */
  readonly table: string
  /** Current rows as the live imports fold: the fields' columns alone. */
  readonly current: string
  readonly key: readonly NoInfer<F>[]
  readonly otherKeys?: readonly (readonly NoInfer<F>[])[]
  /** With `--replace` a file is the whole truth for the values that it has in these fields: earlier rows of them go. */
  readonly replaces?: readonly NoInfer<F>[]
  /** Rows make nobody known whom they name: only other data does. */
  readonly namesOnly?: true
  /** What becomes of a deleted member's rows. */
  readonly ofDeleted?: 'pseudonym' | 'gone'
  /** Whether a file with these headers is of this kind. Must not hold for a file of orders or members. */
  recognised(headers: Headers<NoInfer<F>>): boolean
  /** Rows to refuse beyond what types and needed fields say; `when` is SQL over the columns. */
  readonly checks?: readonly {
    readonly reason: string
    readonly field: NoInfer<F>
    readonly when: Sql
    readonly words: Words
  }[]
  /**
   * Writes what the changed rows mean into the base tables, after an import and after its undoing. The temporary
   * tables `kind_before` and `kind_after` hold the touched current rows, `kind_changed` those that came or went.
   * Members whose figures change are to be added to the temporary table `touched_members` (`member_key`).
   */
  project?(session: Session): Promise<Projected | void>
  /** Sentences of the receipt, with `n`, the count of the same name, and all counts by their names. */
  readonly sentences?: Readonly<Record<string, Words>>
  /** Counts for `sentences`, after `project`; those of 0 are kept and not told. `importSeq` is the import's. */
  count?(session: Session, importSeq: number): Promise<Readonly<Record<string, number>>>
  /** What else `sentences` tell: their values, a sentence for each, in this order before the counts. */
  list?(session: Session, importSeq: number): Promise<readonly Listed[]>
}

/** A sentence of a receipt with its values. */
export interface Listed {
  readonly sentence: string
  readonly values: Readonly<Record<string, string | number>>
}

/** A kind with its name and the names of its fields as types. */
export const defineKind = <const Name extends string, const F extends string>(
  kind: Kind<Name, F>,
): Kind<Name, F> => kind

/** The names of a kind's fields, in its order. */
export const fieldsOf = ({ fields }: Kind): [string, KindField][] => Object.entries(fields)

/** The fields that have a column, or a key, of their own name: in templates, in batches. */
export const namedFieldsOf = (kind: Kind): [string, KindField][] =>
  fieldsOf(kind).filter(([, { type }]) => type !== 'rest')

/** The keys of a kind, the first first. */
export const keysOf = ({ key, otherKeys = [] }: Kind): (readonly string[])[] =>
  [key, ...otherKeys].filter((one) => one.length > 0)

/** The fields that the tables of a kind have a column for. */
export const keptFieldsOf = (kind: Kind): [string, KindField][] =>
  fieldsOf(kind).filter(([, { tells }]) => tells === undefined)

/** The columns of the tables of a kind. */
export const columnsOf = (kind: Kind): Sql[] => keptFieldsOf(kind).map(([, { column }]) => name(column))

/** The field that has the member's number; null for a kind whose rows name nobody. Of several the first. */
export const numberField = (kind: Kind): string | null =>
  fieldsOf(kind).find(([, { member }]) => member)?.[0] ?? null

/** Whether the members of a kind's rows are told by a phone, openid or e-mail too. */
export const tellsPeople = (kind: Kind): boolean => Object.hasOwn(kind.fields, personValues[0])

/** Whether columns have what a needed field says: of the member also what tells them. */
export const isSaid = (kind: Kind, field: string, has: (field: string) => boolean): boolean =>
  has(field) || (kind.fields[field]!.member === true && tellsPeople(kind) && personValues.some(has))

/** The columns that name members. */
export const memberColumns = (kind: Kind): Sql[] =>
  fieldsOf(kind)
    .filter(([, { member }]) => member)
    .map(([, { column }]) => name(column))

/** The columns in which an id of a member who is deleted may stand. */
export const deletedColumns = (kind: Kind): Sql[] =>
  fieldsOf(kind)
    .filter(([, { member, perhapsMember }]) => member || perhapsMember)
    .map(([, { column }]) => name(column))

/** The columns of which a value makes a member known. */
export const knowingColumns = (kind: Kind): Sql[] => (kind.namesOnly ? [] : memberColumns(kind))

/** Aliases of a field, its own name the first. */
export const aliasesOf = (field: string, { aliases }: Pick<KindField, 'aliases'>): string[] => [
  plainHeader(field),
  ...aliases,
]

/** What a decimal says in words, in lower case. */
export const yesAndNo: Readonly<Record<string, 0 | 1>> = {
  ...Object.fromEntries(['yes', 'y', 'true', 't', '是', '有', '真'].map((word) => [word, 1] as const)),
  ...Object.fromEntries(['no', 'n', 'false', 'f', '否', '没有', '假'].map((word) => [word, 0] as const)),
}

/** How the mapping screen and the dictionary see the type of a field. */
export const plainType = (type: KindField['type']): Field['type'] =>
  type === 'day'
    ? 'date'
    : type === 'amount' || type === 'decimal'
      ? 'number'
      : type === 'rest'
        ? 'text'
        : type

/** What a file's name says: all but its ending, and the zip that it came in. */
export const nameFromFile = (fileName: string): string =>
  fileName.replace(/^.*\//, '').replace(/(\.[a-z]{2,5}){1,2}$/i, '')
