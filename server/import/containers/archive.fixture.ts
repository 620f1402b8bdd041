import { crc32, deflateRawSync } from 'node:zlib'

/** A zip archive of these files, as the format's specification (APPNOTE 6.3) lays them out. */
export function zipped(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, content] of Object.entries(files)) {
    const raw = Buffer.from(content as string)
    const packed = deflateRawSync(raw)
    const nameBytes = Buffer.from(name)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(0x800, 2)
    common.writeUInt16LE(8, 4)
    common.writeUInt32LE(crc32(raw), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(raw.length, 18)
    common.writeUInt16LE(nameBytes.length, 22)
    parts.push(Buffer.from([0x50, 0x4b, 3, 4]), common, nameBytes, packed)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.from([0x50, 0x4b, 1, 2, 20, 0]), common, rest, nameBytes)
    offset += 4 + common.length + nameBytes.length + packed.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(Object.keys(files).length, 8)
  end.writeUInt16LE(Object.keys(files).length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(offset, 16)
  return new Uint8Array(Buffer.concat([...parts, listed, end]))
}

/** A workbook of one sheet of these rows, written as XML, and behind them what they merge; the second cell style shows dates. */
export const workbook = (
  rows: string,
  {
    shared = '',
    merged = '',
    date1904 = false,
    sheets = '<sheet name="订单" sheetId="1" r:id="rId1"/>',
  } = {},
): Uint8Array =>
  zipped({
    '[Content_Types].xml': '<Types/>',
    'xl/workbook.xml': `<?xml version="1.0"?><workbook><workbookPr date1904="${date1904 ? 1 : 0}"/><sheets>${sheets}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels':
      '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>',
    'xl/styles.xml':
      '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="14"/><xf numFmtId="2"/></cellXfs></styleSheet>',
    'xl/sharedStrings.xml': `<sst>${shared}</sst>`,
    'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${rows}</sheetData>${merged}</worksheet>`,
    'xl/worksheets/sheet2.xml': `<worksheet><sheetData>${rows}</sheetData></worksheet>`,
  })

/** A workbook of these sheets, each of rows as lines of plain CSV, all cells text; one that is null is a chart. */
export const workbookOf = (sheets: Readonly<Record<string, string | null>>): Uint8Array => {
  const all = Object.entries(sheets)
  const cell = (text: string) => (text === '' ? '<c/>' : `<c t="str"><v>${text}</v></c>`)
  const row = (line: string) => `<row>${line.split(',').map(cell).join('')}</row>`
  return zipped({
    '[Content_Types].xml': '<Types/>',
    'xl/workbook.xml': `<workbook><sheets>${all
      .map(([name], i) => `<sheet name="${name}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`)
      .join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships>${all
      .map(([, rows], i) => {
        const kind = rows === null ? 'chartsheet' : 'worksheet'
        return `<Relationship Id="rId${i + 1}" Type="http://schemas.example/${kind}" Target="${kind}s/sheet${i + 1}.xml"/>`
      })
      .join('')}</Relationships>`,
    ...Object.fromEntries(
      all.map(([, rows], i) =>
        rows === null
          ? [`xl/chartsheets/sheet${i + 1}.xml`, '<chartsheet/>']
          : [
              `xl/worksheets/sheet${i + 1}.xml`,
              `<worksheet><sheetData>${rows.trim().split('\n').map(row).join('')}</sheetData></worksheet>`,
            ],
      ),
    ),
  })
}
