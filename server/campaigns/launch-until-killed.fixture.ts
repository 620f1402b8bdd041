import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openPlatform } from '../platform.ts'
import { StandingClock } from './campaign-shop.fixture.ts'
import { campaignById } from './campaigns.ts'
import { launchCampaign } from './launch.ts'
import { previewOf } from './preview.ts'

// For tests: node launch-until-killed.fixture.ts FOLDER CAMPAIGN N launches and kills itself before its N-th write.
const [folder, campaignId, write] = process.argv.slice(2) as [string, string, string]
const platform = await openPlatform(folder, new StandingClock('2026-11-22T01:00:00Z'))
const workspace = (await platform.workspaces.byName('shop'))!
const campaign = (await campaignById(platform.store, workspace.id, campaignId))!
const outcome = await previewOf(platform, workspace, campaign)
if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
let writes = 0
await launchCampaign(
  { platform, workspace, actor: 'test' },
  { campaignId, digest: outcome.preview.digest, confirm: ['unknown-consent'] },
  (step) => {
    if (++writes < Number(write)) return
    writeFileSync(join(folder, 'reached'), step)
    process.kill(process.pid, 'SIGKILL')
  },
)
await platform.close()
