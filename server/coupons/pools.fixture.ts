import { type PoolDesk, beginImport, publishImport, takePart } from './pool-imports.ts'
import type { RefusedCode } from './codes-file.ts'

/** For tests: takes a file of codes into a pool, in parts of so many signs. */
export async function importPool(desk: PoolDesk, name: string, text: string, partLength = 50_000) {
  const begun = await beginImport(desk, name)
  if (begun.kind !== 'begun') throw new Error(`an import into ${begun.pool} runs`)
  const { importId } = begun
  const refused: RefusedCode[] = []
  for (let part = 0; part * partLength < text.length; part++) {
    const read = await takePart(desk, {
      importId,
      part,
      text: text.slice(part * partLength, (part + 1) * partLength),
    })
    if (read.kind !== 'read') return read
    refused.push(...read.refused)
  }
  const ended = await publishImport(desk, importId, { kind: 'local' })
  return ended.kind === 'added' ? { ...ended, refused: [...refused, ...ended.refused] } : ended
}

/** For tests: the parts of a file until it is published, which it is not. */
export async function importHalf(desk: PoolDesk, name: string, text: string): Promise<string> {
  const begun = await beginImport(desk, name)
  if (begun.kind !== 'begun') throw new Error(`an import into ${begun.pool} runs`)
  await takePart(desk, { importId: begun.importId, part: 0, text })
  return begun.importId
}
