/** Bytes of a name that every file system takes, with room for a number and an ending. */
const mostBytes = 120

/** A text as a file name without an ending: what no file system takes in names becomes `_`. */
export function asFileName(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what no name may hold
  const plain = text.replace(/[\\/:*?"<>|\u0000-\u001f\u007f]|^[.\s]+|[.\s]+$/g, '_')
  let short = ''
  for (const sign of plain) {
    if (Buffer.byteLength(short + sign) > mostBytes) break
    short += sign
  }
  return short === '' || /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(short) ? `_${short}` : short
}

/** Such a name that none of `taken` has, whatever the letter case; it is taken then. */
export function plainName(text: string, taken: Set<string>): string {
  const own = asFileName(text)
  for (let n = 1; ; n++) {
    const name = n === 1 ? own : `${own} (${n})`
    const key = name.normalize('NFC').toLowerCase()
    if (taken.has(key)) continue
    taken.add(key)
    return name
  }
}
