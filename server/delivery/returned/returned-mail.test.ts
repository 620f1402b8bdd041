import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { codeOf, isGone } from './address-gone.ts'
import { isAutomatic, readReturned } from './returned-mail.ts'
import { envelopeOnly, shapes } from './returned-mails.fixture.ts'

const shape = { id: `msg_${randomUUID()}`, to: 'm0001@example.com' }
const headersOf = (mail: string) => mail.slice(0, mail.indexOf('\r\n\r\n') + 4)

const expected: Record<Exclude<keyof typeof shapes, 'person'>, object | null> = {
  postfixUnknown: { kind: 'gone', code: '550 5.1.1' },
  postfixNoDomain: { kind: 'gone', code: '5.4.4' },
  postfixFull: { kind: 'failed', code: '552 5.2.2', cause: 'full' },
  postfixExpired: { kind: 'failed', code: '4.4.1', cause: 'other' },
  postfixSpam: { kind: 'failed', code: '554 5.7.1', cause: 'policy' },
  postfixDelayed: { kind: 'delayed', code: '4.4.1' },
  postfixDelivered: null,
  exchangeUnknown: { kind: 'gone', code: '550 5.1.10' },
  gmailUnknown: { kind: 'gone', code: '550 5.1.1' },
  qqUnknown: { kind: 'gone', code: '550' },
  neteaseFull: { kind: 'failed', code: '552 5.0.0', cause: 'full' },
  neteaseUnknown: { kind: 'gone', code: '550 5.0.0' },
  qmailUnknown: { kind: 'gone', code: '5.1.1' },
  outOfOffice: { kind: 'answer', code: null },
  readReceipt: null,
}

test.each(Object.entries(expected))('%s is read as what it is', async (name, told) => {
  const mail = shapes[name as keyof typeof expected](shape)
  expect(isAutomatic(headersOf(mail))).toBe(true)
  const read = await readReturned(mail)
  expect(read && { kind: read.kind, code: read.code, cause: read.cause, ids: read.deliveryIds }).toEqual(
    told && { cause: 'other', ...told, ids: [shape.id] },
  )
  // neither addresses nor words go further
  expect(JSON.stringify({ ...read, messageId: null })).not.toMatch(/example\.com|away|Sorry/)
})

test('what a person writes is not opened', () => {
  expect(isAutomatic(headersOf(shapes.person(shape)))).toBe(false)
})

test('the envelope names the delivery where nothing is returned', async () => {
  const mail = envelopeOnly(shape)
  expect(mail).not.toContain('rfc822-headers')
  expect(await readReturned(mail)).toMatchObject({ kind: 'gone', deliveryIds: [shape.id] })
  expect(await readReturned(mail.replace(/Original-Envelope-Id: .*\r\n/, ''))).toBeNull()
})

test('of several recipients behind an alias each must have failed', async () => {
  const mail = shapes.postfixUnknown(shape)
  const second = (action: string) =>
    mail.replace(
      '\r\n\r\n--4Zxx.1764000000/mx.shop.example\r\nContent-Description: Undelivered',
      `\r\n\r\nFinal-Recipient: rfc822; b@example.com\r\nAction: ${action}\r\nStatus: 2.0.0$&`,
    )
  expect(await readReturned(second('relayed'))).toBeNull()
  expect(await readReturned(second('failed'))).toMatchObject({ kind: 'gone' })
})

test('an address is gone by RFC 3463, and innocent of policy, size, time and the sender', () => {
  const by = (enhanced: string | null, reply: number | null) => isGone({ enhanced, reply })
  for (const enhanced of ['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10', '5.2.1', '5.4.4'])
    expect([enhanced, by(enhanced, null)]).toEqual([enhanced, true])
  for (const enhanced of [
    '5.1.7',
    '5.1.8',
    '5.2.2',
    '5.2.3',
    '5.3.4',
    '5.4.6',
    '5.4.7',
    '5.6.1',
    '5.7.1',
    '4.1.1',
  ])
    expect([enhanced, by(enhanced, 550)]).toEqual([enhanced, false])
  for (const enhanced of ['5.0.0', '5.2.0', '5.4.1', '5.5.0', null])
    expect([enhanced, by(enhanced, 550), by(enhanced, 554), by(enhanced, null)]).toEqual([
      enhanced,
      true,
      false,
      false,
    ])
  expect(codeOf({ reply: null, enhanced: null })).toBeNull()
})
