/** Headers of a first column that holds the ids of members. */
const headers = ['member_id', 'member id', 'memberid', '会员编号', '会员号', '会员id']

/**
 * The ids of members in a pasted list or the text of a CSV file, each once, in order: of each line the first cell, which
 * ends at a comma, semicolon or tab, or stands in quotes with "" for each quote. A header `member_id` is none of them.
 */
export function idsInText(text: string): string[] {
  const cells = text
    .replace(/^\uFEFF/, '')
    .matchAll(/(?:^|\r\n|\n|\r)[^\S\r\n]*(?:"((?:[^"]|"")*)"[^\r\n]*|([^\r\n]*))/g)
  const ids = [...cells].map(([, quoted, plain]) =>
    (quoted?.replaceAll('""', '"') ?? plain!.split(/[,;\t，；]/)[0]!).trim(),
  )
  return [...new Set(ids)].filter((id, i) => id !== '' && !(i === 0 && headers.includes(id.toLowerCase())))
}
