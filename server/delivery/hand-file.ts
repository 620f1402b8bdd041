import { isWorkbook, sheetsOf, workbookLines } from '../import/containers/xlsx.ts'
import { openArchive } from '../import/containers/zip.ts'
import { Stopped } from '../import/refusal.ts'

const beginsWith = (bytes: Buffer, ...begin: readonly number[]): boolean =>
  begin.every((byte, at) => bytes[at] === byte)

/**
 * The rows of a list that came back as text that `readCsv` reads, each on the line that it has in the file: of a
 * workbook those of the first sheet that is shown. Text is UTF-8, or what Chinese systems write. Throws `Stopped` where
 * it is no such file, or can't be read.
 */
export async function textOfHandFile(bytes: Buffer, named: string): Promise<string> {
  if (beginsWith(bytes, 0xd0, 0xcf, 0x11, 0xe0)) throw new Stopped('old-spreadsheet', { file: named })
  if (beginsWith(bytes, 0x50, 0x4b, 3, 4)) return textOfWorkbook(bytes, named)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}

async function textOfWorkbook(bytes: Buffer, named: string): Promise<string> {
  using archive = await openArchive(bytes, named)
  if (!isWorkbook(archive)) throw new Stopped('broken-workbook', { file: named })
  const sheet = (await sheetsOf(archive, named)).find(({ path }) => path !== null)!
  const lines: string[] = []
  for await (const line of workbookLines(archive, sheet.path!, named)) lines.push(line)
  return lines.join('')
}
