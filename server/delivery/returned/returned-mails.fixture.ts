/** For tests: mails in the shapes that servers give them, written by hand after RFC 3464, 3461 and 3834. Each names the delivery once. */
export interface Shape {
  /** The delivery that came back. */
  readonly id: string
  readonly to: string
}

const lines = (text: string) => text.replace(/^\n/, '').replaceAll('\n', '\r\n')
const base64 = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString('base64')
    .replaceAll(/(.{76})/g, '$1\n')

const original = ({ id, to }: Shape) => `Return-Path: <offers@shop.example>
Received: from shop.example (shop.example [192.0.2.1]) by mx.shop.example; Sun, 22 Nov 2026 09:00:00 +0800
From: "The shop" <offers@shop.example>
To: ${to}
Subject: =?utf-8?B?5LyY5oOg?=
Message-ID:
 <${id}@shop.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8`

const postfix = (shape: Shape, recipient: string, subject = 'Undelivered Mail Returned to Sender') =>
  lines(`
Return-Path: <>
From: MAILER-DAEMON@mx.shop.example (Mail Delivery System)
To: offers@shop.example
Subject: ${subject}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4Zxx.1764000000/mx.shop.example"
Content-Transfer-Encoding: 8bit
Message-Id: <${shape.id.slice(4, 12)}.4Zxx@mx.shop.example>

This is a MIME-encapsulated message.

--4Zxx.1764000000/mx.shop.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.shop.example.

--4Zxx.1764000000/mx.shop.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.shop.example
X-Postfix-Queue-ID: 4Zxx
X-Postfix-Sender: rfc822; offers@shop.example
Arrival-Date: Sun, 22 Nov 2026 09:00:00 +0800 (CST)

Final-Recipient: rfc822; ${shape.to}
Original-Recipient: rfc822;${shape.to}
${recipient}

--4Zxx.1764000000/mx.shop.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

${original(shape)}

--4Zxx.1764000000/mx.shop.example--
`)

/** As 163 writes: a report whose words are in GBK and whose status says nothing exact. */
const netease = (shape: Shape, said: string) =>
  lines(`
Return-Path: <>
From: Postmaster@163.com
To: offers@shop.example
Subject: =?GBK?B?z7XNs83L0MU=?=
Message-Id: <${shape.id.slice(4, 12)}@mail-m163.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_mail163"

--=_mail163
Content-Type: text/plain; charset=gbk
Content-Transfer-Encoding: base64

${base64(gbk('', [0xcd, 0xcb, 0xd0, 0xc5], ' 552'))}

--=_mail163
Content-Type: message/delivery-status

Reporting-MTA: dns; mail-m163.example

Final-Recipient: rfc822; ${shape.to}
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; ${said}

--=_mail163
Content-Type: text/rfc822-headers; charset=utf-8
Content-Transfer-Encoding: base64

${base64(Buffer.from(`${original(shape)}\n`))}

--=_mail163--
`)

