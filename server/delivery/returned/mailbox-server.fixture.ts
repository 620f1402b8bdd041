import { createRequire } from 'node:module'
import type { AddressInfo, Server } from 'node:net'

interface Connection {
  send(response: object, description: string, command: object): void
}
type Handler = (connection: Connection, command: Command, data: unknown, done: () => void) => void
interface Command {
  readonly tag: string
  readonly attributes?: readonly { readonly value: string }[]
}

interface Folder {
  uidvalidity: number
  messages: { uid: number; flags: string[] }[]
}

/** What is used of hoodiecrow-imap, which comes without types. */
interface Hoodiecrow {
  server: Server
  listen(port: number, host: string, ready: () => void): void
  close(closed: () => void): void
  getMailbox(path: string): Folder
  getCommandHandler(command: string): Handler
  setCommandHandler(command: string, handler: Handler): void
  appendMessage(path: string, flags: string[], internalDate: string, raw: string): void
}

/** For tests: an IMAP server on this machine with one mailbox. */
export interface MailboxServer {
  readonly port: number
  /** Puts a mail into the inbox, as another server would. */
  deliver(mail: string, internalDate?: string): void
  readonly inbox: Folder
  close(): Promise<void>
}

export const mailboxUser = { user: 'offers@shop.example', secret: 'authorisation code 7' }

export async function openMailboxServer(now: Date): Promise<MailboxServer> {
  const hoodiecrow = createRequire(import.meta.url)('hoodiecrow-imap') as (options: object) => Hoodiecrow
  const server = hoodiecrow({
    plugins: ['ID', 'LITERALPLUS', answersNo],
    users: { [mailboxUser.user]: { password: mailboxUser.secret } },
    storage: { INBOX: {}, '': { folders: { Elsewhere: {} } } },
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    port: (server.server.address() as AddressInfo).port,
    get inbox() {
      return server.getMailbox('INBOX')
    },
    deliver: (mail, internalDate = imapDate(now)) => server.appendMessage('INBOX', [], internalDate, mail),
    close: () => new Promise((closed) => server.close(closed)),
  }
}

/** Of a folder that is not there servers say NO (RFC 3501); this one says BAD by itself. */
function answersNo(server: Hoodiecrow): void {
  const examine = server.getCommandHandler('EXAMINE')
  server.setCommandHandler('EXAMINE', (connection, command, data, done) => {
    if (server.getMailbox(command.attributes?.[0]?.value ?? ''))
      return examine(connection, command, data, done)
    const text = [{ type: 'TEXT', value: 'No such folder' }]
    connection.send({ tag: command.tag, command: 'NO', attributes: text }, 'EXAMINE', command)
    done()
  })
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** An instant as IMAP writes it. */
export const imapDate = (at: Date): string =>
  `${String(at.getUTCDate()).padStart(2, '0')}-${months[at.getUTCMonth()]}-${at.getUTCFullYear()} ${at.toISOString().slice(11, 19)} +0000`
