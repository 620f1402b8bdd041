import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openPlatform } from '../platform.ts'
import { importPool } from './pools.fixture.ts'

// For tests: node import-until-killed.fixture.ts FOLDER CODES N takes so many codes into the pool “Youzan” and kills itself before its N-th transaction.
const [folder, codes, transaction] = process.argv.slice(2) as [string, string, string]
const { store, workspaces, clock, close } = await openPlatform(folder)
const workspace = (await workspaces.byName('shop'))!
const begin = store.transaction.bind(store)
let begun = 0
store.transaction = () => {
  if (++begun === Number(transaction)) {
    writeFileSync(join(folder, 'reached'), '')
    process.kill(process.pid, 'SIGKILL')
  }
  return begin()
}
const text = Array.from({ length: Number(codes) }, (_, n) => `yz-${n}`).join('\n')
await importPool({ store, clock, workspaceId: workspace.id }, 'Youzan', text, 10_000)
await close()
