/** What people choose by mistake and is no table, by how it begins; `id` is what a sentence calls it. */
const signatures: readonly { readonly id: Stranger; readonly begins: readonly number[] }[] = [
  { id: 'pdf', begins: [0x25, 0x50, 0x44, 0x46] },
  { id: 'picture', begins: [0x89, 0x50, 0x4e, 0x47] },
  { id: 'picture', begins: [0xff, 0xd8, 0xff] },
  { id: 'picture', begins: [0x47, 0x49, 0x46, 0x38] },
  { id: 'archive', begins: [0x52, 0x61, 0x72, 0x21] }, // RAR
  { id: 'archive', begins: [0x37, 0x7a, 0xbc, 0xaf] }, // 7-Zip
  { id: 'archive', begins: [0x42, 0x5a, 0x68] }, // bzip2
  { id: 'archive', begins: [0xfd, 0x37, 0x7a, 0x58] }, // xz
  { id: 'database', begins: [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66] }, // SQLite
]

export type Stranger =
  | 'pdf'
  | 'picture'
  | 'archive'
  | 'database'
  | 'page'
  | 'document'
  | 'slides'
  | 'openDocument'
  | 'numbers'

/** As many first bytes of a file tell what it is. */
export const tellingBytes = 512

/** What a file is that is no table, by its first bytes; null: it may be one. */
export function strangerOf(start: Buffer): Stranger | null {
  const known = signatures.find(({ begins }) => begins.every((byte, at) => start[at] === byte))
  if (known) return known.id
  // systems that export "Excel" write pages with a table in them
  const text = start.toString('latin1').replace(/^(\u00ef\u00bb\u00bf)?\s*/, '')
  return /^<(!doctype|html|head|meta|body|table|style|\?xml)\b/i.test(text) ? 'page' : null
}

/** The same of an archive, by what lies in it. */
export function packedStranger(entries: readonly { readonly fileName: string }[]): Stranger | null {
  const has = (name: string) => entries.some(({ fileName }) => fileName === name)
  if (has('word/document.xml')) return 'document'
  if (has('ppt/presentation.xml')) return 'slides'
  if (has('mimetype') && has('content.xml')) return 'openDocument'
  return has('Index/Document.iwa') ? 'numbers' : null
}

/** What a file of the offices before 2007 is by its name; null: a workbook, which most of them are. */
export const oldStranger = (named: string): Stranger | null =>
  /\.(doc|dot|wps)$/i.test(named) ? 'document' : /\.(ppt|pps|dps)$/i.test(named) ? 'slides' : null
