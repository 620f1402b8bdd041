import type { Store } from '../store/store.ts'
import type { Role } from '../trpc.ts'

export interface Access {
  readonly workspaceId: string
  readonly name: string
  readonly role: Role
}

/** Every workspace that the user may see, oldest first. */
export async function workspacesOf(store: Store, userId: string): Promise<Access[]> {
  if (await ownsInstallation(store, userId)) {
    const all = await store.selectFrom('workspaces').select(['id', 'name']).orderBy('created_at').execute()
    return all.map(({ id, name }) => ({ workspaceId: id, name, role: 'owner' }))
  }
  const rows = await store
    .selectFrom('memberships')
    .innerJoin('workspaces', 'workspaces.id', 'memberships.workspace_id')
    .select(['workspaces.id', 'workspaces.name', 'memberships.role'])
    .where('memberships.user_id', '=', userId)
    .orderBy('workspaces.created_at')
    .execute()
  return rows.map(({ id, name, role }) => ({ workspaceId: id, name, role: role as Role }))
}

/** Whether the user is the owner of the installation, who owns every workspace. */
export async function ownsInstallation(store: Store, userId: string): Promise<boolean> {
  const { owner_user_id } = await store
    .selectFrom('installation')
    .select('owner_user_id')
    .executeTakeFirstOrThrow()
  return owner_user_id === userId
}
