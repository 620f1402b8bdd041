import { isDiskFull, unwritableReason } from '../command-line/refusal.ts'
import { type Refusal, refusal } from './refusal.ts'

/**
 * The refusal for what the disk may answer while an import runs: it is full, or the folder cannot be
 * written to. Null for anything else, which is a bug. `folder` is where the data is, `file` what was imported.
 */
export function storageRefusal(error: unknown, folder: string, file: string): Refusal | null {
  if (isDiskFull(error)) return refusal('disk-full', { folder, file })
  const reason = unwritableReason(error, folder)
  return reason === undefined ? null : refusal('folder-unwritable', { folder, file, reason })
}
