import { type KyselyPlugin, type RootOperationNode, TableNode } from 'kysely'
import { StandingClock } from '../../campaigns/campaign-shop.fixture.ts'
import { openPlatform } from '../../platform.ts'
import { readReturns } from './reader.ts'

// For tests: node read-until-killed.fixture.ts FOLDER INSTANT WRITE N reads the mail that came back and kills itself before its N-th such write, as “update outbox”.
const [folder, instant, write, last] = process.argv.slice(2) as [string, string, string, string]
const platform = await openPlatform(folder, new StandingClock(instant), { threads: 1 })
const workspace = (await platform.workspaces.byName('shop'))!

function written(node: RootOperationNode): string | null {
  if (node.kind === 'InsertQueryNode') return `insert ${node.into?.table.identifier.name}`
  if (node.kind !== 'UpdateQueryNode' || !node.table || !TableNode.is(node.table)) return null
  return `update ${node.table.table.identifier.name}`
}
let writes = 0
const killing: KyselyPlugin = {
  transformQuery({ node }) {
    if (written(node) === write && ++writes === Number(last)) process.kill(process.pid, 'SIGKILL')
    return node
  },
  transformResult: async ({ result }) => result,
}
const dying = { ...platform, store: platform.store.withPlugin(killing) }
await readReturns(dying, workspace.id, new AbortController().signal)
await platform.close()
