import { router } from './trpc.ts'
import { workspacesRouter } from './workspaces/router.ts'

export const appRouter = router({
  workspaces: workspacesRouter,
})

export type AppRouter = typeof appRouter
