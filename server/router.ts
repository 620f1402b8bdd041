import { accountsRouter } from './accounts/router.ts'
import { backupRouter } from './backup/router.ts'
import { analyticsRouter } from './analytics/router.ts'
import { demoRouter } from './demo/router.ts'
import { segmentsRouter } from './segments/router.ts'
import { tagsRouter } from './tags/router.ts'
import { keysRouter } from './api/keys-router.ts'
import { couponsRouter } from './coupons/router.ts'
import { opportunitiesRouter } from './opportunities/router.ts'
import { membersRouter } from './members/router.ts'
import { campaignsRouter } from './campaigns/router.ts'
import { importsRouter } from './import/router.ts'
import { rightsRouter } from './rights/router.ts'
import { settingsRouter } from './settings/router.ts'
import { router } from './trpc.ts'
import { workspacesRouter } from './workspaces/router.ts'

export const appRouter = router({
  accounts: accountsRouter,
  analytics: analyticsRouter,
  backup: backupRouter,
  settings: settingsRouter,
  demo: demoRouter,
  segments: segmentsRouter,
  tags: tagsRouter,
  coupons: couponsRouter,
  keys: keysRouter,
  opportunities: opportunitiesRouter,
  members: membersRouter,
  campaigns: campaignsRouter,
  imports: importsRouter,
  rights: rightsRouter,
  workspaces: workspacesRouter,
})

export type AppRouter = typeof appRouter
