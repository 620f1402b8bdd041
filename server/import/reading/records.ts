/** Separates the fields of a record in a block; no value holds it. */
export const fieldSeparator = '\x1f'
/** Stands for a line break inside a value of a block. */
export const lineBreakInValue = '\x1e'
/** A record longer than this is no record: a quote was left open, or the file is something else. */
export const longestRecord = 1 << 20

const unitSeparator = 0x1f
const recordSeparator = 0x1e
const doubleQuote = 0x22
const newline = 0x0a
const carriageReturn = 0x0d
const space = 0x20

/** Why a record can't be split into the cells that the header promises. */
export const brokenReasons = [
  'too-few-columns',
  'too-many-columns',
  'stray-quote',
  'zero-byte',
  'not-text',
] as const

/** A record that can't be read as the header promises. `line` is where it begins, 1 = first of the file. */
export interface BrokenRecord {
  readonly line: number
  readonly reason: (typeof brokenReasons)[number]
  readonly columns: number
}

/** The file can't be read on from here. */
export class UnreadableRecord extends Error {
  override name = 'UnreadableRecord'
  readonly reason: 'too-long' | 'open-quote'
  readonly line: number
  constructor(reason: 'too-long' | 'open-quote', line: number) {
    super(`${reason} at line ${line}`)
    this.reason = reason
    this.line = line
  }
}

const atFieldStart = 0
const unquoted = 1
const quoted = 2
const quoteInQuotes = 3
const afterReturn = 4
type State = typeof atFieldStart | typeof unquoted | typeof quoted | typeof quoteInQuotes | typeof afterReturn

const anyWidth = -1
/** Columns beyond this are counted as this many. */
export const widest = 4096

/** Bytes at which a blank may begin or end: space, no-break space C2 A0, ideographic space E3 80 80. */
const blankByte = new Uint8Array(256)
for (const byte of [space, 0xc2, 0xa0, 0xe3, 0x80]) blankByte[byte] = 1

const blanks = [[space], [0xc2, 0xa0], [0xe3, 0x80, 0x80]]
const isBlankAt = (bytes: Uint8Array, at: number, blank: readonly number[]) =>
  blank.every((byte, i) => bytes[at + i] === byte)

/** Takes the blanks around a value away and answers where it now ends. */
function trimmed(bytes: Uint8Array, from: number, to: number): number {
  let begin = from
  let end = to
  for (;;) {
    const before = blanks.find((blank) => begin + blank.length <= end && isBlankAt(bytes, begin, blank))
    const after = blanks.find(
      (blank) => end - blank.length >= begin && isBlankAt(bytes, end - blank.length, blank),
    )
    if (before) begin += before.length
    else if (after) end -= after.length
    else break
  }
  if (begin > from) bytes.copyWithin(from, begin, end)
  return from + end - begin
}

export interface RecordSettings {
  /** One byte. */
  readonly delimiter: number
  /** Columns of the header; undefined: every record is taken as it is. */
  readonly columns?: number
  /** Of these, the fewest that a record must have: the last ones of a header may be nameless. */
  readonly needed?: number
  /** One byte, a double quote unless told. */
  readonly quote?: number
  /** The number of the first line, 1 unless told. */
  readonly firstLine?: 0 | 1
  /** Which columns are written, by 0-based position; undefined: all. */
  readonly keep?: readonly number[]
}

/** A delimiter and a quote as a scanner takes them. */
export const bytesOf = ({ delimiter, quote }: { readonly delimiter: string; readonly quote: string }) => ({
  delimiter: delimiter.charCodeAt(0),
  quote: quote.charCodeAt(0),
})

/**
 * Splits delimited text (RFC 4180, CR, LF or CRLF, quotes at the start of a field) into records and
 * writes each as `line␟field␟field…␊`, unquoted, without blanks around values (TAB, no-break and
 * ideographic spaces too), control characters made spaces and line breaks inside values `lineBreakInValue`. Blank
 * records are passed over, empty fields beyond the header's columns are left out. Memory is bounded by `longestRecord`.
 */
