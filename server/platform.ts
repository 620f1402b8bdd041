import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AbuseHolds } from './coupons/abuse-holds.ts'
import { Redemptions } from './coupons/redemptions.ts'
import { areOneMember, idsOfMember } from './identity/people.ts'
import { Accounts } from './accounts/accounts.ts'
import { openMigratedStore, type Store } from './store/store.ts'
import { type EngineSettings, Workspaces } from './workspaces/workspaces.ts'

/** The only source of the present moment; tests bring their own. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }

/** What every capability stands on: the open files of one data folder. */
export interface Platform {
  readonly dataFolder: string
  readonly store: Store
  readonly workspaces: Workspaces
  readonly accounts: Accounts
  readonly clock: Clock
  readonly redemptions: Redemptions
  readonly holds: AbuseHolds
  /** What the command line presents to a running server; known only to who may read server.json. */
  readonly ownerToken: string
  close(): Promise<void>
}

/**
 * Makes a folder, and those it lies in, for their owner alone. Unlike `recursive: true`, which never
 * returns where the system lets nobody make folders (/proc).
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) {
    if (statSync(path).isDirectory()) return
    throw Object.assign(new Error(`${path} is not a folder`), { code: 'ENOTDIR' })
  }
  makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}

/** What a data folder holds, by the beginning of its name; all of it is its owner's alone. */
const ours = /^(store\.db|server\.json|deletions\.json|demo\.unfinished$|workspaces$|imports$|uploads$)/

/** Takes from everybody but the owner what an earlier start left open to them. */
function keepToOwner(folder: string): void {
  for (const path of [
    folder,
    ...readdirSync(folder).flatMap((name) => (ours.test(name) ? join(folder, name) : [])),
  ]) {
    const { mode, uid } = statSync(path)
    // Somebody else's folder (a mounted volume) is closed by them, or not at all.
    if ((mode & 0o077) !== 0 && uid === process.getuid?.()) chmodSync(path, mode & 0o700)
  }
}

/**
 * Opens a data folder, which the owner of the process alone can read from then on, like all that the
 * process writes. `engine` is how each workspace's engine is opened. Throws StoreInUse when another
 * process holds it.
 */
export async function openPlatform(
  dataFolder: string,
  clock: Clock = systemClock,
  engine: EngineSettings = {},
): Promise<Platform> {
  process.umask(0o077)
  makeFolder(dataFolder)
  keepToOwner(dataFolder)
  const store = await openMigratedStore(join(dataFolder, 'store.db'))
  const workspaces = new Workspaces(store, dataFolder, clock, engine)
  const holds = new AbuseHolds(store, (id) => workspaces.byId(id))
  const redemptions = new Redemptions(store, clock, {
    async sameMember(workspaceId, one, other) {
      const workspace = await workspaces.byId(workspaceId)
      return workspace !== null && areOneMember(workspace, one, other)
    },
    async idsOf(workspaceId, id) {
      const workspace = await workspaces.byId(workspaceId)
      return workspace === null ? [id] : [id, ...(await idsOfMember(workspace, id))]
    },
    blockedIn: (workspaceId) => holds.idsIn(workspaceId),
  })
  return {
    dataFolder,
    store,
    workspaces,
    accounts: await Accounts.open(store, clock),
    clock,
    redemptions,
    holds,
    ownerToken: randomBytes(32).toString('base64url'),
    async close() {
      await redemptions.settled()
      await holds.settled()
      await workspaces.close()
      await store.destroy()
    },
  }
}
