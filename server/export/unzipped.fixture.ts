import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { fromBuffer, type Entry, type ZipFile } from 'yauzl'

/** For tests: the files of a zip archive by name, as text, in their order. */
export async function unzipped(zip: Buffer): Promise<Map<string, string>> {
  const file = (await promisify(
    fromBuffer as never as (
      buffer: Buffer,
      options: object,
      done: (error: Error | null, file: ZipFile) => void,
    ) => void,
  )(zip, { lazyEntries: true })) as ZipFile
  const found = new Map<string, string>()
  await new Promise<void>((resolve, reject) => {
    file.on('end', resolve)
    file.on('error', reject)
    file.on('entry', (entry: Entry) =>
      file.openReadStream(entry, (error, stream) => {
        if (error) return reject(error)
        text(stream).then((content) => {
          found.set(entry.fileName, content)
          file.readEntry()
        }, reject)
      }),
    )
    file.readEntry()
  })
  return found
}
