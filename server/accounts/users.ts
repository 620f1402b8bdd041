import { randomUUID } from 'node:crypto'
import { type Language, sentence } from '../messages/messages.ts'
import type { Store } from '../store/store.ts'
import { normalName } from './auth.ts'

/** The owner's user, made at the first sign-in and called so in the language of that browser. */
export function ownerUserId(store: Store, language: Language, at: string): Promise<string> {
  return store.transaction().execute(async (tx) => {
    const { owner_user_id } = await tx
      .selectFrom('installation')
      .select('owner_user_id')
      .executeTakeFirstOrThrow()
    if (owner_user_id) return owner_user_id
    const id = randomUUID()
    await tx
      .insertInto('users')
      .values(userRow(id, sentence(language, 'ownerName'), false, at))
      .execute()
    await tx.updateTable('installation').set({ owner_user_id: id }).execute()
    return id
  })
}

/**
 * What a user is called: the chosen name; the owner's role, in the reader's language, until one is chosen.
 * Who has no name to sign in with has chosen none: an invited user is made with one.
 */
export const calledName = (user: { name: string; username: string | null }, language: Language): string =>
  user.username === null ? sentence(language, 'ownerName') : user.name

/** Whether somebody (but `exceptUserId`) signs in with that name. */
export async function nameTaken(store: Store, name: string, exceptUserId?: string): Promise<boolean> {
  const found = await store
    .selectFrom('users')
    .select('id')
    .where('username', '=', normalName(name))
    .executeTakeFirst()
  return found !== undefined && found.id !== exceptUserId
}

/** A new user as the Store keeps one. */
export function userRow(id: string, name: string, signsInByName: boolean, at: string) {
  return {
    id,
    name: name.trim(),
    email: `${id}@reveille.invalid`,
    email_verified: 0,
    image: null,
    username: signsInByName ? normalName(name) : null,
    created_at: at,
    updated_at: at,
  }
}

/** A password's hash as better-auth looks for it. */
export function credentialRow(userId: string, password: string, at: string) {
  return {
    id: randomUUID(),
    account_id: userId,
    provider_id: 'credential',
    user_id: userId,
    access_token: null,
    refresh_token: null,
    id_token: null,
    access_token_expires_at: null,
    refresh_token_expires_at: null,
    scope: null,
    password,
    created_at: at,
    updated_at: at,
  }
}
