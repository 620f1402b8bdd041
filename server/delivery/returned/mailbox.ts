import { ImapFlow } from 'imapflow'
import type { Said } from '../../messages/messages.ts'
import { isAutomatic, tellingHeaders } from './returned-mail.ts'
import type { ReturnsSettings } from './returns-settings.ts'

/** How far a folder was read. UIDs mean something only with their validity. */
export interface Position {
  readonly uidValidity: string
  readonly lastUid: number
}

/** `cutShort`: `take` ended it before the newest mail. */
export type MailboxOutcome =
  | { kind: 'read'; looked: number; cutShort: boolean }
  | { kind: 'failed'; why: Said }
  | { kind: 'stopped' }

const connectMs = 15_000
const silenceMs = 60_000
/** Of a report the first part tells everything; the mail that it returns may be large. */
const mostBytes = 500_000
/** What came before is older than any report that can still be of use. */
const firstDays = 7

/**
 * Reads what is new in a folder, in the order in which it came. The folder is opened for reading only: nothing is
 * marked, moved or deleted, and what people wrote is not fetched, only its headers. `take` is given each automatic
 * mail, or null for another, with the position after it, which it keeps; false ends the reading before that mail.
 */
export async function readMailbox(
  { settings, secret }: { settings: ReturnsSettings; secret: string },
  from: Position | null,
  now: Date,
  take: (source: Buffer | null, position: Position) => Promise<boolean>,
  stop: AbortSignal,
): Promise<MailboxOutcome> {
  const { host, port, security, user, folder } = settings
  const client = new ImapFlow({
    host,
    port,
    secure: security === 'tls',
    ...(security === 'tls' ? {} : { doSTARTTLS: security === 'starttls' }),
    auth: { user, pass: secret },
    clientInfo: { name: 'Reveille' }, // 163 and 126 let nobody read who does not say a name (RFC 2971)
    logger: false,
    disableAutoIdle: true,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: silenceMs,
  })
  client.on('error', () => {}) // every call under way is refused with it too
  const end = () => client.close()
  stop.addEventListener('abort', end, { once: true })
  let thrown: { error: unknown } | null = null
  try {
    stop.throwIfAborted()
    await client.connect()
    const box = await client.mailboxOpen(folder, { readOnly: true })
    const uidValidity = String(box.uidValidity)
    const after = from?.uidValidity === uidValidity ? from.lastUid : 0
    const since = new Date(now.getTime() - firstDays * 86_400_000)
    const found =
      (await client.search(after > 0 ? { uid: `${after + 1}:*` } : { since }, { uid: true })) || []
    const uids = found.filter((uid) => uid > after).toSorted((a, b) => a - b)
    let looked = 0
    for (let at = 0; at < uids.length; at += 200) {
      const part = uids.slice(at, at + 200)
      const automatic = new Set<number>()
      for await (const { uid, headers } of client.fetch(
        part,
        { uid: true, headers: [...tellingHeaders] },
        { uid: true },
      ))
        if (headers && isAutomatic(headers.toString('latin1'))) automatic.add(uid)
      for (const uid of part) {
        const mail = automatic.has(uid)
          ? await client.fetchOne(uid, { source: { maxLength: mostBytes } }, { uid: true })
          : false
        // deleted in between: it is not there any more
        const source = (mail && mail.source) || null
        const goesOn = await take(source, { uidValidity, lastUid: uid }).catch((error: unknown) => {
          thrown = { error }
          throw error
        })
        if (!goesOn) return { kind: 'read', looked, cutShort: true }
        looked++
      }
    }
    await client.logout()
    return { kind: 'read', looked, cutShort: false }
  } catch (error) {
    if (thrown) throw error
    return stop.aborted ? { kind: 'stopped' } : { kind: 'failed', why: whyUnread(error) }
  } finally {
    stop.removeEventListener('abort', end)
    client.close()
  }
}

/** What is said of a mailbox that can't be read: codes alone, since servers repeat names in their words. */
function whyUnread(error: unknown): Said {
  const { code, authenticationFailed, mailboxMissing, responseStatus } = error as Error & {
    code?: unknown
    authenticationFailed?: boolean
    mailboxMissing?: boolean
    responseStatus?: string
  }
  if (authenticationFailed) return { id: 'returns-signed-out' }
  if (mailboxMissing) return { id: 'returns-no-folder' }
  if (responseStatus === 'NO' || responseStatus === 'BAD') return { id: 'returns-refused' }
  return { id: 'returns-not-reached', values: { code: typeof code === 'string' ? code : 'none' } }
}