export class RecordScanner {
  readonly broken: BrokenRecord[] = []
  /** Records written since the start. */
  records = 0
  readonly #delimiter: number
  readonly #quote: number
  readonly #columns: number
  readonly #needed: number
  /** 1 where the column is written. */
  readonly #kept: Uint8Array
  #out = Buffer.allocUnsafe(1 << 20)
  #length = 0
  /** Where the record that is being read begins in the output. */
  #start = 0
  #line: number
  #recordLine: number
  /** Bytes of the record that is being read that came with earlier pieces. */
  #recordBytes = 0
  #column = 0
  /** Where the field that is being read begins in the output. */
  #fieldFrom = 0
  #state: State = atFieldStart
  /** The record holds something besides blanks. */
  #anything = false
  #stray = false
  /** The record holds a 0x00, which no text has. */
  #zero = false
  /** The record holds something in the columns that the header has. */
  #anythingWithin = false

  constructor({ delimiter, columns, needed, keep, quote = doubleQuote, firstLine = 1 }: RecordSettings) {
    this.#delimiter = delimiter
    this.#quote = quote
    this.#columns = columns ?? anyWidth
    this.#needed = needed ?? this.#columns
    this.#line = firstLine
    this.#recordLine = firstLine
    this.#kept = new Uint8Array(widest + 1)
    if (keep) for (const column of keep) this.#kept[column] = 1
    else this.#kept.fill(1)
    this.#openRecord()
  }

  /** Bytes waiting in `take`. */
  get pending(): number {
    return this.#start
  }

  /** The line on which the record begins that is read next. */
  get line(): number {
    return this.#line
  }

