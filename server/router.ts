import { accountsRouter } from './accounts/router.ts'
import { analyticsRouter } from './analytics/router.ts'
import { demoRouter } from './demo/router.ts'
import { importsRouter } from './import/router.ts'
import { router } from './trpc.ts'
import { workspacesRouter } from './workspaces/router.ts'

export const appRouter = router({
  accounts: accountsRouter,
  analytics: analyticsRouter,
  demo: demoRouter,
  imports: importsRouter,
  workspaces: workspacesRouter,
})

export type AppRouter = typeof appRouter
