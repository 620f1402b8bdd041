import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeApp } from '../app.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { Visitor } from './test-visitor.ts'

let folder: string
let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>
let now: number

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-accounts-'))
  now = Date.now()
  platform = await openPlatform(folder, { now: () => new Date(now) }, { threads: 1 })
  for (const name of ['demo', 'other'])
    await platform.workspaces.create({ name, currency: 'CNY', timeZone: 'Asia/Shanghai' })
  app = await makeApp(platform)
})
afterEach(async () => {
  await app.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})

const minutes = (n: number) => (now += n * 60_000)
const password = 'correct horse'

async function owner(): Promise<Visitor> {
  const visitor = new Visitor(app)
  const entered = await visitor.mutate('accounts.signInWithLink', {
    token: platform.accounts.newOwnerToken(),
  })
  expect(entered).toMatchObject({ status: 200, data: { landing: '/' } })
  return visitor
}

async function invited(by: Visitor, role: string, name: string): Promise<Visitor> {
  const { token } = (await by.mutate('accounts.invite', { role })).data as { token: string }
  const visitor = new Visitor(app)
  const entered = await visitor.mutate('accounts.acceptInvite', { token, credentials: { name, password } })
  expect(entered.status).toBe(200)
  return visitor
}

const idOf = async (by: Visitor, name: string) =>
  ((await by.query('accounts.team')).data as { members: { userId: string; name: string }[] }).members.find(
    (member) => member.name === name,
  )!.userId

describe('the link of the owner', () => {
  test('signs in once, as owner of every workspace, with a cookie that scripts and other sites cannot use', async () => {
    const token = platform.accounts.newOwnerToken()
    const visitor = new Visitor(app)
    expect((await visitor.query('accounts.me')).data).toBeNull()
    const entered = await visitor.mutate('accounts.signInWithLink', { token })
    expect(entered.cookies.join()).toMatch(/HttpOnly/i)
    expect(entered.cookies.join()).toMatch(/SameSite=Lax/i)
    expect((await visitor.query('accounts.me')).data).toMatchObject({
      role: 'owner',
      ownsInstallation: true,
      hasPassword: false,
      current: { name: 'demo' },
      workspaces: [{ name: 'demo' }, { name: 'other' }],
    })
    // until a name is chosen the owner is called by the role, in the language of whoever reads
    for (const [language, called] of [
      ['zh-CN', '店主'],
      ['en', 'Owner'],
    ] as const) {
      visitor.reads = language
      expect((await visitor.query('accounts.me')).data).toMatchObject({ name: called })
      expect(await idOf(visitor, called)).toBeTruthy()
    }
    visitor.reads = undefined
    const second = await new Visitor(app).mutate('accounts.signInWithLink', { token })
    expect(second).toMatchObject({ status: 401, data: undefined })
  })

  test('ends after 15 minutes and when a newer one is printed', async () => {
    const old = platform.accounts.newOwnerToken()
    const token = platform.accounts.newOwnerToken()
    const visitor = new Visitor(app)
    expect((await visitor.mutate('accounts.signInWithLink', { token: old })).status).toBe(401)
    minutes(15)
    expect((await visitor.mutate('accounts.signInWithLink', { token })).status).toBe(401)
    expect((await visitor.query('accounts.me')).data).toBeNull()
  })

  test('is the same person each time', async () => {
    const me = (await (await owner()).query('accounts.me')).data
    expect((await (await owner()).query('accounts.me')).data).toEqual(me)
  })
})