export const shapes = {
  postfixUnknown: (shape: Shape) =>
    postfix(
      shape,
      `Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 5.1.1 <${shape.to}>: Recipient address rejected:
    User unknown in virtual mailbox table`,
    ),
  postfixNoDomain: (shape: Shape) =>
    postfix(
      shape,
      `Action: failed\nStatus: 5.4.4\nDiagnostic-Code: X-Postfix; Host or domain name not found`,
    ),
  postfixFull: (shape: Shape) =>
    postfix(
      shape,
      `Action: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox size limit exceeded`,
    ),
  postfixExpired: (shape: Shape) =>
    postfix(
      shape,
      `Action: failed\nStatus: 4.4.1\nDiagnostic-Code: X-Postfix; connect to mx.example.com: Connection timed out`,
    ),
  postfixSpam: (shape: Shape) =>
    postfix(shape, `Action: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; 554 5.7.1 Looks like spam`),
  postfixDelayed: (shape: Shape) =>
    postfix(
      shape,
      `Action: delayed\nStatus: 4.4.1\nDiagnostic-Code: X-Postfix; connect to mx.example.com: Connection refused\nWill-Retry-Until: Fri, 27 Nov 2026 09:00:00 +0800 (CST)`,
      'Delayed Mail (still being retried)',
    ),
  postfixDelivered: (shape: Shape) => postfix(shape, `Action: relayed\nStatus: 2.0.0`),

  /** Exchange: HTML first, its own diagnostic, the original's headers; no empty Return-Path. */
  exchangeUnknown: (shape: Shape) =>
    lines(`
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com>
To: <offers@shop.example>
Date: Sun, 22 Nov 2026 01:00:10 +0000
Content-Type: multipart/report; report-type=delivery-status;
	boundary="90d35ea7-a7f3-4c77-9a62-8f4b2c0c3e5e"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-US
Message-ID: <${shape.id.slice(4, 12)}@example.com>
In-Reply-To: <${shape.id}@shop.example>
References: <${shape.id}@shop.example>
Subject: Undeliverable: =?utf-8?B?5LyY5oOg?=
Auto-Submitted: auto-replied
MIME-Version: 1.0

--90d35ea7-a7f3-4c77-9a62-8f4b2c0c3e5e
Content-Type: multipart/alternative; differences=Content-Type;
	boundary="b1"

--b1
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message couldn't be delivered. 550 5.1.10 RESOLVER.ADR.RecipientNotFou=
nd; Recipient not found

--b1
Content-Type: text/html; charset="us-ascii"

<html><body><p>Your message couldn't be delivered.</p></body></html>

--b1--

--90d35ea7-a7f3-4c77-9a62-8f4b2c0c3e5e
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01MB0001.example.com
Received-From-MTA: dns;mx.shop.example
Arrival-Date: Sun, 22 Nov 2026 01:00:09 +0000

Final-Recipient: rfc822;${shape.to}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ${shape.to} not found by SMTP address lookup
X-Display-Name: Somebody

--90d35ea7-a7f3-4c77-9a62-8f4b2c0c3e5e
Content-Type: message/rfc822

${original(shape)}

Hello

--90d35ea7-a7f3-4c77-9a62-8f4b2c0c3e5e--
`),

  /** Gmail: parts within parts, a status over several reply lines, the whole mail returned. */
  gmailUnknown: (shape: Shape) =>
    lines(`
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: offers@shop.example
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <${shape.id}@shop.example>
In-Reply-To: <${shape.id}@shop.example>
X-Failed-Recipients: ${shape.to}
Message-ID: <${shape.id.slice(4, 12)}.ab.x@mx.google.com>
Date: Sun, 22 Nov 2026 01:00:11 GMT
MIME-Version: 1.0
Content-Type: multipart/report; boundary="0000000000001"; report-type=delivery-status

--0000000000001
Content-Type: multipart/related; boundary="0000000000002"

--0000000000002
Content-Type: multipart/alternative; boundary="0000000000003"

--0000000000003
Content-Type: text/plain; charset="UTF-8"

** Address not found **

--0000000000003
Content-Type: text/html; charset="UTF-8"

<html><p>Address not found</p></html>

--0000000000003--
--0000000000002
Content-Type: image/png; name="icon.png"
Content-Disposition: attachment; filename="icon.png"
Content-Transfer-Encoding: base64
Content-ID: <icon.png>

iVBORw0KGgo=
--0000000000002--
--0000000000001
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Sun, 22 Nov 2026 01:00:10 +0000 (UTC)
X-Original-Message-ID: <${shape.id}@shop.example>

Final-Recipient: rfc822; ${shape.to}
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.google.com.
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550-5.1.1 double-checking the recipient's email address for typos or
 550 5.1.1 unnecessary spaces.
Last-Attempt-Date: Sun, 22 Nov 2026 01:00:10 +0000 (UTC)

--0000000000001
Content-Type: message/rfc822

${original(shape)}

Hello
--0000000000001--
`),

  /** As QQ Mail writes: no status part, Chinese HTML in GB18030 and base64, the mail attached. */
  qqUnknown: (shape: Shape) =>
    lines(`
From: "postmaster@qq.com" <postmaster@qq.com>
To: offers@shop.example
Subject: =?gb18030?B?z7XNs83L0MU=?=
Date: Sun, 22 Nov 2026 09:00:12 +0800
Message-ID: <${shape.id.slice(4, 12)}@qq.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="----=_NextPart_1"

------=_NextPart_1
Content-Type: text/html; charset="gb18030"
Content-Transfer-Encoding: base64

${base64(gbk('<p>', [0xcd, 0xcb, 0xd0, 0xc5], `</p><p>host mx3.qq.com said: 550 Mailbox not found. http://service.mail.qq.com/detail/122/552</p>`))}

------=_NextPart_1
Content-Type: message/rfc822

${original(shape)}

Hello
------=_NextPart_1--
`),

  neteaseFull: (shape: Shape) => netease(shape, '552 Requested mail action aborted: exceeded mailsize limit'),
  neteaseUnknown: (shape: Shape) => netease(shape, `550 User not found: ${shape.to}`),

  /** qmail: the mail as text below its own words. */
  qmailUnknown: (shape: Shape) =>
    lines(`
Return-Path: <>
From: MAILER-DAEMON@mail.example.com
To: offers@shop.example
Subject: failure notice
Date: 22 Nov 2026 01:00:13 -0000

Hi. This is the qmail-send program at mail.example.com.

<${shape.to}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

${original(shape)}

Hello
`),

  outOfOffice: (shape: Shape) =>
    lines(`
From: Somebody <${shape.to}>
To: The shop <offers@shop.example>
Subject: Automatic reply: =?utf-8?B?5LyY5oOg?=
Date: Sun, 22 Nov 2026 01:00:14 +0000
Message-ID: <${shape.id.slice(4, 12)}.oof@example.com>
In-Reply-To: <${shape.id}@shop.example>
References: <${shape.id}@shop.example>
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"

I am away until 30 November. 550 5.1.1 is not why.
`),

  /** What a person answers, with the mail below. */
  person: (shape: Shape) =>
    lines(`
From: Somebody <${shape.to}>
To: The shop <offers@shop.example>
Subject: Re: =?utf-8?B?5LyY5oOg?=
Message-ID: <${shape.id.slice(4, 12)}.re@example.com>
In-Reply-To: <${shape.id}@shop.example>
References: <${shape.id}@shop.example>
Content-Type: text/plain; charset="utf-8"

Is it good on Sunday? My address is secret@example.com.
`),

  readReceipt: (shape: Shape) =>
    lines(`
Return-Path: <>
From: Somebody <${shape.to}>
To: offers@shop.example
Subject: Read: =?utf-8?B?5LyY5oOg?=
Message-ID: <${shape.id.slice(4, 12)}.mdn@example.com>
In-Reply-To: <${shape.id}@shop.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="m"

--m
Content-Type: text/plain

Your message was read.

--m
Content-Type: message/disposition-notification

Final-Recipient: rfc822; ${shape.to}
Original-Message-ID: <${shape.id}@shop.example>
Disposition: automatic-action/MDN-sent-automatically; displayed

--m--
`),
} satisfies Record<string, (shape: Shape) => string>

/** The same Postfix report without the mail that it returns, naming the delivery by the envelope alone (RFC 3461). */
export const envelopeOnly = (shape: Shape): string =>
  shapes
    .postfixUnknown(shape)
    .replace('X-Postfix-Queue-ID: 4Zxx', `Original-Envelope-Id: ${shape.id}`)
    .replace(
      /--4Zxx[^\r]*\r\nContent-Description: Undelivered Message Headers[\s\S]*(?=--4Zxx[^\r]*--\r\n$)/,
      '',
    )

function gbk(before: string, chinese: number[], after: string): Uint8Array {
  return Buffer.concat([Buffer.from(before), Buffer.from(chinese), Buffer.from(after)])
}
