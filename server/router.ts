import { accountsRouter } from './accounts/router.ts'
import { backupRouter } from './backup/router.ts'
import { analyticsRouter } from './analytics/router.ts'
import { dictionaryRouter } from './dictionary/router.ts'
import { elsewhereRouter } from './elsewhere/router.ts'
import { exportsRouter } from './export/router.ts'
import { deliveryRouter } from './delivery/router.ts'
import { digestRouter } from './digest/router.ts'
import { feedsRouter } from './feeds/router.ts'
import { demoRouter } from './demo/router.ts'
import { segmentCompareRouter } from './segments/compare/router.ts'
import { segmentFilesRouter } from './segments/files/router.ts'
import { segmentHistoryRouter } from './segments/history-router.ts'
import { segmentSchedulesRouter } from './segments/schedules/router.ts'
import { segmentWebhooksRouter } from './segments/webhooks/router.ts'
import { segmentSuggestionsRouter } from './segments/suggest/router.ts'
import { segmentsRouter } from './segments/router.ts'
import { tagsRouter } from './tags/router.ts'
import { keysRouter } from './api/keys-router.ts'
import { couponsRouter } from './coupons/router.ts'
import { deskRouter } from './coupons/desk-router.ts'
import { poolsRouter } from './coupons/pools-router.ts'
import { opportunitiesRouter } from './opportunities/router.ts'
import { membersRouter } from './members/router.ts'
import { campaignsRouter } from './campaigns/router.ts'
import { standingRouter } from './campaigns/standing/router.ts'
import { mergesRouter } from './identity/merge-router.ts'
import { identityRouter } from './identity/router.ts'
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
  delivery: deliveryRouter,
  digest: digestRouter,
  dictionary: dictionaryRouter,
  exports: exportsRouter,
  elsewhere: elsewhereRouter,
  feeds: feedsRouter,
  segments: segmentsRouter,
  segmentCompare: segmentCompareRouter,
  segmentHistory: segmentHistoryRouter,
  segmentSuggestions: segmentSuggestionsRouter,
  segmentFiles: segmentFilesRouter,
  segmentWebhooks: segmentWebhooksRouter,
  segmentSchedules: segmentSchedulesRouter,
  tags: tagsRouter,
  coupons: couponsRouter,
  pools: poolsRouter,
  desk: deskRouter,
  keys: keysRouter,
  opportunities: opportunitiesRouter,
  members: membersRouter,
  campaigns: campaignsRouter,
  standing: standingRouter,
  identity: identityRouter,
  merges: mergesRouter,
  imports: importsRouter,
  rights: rightsRouter,
  workspaces: workspacesRouter,
})

export type AppRouter = typeof appRouter