describe('name and password', () => {
  test('are set after the first sign-in, end the other sessions and renew this one', async () => {
    const elsewhere = await owner()
    const visitor = await owner()
    const stolen = visitor.copy()
    expect((await visitor.mutate('accounts.setPassword', { name: '王小明', password })).status).toBe(200)
    expect((await visitor.query('accounts.me')).data).toMatchObject({ name: '王小明', hasPassword: true })
    expect((await elsewhere.query('accounts.me')).data).toBeNull()
    expect((await stolen.query('accounts.me')).data).toBeNull()

    const later = new Visitor(app)
    expect((await later.mutate('accounts.signIn', { name: ' 王小明 ', password })).status).toBe(200)
    expect((await later.query('accounts.me')).data).toMatchObject({ role: 'owner' })
  })

  test('wrong ones say the same for a known and an unknown name', async () => {
    const visitor = await owner()
    await visitor.mutate('accounts.setPassword', { name: 'Ann', password })
    const known = await new Visitor(app).mutate('accounts.signIn', { name: 'Ann', password: 'wrong wrong' })
    const unknown = await new Visitor(app).mutate('accounts.signIn', { name: 'Bob', password: 'wrong wrong' })
    expect(known.status).toBe(401)
    expect([unknown.status, unknown.message]).toEqual([known.status, known.message])
  })

  test('after five wrong passwords even the right one waits, and then works', async () => {
    const visitor = await owner()
    await visitor.mutate('accounts.setPassword', { name: 'Ann', password })
    const guesser = new Visitor(app)
    for (let n = 0; n < 5; n++)
      expect((await guesser.mutate('accounts.signIn', { name: 'ann', password: `wrong ${n}…` })).status).toBe(
        401,
      )
    expect((await guesser.mutate('accounts.signIn', { name: 'Ann', password })).status).toBe(429)
    minutes(15)
    expect((await guesser.mutate('accounts.signIn', { name: 'Ann', password })).status).toBe(200)
  })

  test('a name belongs to one person', async () => {
    const visitor = await owner()
    await visitor.mutate('accounts.setPassword', { name: 'Ann', password })
    const { token } = (await visitor.mutate('accounts.invite', { role: 'viewer' })).data as { token: string }
    const second = await new Visitor(app).mutate('accounts.acceptInvite', {
      token,
      credentials: { name: 'ＡＮＮ', password },
    })
    expect(second.status).toBe(409)
  })

  test('signing out ends the session, not only the cookie', async () => {
    const visitor = await owner()
    const kept = visitor.copy()
    await visitor.mutate('accounts.signOut')
    expect((await kept.query('accounts.me')).data).toBeNull()
  })
})

describe('invites', () => {
  test('give one person one role in one workspace, once', async () => {
    const by = await owner()
    const { token } = (await by.mutate('accounts.invite', { role: 'viewer' })).data as { token: string }
    const visitor = new Visitor(app)
    expect((await visitor.mutate('accounts.inviteOf', { token })).data).toEqual({
      workspace: 'demo',
      role: 'viewer',
    })
    const credentials = { name: 'Vi', password }
    await visitor.mutate('accounts.acceptInvite', { token, credentials })
    expect((await visitor.query('accounts.me')).data).toMatchObject({
      role: 'viewer',
      ownsInstallation: false,
      workspaces: [{ name: 'demo', role: 'viewer' }],
    })
    const again = await new Visitor(app).mutate('accounts.acceptInvite', {
      token,
      credentials: { name: 'Eve', password },
    })
    expect(again.status).toBe(401)
  })

  test('end after 7 days and when withdrawn', async () => {
    const by = await owner()
    const old = (await by.mutate('accounts.invite', { role: 'viewer' })).data as { token: string; id: string }
    await by.mutate('accounts.withdrawInvite', { id: old.id })
    const late = (await by.mutate('accounts.invite', { role: 'viewer' })).data as { token: string }
    const visitor = new Visitor(app)
    expect((await visitor.mutate('accounts.inviteOf', { token: old.token })).status).toBe(401)
    expect((await visitor.mutate('accounts.inviteOf', { token: late.token })).status).toBe(200)
    minutes(7 * 24 * 60)
    expect((await visitor.mutate('accounts.inviteOf', { token: late.token })).status).toBe(401)
  })

  test('of a second workspace join the person who is signed in', async () => {
    const by = await owner()
    const vi = await invited(by, 'viewer', 'Vi')
    const other = (await platform.workspaces.byName('other'))!
    expect((await vi.mutate('workspaces.switch', { id: other.id })).status).toBe(403)
    await by.mutate('workspaces.switch', { id: other.id })
    const { token } = (await by.mutate('accounts.invite', { role: 'cashier' })).data as { token: string }
    const joined = await vi.mutate('accounts.acceptInvite', { token, credentials: null })
    expect(joined.data).toEqual({ landing: '/redeem' })
    expect((await vi.query('accounts.me')).data).toMatchObject({
      role: 'cashier',
      current: { name: 'other' },
    })
    const demo = (await platform.workspaces.byName('demo'))!
    await vi.mutate('workspaces.switch', { id: demo.id })
    expect((await vi.query('accounts.me')).data).toMatchObject({ role: 'viewer', current: { name: 'demo' } })
  })
})

