const special = /[\r\n]+/g

/** A record of comma-separated text, every value in quotes, line breaks in values made blanks: one record, one line. */
export const delimitedLine = (values: readonly string[]): string =>
  `"${values.map((value) => (isPlain(value) ? value : value.replaceAll('"', '""').replace(special, ' '))).join('","')}"\n`

const isPlain = (value: string): boolean => !/["\r\n]/.test(value)

/** Pieces of text as bytes, gathered into larger ones. */
export async function* gathered(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let text = ''
  for await (const line of lines) {
    text += line
    if (text.length < pieceLength) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text !== '') yield Buffer.from(text)
}

const pieceLength = 1 << 17
