import { DatabaseSync } from 'node:sqlite'
import { openMigratedStore } from './store.ts'

// For tests: node migrate-until-killed.fixture.ts FILE N brings a Store up to date and kills itself before its N-th statement
// that changes something; it prints the statements, one a line.
const [file, statement] = process.argv.slice(2) as [string, string]
const prepare = DatabaseSync.prototype.prepare
let changing = 0
DatabaseSync.prototype.prepare = function (sql: string) {
  const prepared = prepare.call(this, sql)
  if (/^\s*(select|pragma|begin|rollback)\b/i.test(sql)) return prepared
  for (const how of ['run', 'all'] as const) {
    const execute = prepared[how].bind(prepared) as (...values: never[]) => never
    prepared[how] = (...values: never[]) => {
      if (++changing === Number(statement)) process.kill(process.pid, 'SIGKILL')
      return execute(...values)
    }
  }
  return prepared
}
await (await openMigratedStore(file)).destroy()