test('a page that shows another workspace than the session is told so and gets nothing', async () => {
  const by = await owner()
  const other = (await platform.workspaces.byName('other'))!
  const demo = (await platform.workspaces.byName('demo'))!
  by.shows = demo.id
  expect((await by.query('segments.list')).status).toBe(200)
  await by.mutate('workspaces.switch', { id: other.id }) // in another tab
  const late = await by.query('segments.list')
  expect(late.status).toBe(409)
  expect(JSON.parse(late.body)).toMatchObject({ error: { data: { pageIsOld: true } } })
  expect((await by.mutate('segments.save', { name: 'Quiet', expression: 'everyone' })).status).toBe(409)
  expect((await by.send('GET', `/export/members.csv?shown=${demo.id}`)).status).toBe(409)
  expect((await by.send('POST', '/api/uploads?name=a.csv', {})).status).toBe(409)
  by.shows = other.id
  expect((await by.query('segments.list')).data).toEqual([])
})

describe('the team', () => {
  test('a changed role and a removal hold from the next call on', async () => {
    const by = await owner()
    const vi = await invited(by, 'marketer', 'Vi')
    const userId = await idOf(by, 'Vi')
    await by.mutate('accounts.setRole', { userId, role: 'cashier' })
    expect((await vi.query('accounts.me')).data).toMatchObject({ role: 'cashier' })
    expect((await by.mutate('accounts.remove', { userId })).status).toBe(200)
    expect((await vi.query('accounts.me')).data).toBeNull()
    const again = new Visitor(app)
    await again.mutate('accounts.signIn', { name: 'Vi', password })
    expect((await again.query('accounts.me')).data).toMatchObject({ role: null, workspaces: [] })
  })

  test('the owner of the installation can be neither demoted nor removed', async () => {
    const by = await owner()
    const { members } = (await by.query('accounts.team')).data as { members: { userId: string }[] }
    const userId = members[0]!.userId
    const second = await invited(by, 'owner', 'Second')
    expect((await second.mutate('accounts.setRole', { userId, role: 'viewer' })).status).toBe(409)
    expect((await second.mutate('accounts.remove', { userId })).status).toBe(409)
    expect((await by.query('accounts.me')).data).toMatchObject({ role: 'owner' })
  })

  test('a removal closes what was still open', async () => {
    const by = await owner()
    await invited(by, 'viewer', 'Vi')
    const userId = await idOf(by, 'Vi')
    let open = true
    platform.accounts.keepStream(userId, () => (open = false))
    await by.mutate('accounts.remove', { userId })
    expect(open).toBe(false)
  })
})

test.each(['https://evil.example', 'http://localhost:9999', 'null', undefined])(
  'a page of %s changes nothing in the name of who is signed in',
  async (origin) => {
    const visitor = await owner()
    visitor.origin = origin
    expect((await visitor.mutate('accounts.setPassword', { name: 'Eve', password })).status).toBe(401)
    expect((await visitor.mutate('workspaces.create', { name: 'evil' })).status).toBe(401)
    expect((await visitor.mutate('accounts.signOut')).status).toBe(403)
    expect(await platform.workspaces.byName('evil')).toBeNull()
    expect((await visitor.query('accounts.me')).data).toMatchObject({ name: 'Owner' })
  },
)

