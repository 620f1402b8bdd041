import { createContext, use } from 'react'
import type { Role } from '../../server/trpc.ts'

/** The workspace on the screen and what the person may do in it. */
export interface ShownWorkspace {
  readonly id: string
  readonly name: string
  /** ISO 4217, such as CNY. */
  readonly currency: string
  readonly timeZone: string
  readonly firstWeekday: number
  readonly role: Role
}

const WorkspaceContext = createContext<ShownWorkspace | null>(null)
export const WorkspaceProvider = WorkspaceContext

/** The workspace of the session. Below the signed-in route there always is one. */
export function useWorkspace(): ShownWorkspace {
  const workspace = use(WorkspaceContext)
  if (!workspace) throw new Error('useWorkspace needs a signed-in route above it')
  return workspace
}
