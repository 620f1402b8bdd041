import { basename } from 'node:path'
import { sql } from '../../analytics/sql/sql.ts'
import { openPlatform } from '../platform.ts'
import { hasEnded } from './run-state.ts'
import { importRuns } from './runs.ts'
import { undoImport } from './undo.ts'

// For tests: node undo-until-killed.fixture.ts FOLDER FILE imports a file, undoes it and kills itself when that is to be
// noted in the audit.
const [folder, path] = process.argv.slice(2) as [string, string]
const platform = await openPlatform(folder)
const { store } = platform
const workspace = (await platform.workspaces.byName('w'))!
const runs = importRuns(platform)
const started = await runs.start(workspace, {
  path,
  fileName: basename(path),
  map: {},
  dryRun: false,
  replace: false,
  language: 'en',
  actor: 'command-line',
})
if (started.kind === 'refused') throw new Error(started.id)
for await (const state of runs.follow(workspace.id, started.runId, new AbortController().signal))
  if (state.phase !== 'done' && hasEnded(state)) throw new Error(state.phase)
const [found] = await workspace.engine.rows(sql`select import_id from imports`)
const insertInto = store.insertInto.bind(store)
store.insertInto = (table) => {
  if (table === 'audit') process.kill(process.pid, 'SIGKILL')
  return insertInto(table)
}
await undoImport(platform, workspace, { importId: String(found!.importId), actor: 'somebody' })
throw new Error('Nothing was noted.')
