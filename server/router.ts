import { accountsRouter } from './accounts/router.ts'
import { router } from './trpc.ts'
import { workspacesRouter } from './workspaces/router.ts'

export const appRouter = router({
  accounts: accountsRouter,
  workspaces: workspacesRouter,
})

export type AppRouter = typeof appRouter
