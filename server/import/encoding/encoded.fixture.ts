/** Of two bytes a character: others have one. */
const wide = ['gb18030', 'big5', 'euc-jp', 'euc-kr', 'shift_jis'] as const
type Written =
  | (typeof wide)[number]
  | `windows-${1250 | 1251 | 1252 | 1253 | 1254 | 1255 | 1256 | 874}`
  | 'macintosh'
  | 'koi8-r'
  | 'ibm866'

/** What the platform's decoder reads, turned round: it has no encoder. */
const tables = new Map<Written, Map<string, readonly number[]>>()

function tableOf(encoding: Written): Map<string, readonly number[]> {
  const known = tables.get(encoding)
  if (known) return known
  const table = new Map<string, readonly number[]>()
  const decoder = new TextDecoder(encoding)
  const learn = (bytes: readonly number[]) => {
    const text = decoder.decode(Uint8Array.from(bytes))
    if (!text.includes('\ufffd') && !table.has(text)) table.set(text, bytes)
  }
  for (let byte = 0; byte < 0x80; byte++) learn([byte])
  if (!(wide as readonly string[]).includes(encoding))
    for (let byte = 0x80; byte < 0x100; byte++) learn([byte])
  if (encoding === 'shift_jis') for (let byte = 0xa1; byte < 0xe0; byte++) learn([byte])
  for (let first = 0x81; first < 0xff; first++)
    for (let second = 0x40; second < 0xff; second++) learn([first, second])
  if (encoding === 'gb18030')
    for (let first = 0x81; first < 0x85; first++)
      for (let second = 0x30; second < 0x3a; second++)
        for (let third = 0x81; third < 0xff; third++)
          for (let fourth = 0x30; fourth < 0x3a; fourth++) learn([first, second, third, fourth])
  tables.set(encoding, table)
  return table
}

/** A text as programs write it where an encoding is at home. */
export function encoded(encoding: Written, text: string): Uint8Array {
  const table = tableOf(encoding)
  return Uint8Array.from(
    [...text].flatMap((character) => {
      const bytes =
        table.get(character) ?? (encoding === 'gb18030' ? beyondTheFirstPlane(character) : undefined)
      if (!bytes) throw new Error(`Not in ${encoding}: ${character}`)
      return bytes
    }),
  )
}

/** Four bytes that count on from U+10000. */
function beyondTheFirstPlane(character: string): readonly number[] | undefined {
  const number = character.codePointAt(0)! - 0x10000
  if (number < 0) return undefined
  return [
    0x90 + Math.floor(number / 12_600),
    0x30 + (Math.floor(number / 1260) % 10),
    0x81 + (Math.floor(number / 10) % 126),
    0x30 + (number % 10),
  ]
}

export const inGb18030 = (text: string): Uint8Array => encoded('gb18030', text)
