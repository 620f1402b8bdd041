import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openPlatform } from '../../platform.ts'
import { StandingClock } from '../campaign-shop.fixture.ts'
import { keepStanding } from './keeper.ts'

// For tests: node keep-until-killed.fixture.ts FOLDER INSTANT N looks at the campaigns that stand and kills itself before its N-th write.
const [folder, instant, write] = process.argv.slice(2) as [string, string, string]
const platform = await openPlatform(folder, new StandingClock(instant), { threads: 1 })
const workspace = (await platform.workspaces.byName('shop'))!
let writes = 0
await keepStanding(platform, workspace, new Map(), undefined, (step) => {
  if (++writes < Number(write)) return
  writeFileSync(join(folder, 'reached'), step)
  process.kill(process.pid, 'SIGKILL')
})
await platform.close()
