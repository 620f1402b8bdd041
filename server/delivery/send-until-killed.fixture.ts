import { StandingClock } from '../campaigns/campaign-shop.fixture.ts'
import { openPlatform } from '../platform.ts'
import { startDeliveries } from './worker.ts'

// For tests: node send-until-killed.fixture.ts FOLDER INSTANT N sends with two workers and kills itself at their N-th step.
const [folder, instant, last] = process.argv.slice(2) as [string, string, string]
const platform = await openPlatform(folder, new StandingClock(instant), { threads: 1 })
let steps = 0
for (const _ of [1, 2])
  startDeliveries(platform, () => {
    if (++steps >= Number(last)) process.kill(process.pid, 'SIGKILL')
  })
