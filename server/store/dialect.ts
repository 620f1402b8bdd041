import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { SqliteAdapter, SqliteDialect } from 'kysely'

/** The store is open in another process. */
export class StoreInUse extends Error {
  override name = 'StoreInUse'
}

/** The store's file is no database, or a damaged one. */
export class StoreDamaged extends Error {
  override name = 'StoreDamaged'
}

/**
 * Opens the Store's SQLite file, durable and held by this process alone: the lock ends with the
 * process, however it ends. Throws StoreInUse when another process holds it,
 * StoreDamaged when it cannot be read.
 */
export function openStore(path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 0 })
    database.exec(
      'pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on; pragma cache_size = -65536',
    )
    database.exec('begin immediate; commit') // takes the lock now, not at the first write
    return database
  } catch (error) {
    database?.close()
    if (/locked|busy/i.test(String(error))) throw new StoreInUse(`${path} is open in another process`)
    if (/not a database|malformed/i.test(String(error))) throw new StoreDamaged(path, { cause: error })
    throw error
  }
}

/** node:sqlite reads an object in first place as named parameters: a Date would silently become NULL. */
function bound(parameters: readonly unknown[]): SQLInputValue[] {
  for (const value of parameters)
    if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
      throw new TypeError('Bind ISO text or a number, never an object or a Date.')
  return parameters as SQLInputValue[]
}

/** Tables are made and changed within transactions: all migrations stand at once or none, after one wait for the disk. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class NodeSqliteDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter()
  }
}

/** As many statements stay prepared: preparing took a tenth of the time of a redemption. */
const mostPrepared = 200

/** Prepares each text once while it is asked again and again; those that were not asked for longest go first. */
function statementsOf(database: DatabaseSync) {
  const known = new Map<string, { statement: StatementSync; reader: boolean }>()
  return (sql: string) => {
    const found = known.get(sql)
    if (found) known.delete(sql)
    const statement = found?.statement ?? database.prepare(sql)
    const entry = found ?? { statement, reader: statement.columns().length > 0 }
    // tables change their columns by what is neither a question nor a row; a pragma has its effect when it is prepared
    if (/^\s*(select|with|insert|update|delete|begin|commit|rollback)\b/i.test(sql)) known.set(sql, entry)
    else if (!/^\s*pragma\b/i.test(sql)) known.clear()
    const [oldest] = known.keys()
    if (oldest !== undefined && known.size > mostPrepared) known.delete(oldest)
    return entry
  }
}

/** node:sqlite in the shape that Kysely's own SqliteDialect expects, so that its one-connection turns apply. */
export function nodeSqlite(database: DatabaseSync): SqliteDialect {
  const prepared = statementsOf(database)
  return new NodeSqliteDialect({
    database: {
      close: () => database.close(),
      prepare(sql: string) {
        const { statement, reader } = prepared(sql)
        return {
          reader,
          all: (parameters: readonly unknown[]) => statement.all(...bound(parameters)) as unknown[],
          run: (parameters: readonly unknown[]) =>
            // a full disk has ended the transaction already, and the error that says so is the one to tell
            sql === 'rollback' && !database.isTransaction
              ? { changes: 0, lastInsertRowid: 0 }
              : statement.run(...bound(parameters)),
          // read over many turns, in which the same may be asked: never a shared one
          iterate: (parameters: readonly unknown[]) =>
            database.prepare(sql).iterate(...bound(parameters)) as IterableIterator<unknown>,
        }
      },
    },
  })
}