describe('by another way in', () => {
  const enter = async (headers: Record<string, string>) => {
    const answer = await app.inject({
      method: 'POST',
      url: '/trpc/accounts.signInWithLink',
      headers,
      payload: { token: platform.accounts.newOwnerToken() },
    })
    return { status: answer.statusCode, cookies: [answer.headers['set-cookie'] ?? []].flat() }
  }

  test('an address of the network signs in, without HTTPS', async () => {
    const { status, cookies } = await enter({ host: '192.168.1.7:4100', origin: 'http://192.168.1.7:4100' })
    expect(status).toBe(200)
    expect(cookies.join()).toMatch(/HttpOnly; SameSite=Lax/)
    expect(cookies.join()).not.toMatch(/Secure/)
  })

  test.each<Record<string, string>>([
    { host: 'shop.example', 'x-forwarded-proto': 'https' },
    { host: '127.0.0.1:4100', 'x-forwarded-host': 'shop.example', 'x-forwarded-proto': 'https' },
    { host: '127.0.0.1:4100', 'sec-fetch-site': 'same-origin' },
  ])('a proxy with HTTPS keeps the cookies to it: %j', async (headers) => {
    const { status, cookies } = await enter({ ...headers, origin: 'https://shop.example' })
    expect(status).toBe(200)
    expect(cookies.length).toBeGreaterThan(0)
    expect(cookies.filter((cookie) => !cookie.endsWith('; Secure'))).toEqual([])
  })

  test.each<Record<string, string>>([
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
    {},
  ])('another page behind the proxy does nothing: %j', async (headers) => {
    const origin = 'https://evil.example'
    expect((await enter({ ...headers, host: '127.0.0.1:4100', origin })).status).toBe(403)
    const forwarded = { 'x-forwarded-host': 'shop.example', host: '127.0.0.1:4100' }
    expect((await enter({ ...headers, ...forwarded, origin })).status).toBe(403)
  })

  test('who guesses through the proxy stops nobody else', async () => {
    const guess = (address: string) =>
      app.inject({
        method: 'POST',
        url: '/trpc/accounts.signInWithLink',
        headers: { host: 'shop.example', origin: 'https://shop.example', 'x-forwarded-for': address },
        payload: { token: 'guessed' },
      })
    let status = 401
    for (let n = 0; n < 60 && status === 401; n++) status = (await guess('203.0.113.9')).statusCode
    expect(status).toBe(429)
    expect((await guess('203.0.113.10')).statusCode).toBe(401)
  })
})

test('a question longer than an address comes as a body, from our own pages alone', async () => {
  const by = await owner()
  const expression = `member in (${Array.from({ length: 4000 }, (_, n) => `"m${n}"`).join(', ')})`
  expect((await by.send('POST', '/trpc/segments.check', { expression })).status).toBe(200)
  expect((await by.send('POST', '/trpc/segments.list', {})).data).toEqual([])
  by.origin = 'https://evil.example'
  expect((await by.send('POST', '/trpc/segments.list', {})).status).toBe(401)
})

test('nothing is changed by an address', async () => {
  const by = await owner()
  const input = encodeURIComponent(JSON.stringify({ name: 'By address' }))
  expect((await by.send('GET', `/trpc/workspaces.create?input=${input}`)).status).toBe(405)
  expect(await platform.workspaces.byName('By address')).toBeNull()
})

test('tokens are kept only as hashes', async () => {
  const by = await owner()
  const { token } = (await by.mutate('accounts.invite', { role: 'viewer' })).data as { token: string }
  const kept = await platform.store.selectFrom('invites').selectAll().execute()
  expect(JSON.stringify(kept)).not.toContain(token)
})
