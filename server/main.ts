import { rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeApp } from './app.ts'
import { createDemo } from './demo/demo.ts'
import { openPlatform } from './platform.ts'

const { values } = parseArgs({
  options: { port: { type: 'string', default: '4100' }, data: { type: 'string', default: './data' } },
})
const port = Number(values.port)
const platform = await openPlatform(resolve(values.data))
if ((await platform.workspaces.list()).length === 0) await createDemo(platform)
const app = await makeApp(platform)
await app.listen({ port, host: '127.0.0.1' })
const serverFile = join(platform.dataFolder, 'server.json')
writeFileSync(serverFile, JSON.stringify({ port, token: platform.ownerToken, pid: process.pid }), {
  mode: 0o600,
})
console.log(`Ready on http://localhost:${port}`)
console.log(
  `Sign in (once, within 15 minutes): http://localhost:${port}/sign-in#link=${platform.accounts.newOwnerToken()}`,
)
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, async () => {
    rmSync(serverFile, { force: true })
    await app.close()
    await platform.close()
    process.exit(0)
  })