  /** The finished records since the last call. */
  take(): Buffer {
    const block = Buffer.from(this.#out.subarray(0, this.#start))
    this.#out.copyWithin(0, this.#start, this.#length)
    this.#length -= this.#start
    this.#fieldFrom -= this.#start
    this.#start = 0
    return block
  }

  push(chunk: Uint8Array): void {
    this.#makeRoom(chunk.length)
    // Fields in locals: this loop runs once a byte.
    const delimiter = this.#delimiter
    const quote = this.#quote
    const kept = this.#kept
    const columns = this.#columns
    let out = this.#out
    let length = this.#length
    let state = this.#state
    let column = this.#column
    let anything = this.#anything
    let writing = kept[column] === 1
    let fieldFrom = this.#fieldFrom
    let recordFrom = -this.#recordBytes
    const end = chunk.length
    for (let i = 0; i < end; i++) {
      const byte = chunk[i]!
      if (state <= unquoted) {
        if (byte === delimiter) {
          if (
            writing &&
            length > fieldFrom &&
            (blankByte[out[length - 1]!] === 1 || blankByte[out[fieldFrom]!] === 1)
          )
            length = trimmed(out, fieldFrom, length)
          if (column < widest) column++
          if (column === columns) {
            this.#anythingWithin = anything
            anything = false
          }
          state = atFieldStart
          writing = kept[column] === 1
          if (writing) out[length++] = unitSeparator
          fieldFrom = length
          continue
        }
        if (byte > quote) {
          anything = true
          state = unquoted
          // most bytes need no decision
          let plain: number = byte
          if (writing)
            while (plain > quote && plain !== delimiter) {
              out[length++] = plain
              plain = ++i < end ? chunk[i]! : 0
            }
          else while (plain > quote && plain !== delimiter) plain = ++i < end ? chunk[i]! : 0
          i--
          continue
        }
        if (byte === newline || byte === carriageReturn) {
          if (i - recordFrom > longestRecord) throw new UnreadableRecord('too-long', this.#recordLine)
          if (
            writing &&
            length > fieldFrom &&
            (blankByte[out[length - 1]!] === 1 || blankByte[out[fieldFrom]!] === 1)
          )
            length = trimmed(out, fieldFrom, length)
          this.#length = length
          this.#closeRecord(column, anything)
          this.#makeRoom(chunk.length - i)
          out = this.#out
          length = this.#length
          fieldFrom = length
          recordFrom = i + 1
          column = 0
          anything = false
          writing = kept[0] === 1
          state = byte === carriageReturn ? afterReturn : atFieldStart
          continue
        }
        if (byte === quote && state === atFieldStart) {
          state = quoted
          continue
        }
        if (byte > space) {
          anything = true
          state = unquoted
        } else {
          if (byte === 0) this.#zero = true
          if (state === atFieldStart) continue // a blank before the value; a quote may follow
        }
        if (writing) out[length++] = byte < space ? space : byte
      } else if (state === quoted) {
        if (byte === quote) state = quoteInQuotes
        else {
          if (byte === newline) this.#line++
          if (writing) out[length++] = byte >= space ? byte : byte === newline ? recordSeparator : space
          if (byte > space) anything = true
          else if (byte === 0) this.#zero = true
        }
      } else if (state === quoteInQuotes) {
        if (byte === quote) {
          if (writing) out[length++] = quote
          anything = true
          state = quoted
        } else {
          this.#stray ||= byte !== delimiter && byte !== newline && byte !== carriageReturn
          state = unquoted
          i-- // read again as what follows a field
        }
      } else {
        state = atFieldStart
        if (byte === newline) recordFrom = i + 1
        else i-- // the return alone ended the record: read again as the next one's beginning
      }
    }
    this.#recordBytes = chunk.length - recordFrom
    if (this.#recordBytes > longestRecord) throw new UnreadableRecord('too-long', this.#recordLine)
    this.#length = length
    this.#state = state
    this.#column = column
    this.#anything = anything
    this.#fieldFrom = fieldFrom
  }

  /** A text that is already whole. */
  readAll(text: Uint8Array): void {
    this.push(text)
    this.end()
  }

  /** Call once at the end: a last line without a line break is a record too. */
  end(): void {
    if (this.#state === quoted) throw new UnreadableRecord('open-quote', this.#recordLine)
    this.#makeRoom(0)
    if (this.#length > this.#fieldFrom) this.#length = trimmed(this.#out, this.#fieldFrom, this.#length)
    this.#closeRecord(this.#column, this.#anything)
  }

  /** Every input byte gives at most one output byte, and each record its line number besides, for which there is always room here. */
  #makeRoom(input: number): void {
    const needed = this.#length + input + 64
    if (needed <= this.#out.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#out.length * 2))
    this.#out.copy(larger, 0, 0, this.#length)
    this.#out = larger
  }

  #openRecord(): void {
    this.#recordLine = this.#line
    this.#stray = false
    this.#zero = false
    const digits = String(this.#line)
    for (let i = 0; i < digits.length; i++) this.#out[this.#length++] = digits.charCodeAt(i)
    if (this.#kept[0] === 1) this.#out[this.#length++] = unitSeparator
    this.#fieldFrom = this.#length
  }

  #closeRecord(column: number, anything: boolean): void {
    this.#line++
    const columns = column + 1
    const beyond = this.#columns !== anyWidth && columns > this.#columns
    if (anything || (beyond && this.#anythingWithin)) {
      const reason =
        this.#columns === anyWidth
          ? null
          : this.#zero
            ? 'zero-byte'
            : this.#stray
              ? 'stray-quote'
              : columns < this.#needed
                ? 'too-few-columns'
                : beyond && anything
                  ? 'too-many-columns'
                  : null
      if (reason === null) {
        this.#out[this.#length++] = newline
        this.#start = this.#length
        this.records++
      } else this.broken.push({ line: this.#recordLine, reason, columns })
    }
    this.#length = this.#start
    this.#openRecord()
  }
}
