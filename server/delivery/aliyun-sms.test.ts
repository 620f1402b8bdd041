import { createHash, createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { isOptOut, outcomeOfCode, sendSms, signedRequest } from './aliyun-sms.ts'

test('a call is signed as the document’s example is', () => {
  const { url, headers } = signedRequest(
    { accessKeyId: 'YourAccessKeyId', accessKeySecret: 'YourAccessKeySecret' },
    {
      endpoint: 'https://ecs.cn-shanghai.aliyuncs.com',
      action: 'RunInstances',
      version: '2014-05-26',
      query: {
        RegionId: 'cn-shanghai',
        ImageId: 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd',
      },
      at: new Date('2023-10-26T10:22:32Z'),
      nonce: '3156853299f313e23d1673dc12e1703d',
    },
  )
  expect(url).toBe(
    'https://ecs.cn-shanghai.aliyuncs.com/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai',
  )
  expect(headers.authorization).toBe(
    'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
  )
})

const accessKeySecret = 'a secret'

/** What a receiver of such calls does: signs what came over the wire, by the document, and compares. */
function isSignedWell(method: string, url: string, headers: Record<string, unknown>, body: string): boolean {
  const sha = (text: string) => createHash('sha256').update(text).digest('hex')
  const [, id, names, signature] =
    /^ACS3-HMAC-SHA256 Credential=(.+),SignedHeaders=(.+),Signature=([0-9a-f]{64})$/.exec(
      String(headers.authorization),
    )!
  const [path, query = ''] = url.split('?')
  const sorted = query.split('&').toSorted().join('&')
  const lines = names!.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const canonical = [method, path, sorted, lines.join(''), names, sha(body)].join('\n')
  const expected = createHmac('sha256', accessKeySecret)
    .update(`ACS3-HMAC-SHA256\n${sha(canonical)}`)
    .digest('hex')
  return id === 'key' && headers['x-acs-content-sha256'] === sha(body) && expected === signature
}

test('a message is taken by a server that checks the signature, and not with another secret', async () => {
  const asked: URLSearchParams[] = []
  let answer: object | string = { Code: 'OK', BizId: '1' }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const good = isSignedWell(request.method!, request.url!, request.headers, body)
      if (good) asked.push(new URL(request.url!, 'http://x').searchParams)
      response.writeHead(good ? 200 : 400, { 'content-type': 'application/json' })
      response.end(
        good
          ? typeof answer === 'string'
            ? answer
            : JSON.stringify(answer)
          : '{"Code":"SignatureDoesNotMatch"}',
      )
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const message = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    signName: '好邻居 (总店)',
    templateCode: 'SMS_1234567',
    params: { name: "王 & 李 +'*!~", code: 'ABCDE-23456' },
    phone: '+8613800138000',
    deliveryId: 'msg_1',
    at: new Date('2026-11-28T00:00:00Z'),
  }
  const key = { accessKeyId: 'key', accessKeySecret }
  const go = new AbortController()
  expect(await sendSms(key, message, go.signal)).toEqual({ kind: 'delivered' })
  expect(Object.fromEntries(asked[0]!)).toEqual({
    PhoneNumbers: '13800138000',
    SignName: '好邻居 (总店)',
    TemplateCode: 'SMS_1234567',
    TemplateParam: JSON.stringify(message.params),
    OutId: 'msg_1',
  })
  expect(await sendSms({ ...key, accessKeySecret: 'another' }, message, go.signal)).toEqual({
    kind: 'failed',
    why: { id: 'sms-answered', values: { code: 'SignatureDoesNotMatch' } },
  })
  await sendSms(key, { ...message, phone: '+85298765432' }, go.signal)
  expect(asked[1]!.get('PhoneNumbers')).toBe('85298765432')
  answer = { Code: 'isv.MOBILE_NUMBER_ILLEGAL', Message: '13800138000 is none' }
  const bounced = await sendSms(key, message, go.signal)
  expect(bounced).toMatchObject({ kind: 'dead', bounced: true })
  expect(JSON.stringify(bounced)).not.toContain('13800138000')
  answer = '<html>'
  expect(await sendSms(key, message, go.signal)).toMatchObject({ kind: 'failed' })
  server.close()
  server.closeAllConnections()
  expect(await sendSms(key, message, go.signal)).toMatchObject({
    kind: 'failed',
    why: { id: 'receiver-not-reached' },
  })
})

test('codes by class: later, never, no such number', () => {
  const kind = (code: string) => {
    const outcome = outcomeOfCode(code)
    return outcome.kind === 'dead' && outcome.bounced ? 'bounced' : outcome.kind
  }
  expect(kind('OK')).toBe('delivered')
  for (const code of ['isp.SYSTEM_ERROR', 'isp.RAM_PERMISSION_DENY', 'Throttling.User', 'ServiceUnavailable'])
    expect(kind(code)).toBe('failed')
  for (const code of ['isv.DAY_LIMIT_CONTROL', 'isv.AMOUNT_NOT_ENOUGH', 'isv.OUT_OF_SERVICE'])
    expect(kind(code)).toBe('failed')
  for (const code of [
    'isv.SMS_TEMPLATE_ILLEGAL',
    'isv.SMS_SIGNATURE_ILLEGAL',
    'isv.TEMPLATE_MISSING_PARAMETERS',
    'isv.BLACK_KEY_CONTROL_LIMIT',
    'isv.PARAM_LENGTH_LIMIT',
  ])
    expect(kind(code)).toBe('dead')
  expect(kind('isv.MOBILE_NUMBER_ILLEGAL')).toBe('bounced')
  expect(outcomeOfCode('isv.BUSINESS_LIMIT_CONTROL')).toMatchObject({ kind: 'failed', afterMs: 3_600_000 })
})

test('a reply that asks for no more is that word alone', () => {
  for (const reply of ['T', 'td', ' 退订 ', 'R', '退订。', 'N', 'stop', 'Ｔ', 'ＴＤ'])
    expect(isOptOut(reply)).toBe(true)
  for (const reply of ['', '好的', 'Thanks', '退订怎么操作', 'TV']) expect(isOptOut(reply)).toBe(false)
})
