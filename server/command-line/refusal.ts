import { accessSync, constants } from 'node:fs'
import { EngineDamaged, EngineInUse } from '../../analytics/engine/engine.ts'
import { say } from '../messages/messages.ts'
import { ListDamaged } from '../rights/deletions.ts'
import { StoreDamaged, StoreInUse } from '../store/dialect.ts'
import { StoreNewer } from '../store/store.ts'
import { readServerFile } from './server-file.ts'

const sqliteFull = 13
const sqliteInOut = 10
/** Read-only, cannot be opened. */
const sqliteUnwritable = [8, 14]
/** SQLite's code of an error, without what it says beside it. */
const sqliteCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined

/** What the sentences may name. */
export interface Circumstances {
  readonly folder: string
  readonly port?: number
  readonly host?: string
}

/**
 * The sentence for what can go wrong with the files or the port: what, where, and what to do. Null for
 * anything else, which is a bug.
 */
export function refusalOf(error: unknown, { folder, port, host }: Circumstances): string | null {
  if (error instanceof StoreInUse) {
    const server = readServerFile(folder)
    return server
      ? say('folderInUse', { folder, port: String(server.port), pid: String(server.pid) })
      : say('folderBusy', { folder })
  }
  if (error instanceof EngineInUse) return say('engineInUse', { file: error.path })
  if (error instanceof StoreDamaged) return say('storeDamaged', { file: error.message })
  if (error instanceof EngineDamaged) return say('engineDamaged', { file: error.path })
  if (error instanceof ListDamaged) return say('listDamaged', { file: error.path })
  if (isDiskFull(error)) return say('diskFull', { folder })
  if (error instanceof StoreNewer) return say('storeNewer', { folder })
  const unwritable = sqliteUnwritableReason(error, folder)
  if (unwritable !== undefined) return say('folderUnwritable', { folder, reason: unwritable })
  switch (systemCode(error)) {
    case 'EADDRINUSE':
      return say('portInUse', { port: String(port), other: String((port ?? 4100) + 1) })
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      if ((error as { syscall?: string }).syscall !== 'listen') return null
      return say('hostNotHere', { host: String(host) })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOENT':
      if ((error as { syscall?: string }).syscall === 'listen')
        return say('portForbidden', { port: String(port) })
      return say('folderUnwritable', { folder, reason: systemCode(error)! })
    case 'ENOTDIR':
    case 'EEXIST':
      return say('folderNotAFolder', { folder })
    default:
      return null
  }
}

/** The disk, or what may be used of it for work that is too large for memory, has no room left. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (sqliteCode(error) === sqliteFull) return true
  // DuckDB says so in words alone
  return (
    ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '') ||
    /No space left on device|max_temp_directory_size/.test(error.message)
  )
}

/** Of the Store: that its folder can't be written to. Where the disk is read-only its lock fails, as an error of the disk. */
function sqliteUnwritableReason(error: unknown, folder: string | undefined): string | undefined {
  const code = sqliteCode(error)
  if (code === undefined) return undefined
  if (sqliteUnwritable.includes(code)) return (error as Error).message
  if (code !== sqliteInOut || folder === undefined) return undefined
  try {
    accessSync(folder, constants.W_OK)
    return undefined
  } catch (why) {
    return systemCode(why)
  }
}

/** Why the disk lets nobody write into `folder`, in the system's words; undefined: the error says nothing of the kind. */
export function unwritableReason(error: unknown, folder?: string): string | undefined {
  if (!(error instanceof Error)) return undefined
  // of an open Store a fault of the disk is one, whatever its folder allows
  const ofStore =
    sqliteUnwritableReason(error, folder) ?? (sqliteCode(error) === sqliteInOut ? error.message : undefined)
  if (ofStore !== undefined) return ofStore
  const code = systemCode(error)
  if (code && ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code)) return code
  // what Node answers where a folder of several can't be made on a read-only disk
  if (code === 'ENOENT' && (error as { syscall?: string }).syscall === 'mkdir') return code
  // DuckDB says so in words alone
  return /^(IO Error|FATAL Error|TransactionContext Error: Failed to commit)/.test(error.message)
    ? /Permission denied|Operation not permitted|Read-only file system|Not a directory|Input\/output error/.exec(
        error.message,
      )?.[0]
    : undefined
}

/** What the system calls an error: ENOSPC, EACCES. */
export const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined
