import { analyticsRouter } from './analytics/router.ts'
import { router } from './trpc.ts'
import { workspacesRouter } from './workspaces/router.ts'

export const appRouter = router({
  analytics: analyticsRouter,
  workspaces: workspacesRouter,
})

export type AppRouter = typeof appRouter
