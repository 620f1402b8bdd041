import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { makeApp } from '../app.ts'
import { createDemo } from '../demo/demo.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { importKinds } from '../import/import-kinds.ts'
import { appRouter } from '../router.ts'
import { sampleOf } from './test-sample.ts'
import { Visitor } from './test-visitor.ts'

/** From the one who may do least to the one who may do most. `outsider` owns another workspace. */
const visitors = ['nobody', 'cashier', 'viewer', 'marketer', 'owner'] as const
type Who = (typeof visitors)[number]

/**
 * Who may call what. `anyone`: also nobody; `person`: who is signed in; `installation`: the owner of the
 * installation, whatever the workspace; `nobody-here`: the command line alone.
 */
type Rule = 'nobody-here' | 'anyone' | 'person' | 'desk' | 'reader' | 'marketer' | 'owner' | 'installation'

const allowed: Record<Rule, readonly Who[]> = {
  'nobody-here': [],
  anyone: visitors,
  person: ['cashier', 'viewer', 'marketer', 'owner'],
  desk: ['cashier', 'marketer', 'owner'],
  reader: ['viewer', 'marketer', 'owner'],
  marketer: ['marketer', 'owner'],
  owner: ['owner'],
  installation: ['owner'],
}

const access: Record<string, Rule> = {
  'accounts.me': 'anyone',
  'accounts.signIn': 'anyone',
  'accounts.signInWithLink': 'anyone',
  'accounts.signOut': 'anyone',
  'accounts.setPassword': 'person',
  'accounts.inviteOf': 'anyone',
  'accounts.acceptInvite': 'anyone',
  'accounts.team': 'owner',
  'accounts.invite': 'owner',
  'accounts.withdrawInvite': 'owner',
  'accounts.setRole': 'owner',
  'accounts.remove': 'owner',
  // what there is to ask, and whether a rule is well formed: nothing of any workspace
  'analytics.metrics': 'person',
  'analytics.metric': 'reader',
  'analytics.overview': 'reader',
  'analytics.retention': 'reader',
  'analytics.repurchase': 'reader',
  'analytics.ltv': 'reader',
  'analytics.growth': 'reader',
  'analytics.clv': 'reader',
  'analytics.foretelling': 'reader',
  'analytics.products': 'reader',
  'analytics.affinity': 'reader',
  'analytics.season': 'reader',
  'analytics.discounts': 'reader',
  'analytics.places': 'reader',
  'analytics.cards': 'reader',
  'analytics.points': 'reader',
  'analytics.hours': 'reader',
  'analytics.specialDays': 'reader',
  'analytics.rfm': 'reader',
  'analytics.rfmMigration': 'reader',
  'analytics.rfmPreview': 'reader',
  'analytics.explain': 'reader',
  'analytics.concentration': 'reader',
  'analytics.dormancy': 'reader',
  'analytics.dormancyRules': 'reader',
  'backup.start': 'nobody-here',
  'backup.state': 'nobody-here',
  'backup.stop': 'nobody-here',
  'demo.create': 'installation',
  'digest.compose': 'reader',
  'digest.settings': 'owner',
  'digest.change': 'owner',
  'digest.addRecipient': 'owner',
  'digest.removeRecipient': 'owner',
  'delivery.settings': 'reader',
  'delivery.change': 'owner',
  'delivery.mail': 'owner',
  'delivery.setMail': 'owner',
  'delivery.testMail': 'owner',
  'delivery.returns': 'owner',
  'delivery.setReturns': 'owner',
  'delivery.readReturns': 'owner',
  'delivery.sms': 'owner',
  'delivery.setSms': 'owner',
  'delivery.testSms': 'owner',
  'delivery.wechat': 'owner',
  'delivery.setWechat': 'owner',
  'delivery.testWechat': 'owner',
  'delivery.handState': 'reader',
  'delivery.takeHandList': 'marketer',
  'delivery.takeHandResults': 'marketer',
  'delivery.preview': 'marketer',
  'dictionary.read': 'reader',
  'elsewhere.overview': 'reader',
  'elsewhere.differing': 'reader',
  'elsewhere.differingPoints': 'reader',
  'elsewhere.ofMember': 'reader',
  'elsewhere.experiment': 'reader',
  'exports.start': 'nobody-here',
  'exports.running': 'owner',
  'exports.state': 'nobody-here',
  'exports.stop': 'nobody-here',
  'feeds.health': 'reader',
  'segments.check': 'person',
  'segments.count': 'reader',
  'segments.sample': 'reader',
  'segments.memberIds': 'marketer',
  'segments.explain': 'reader',
  'segments.nearMisses': 'reader',
  'segments.partCounts': 'reader',
  'segments.reading': 'reader',
  'segments.values': 'reader',
  'segments.starters': 'reader',
  'segments.refreshing': 'reader',
  'segments.stopRefreshing': 'marketer',
  'segments.list': 'reader',
  'segments.sizes': 'reader',
  'segments.get': 'reader',
  'segments.uses': 'reader',
  'segments.save': 'marketer',
  'segments.rename': 'marketer',
  'segments.remove': 'marketer',
  'segmentCompare.overlap': 'reader',
  'segmentCompare.differences': 'reader',
  'segmentFiles.prepare': 'marketer',
  'segmentSchedules.list': 'marketer',
  'segmentSchedules.add': 'marketer',
  'segmentSchedules.remove': 'marketer',
  'segmentSchedules.run': 'marketer',
  'segmentWebhooks.list': 'marketer',
  'segmentWebhooks.add': 'marketer',
  'segmentWebhooks.remove': 'marketer',
  'segmentWebhooks.resend': 'marketer',
  'segmentSuggestions.found': 'reader',
  'segmentSuggestions.stop': 'reader',
  'segmentSuggestions.begin': 'reader',
  'segmentHistory.sizes': 'reader',
  'segmentHistory.movement': 'reader',
  'segmentHistory.moved': 'reader',
  'segmentHistory.stop': 'reader',
  'segmentHistory.continue': 'reader',
  'tags.list': 'reader',
  'tags.uses': 'reader',
  'tags.save': 'marketer',
  'tags.add': 'marketer',
  'tags.remove': 'marketer',
  'tags.rename': 'marketer',
  'tags.retire': 'marketer',
  'tags.merge': 'marketer',
  'tags.history': 'reader',
  'tags.groups': 'reader',
  'tags.saveGroup': 'marketer',
  'tags.renameGroup': 'marketer',
  'tags.removeGroup': 'marketer',
  'tags.previewRule': 'marketer',
  'tags.setRule': 'marketer',
  'tags.dropRule': 'marketer',
  'tags.applyRules': 'marketer',
  'tags.rules': 'reader',
  'tags.proposals': 'reader',
  'coupons.look': 'desk',
  'coupons.ofMember': 'reader',
  'coupons.redeem': 'desk',
  'coupons.cancel': 'desk',
  'desk.customer': 'desk',
  'desk.quote': 'desk',
  'desk.reserve': 'desk',
  'desk.confirm': 'desk',
  'desk.release': 'desk',
  'desk.takeBack': 'desk',
  'pools.list': 'reader',
  'pools.beginImport': 'marketer',
  'pools.addPart': 'marketer',
  'pools.endImport': 'marketer',
  'pools.cancelImport': 'marketer',
  'pools.dropFree': 'marketer',
  'keys.list': 'owner',
  'keys.create': 'owner',
  'keys.revoke': 'owner',
  'identity.order': 'reader',
  'identity.orderEffect': 'owner',
  'identity.changeOrder': 'owner',
  'identity.conflicts': 'reader',
  'identity.ties': 'reader',
  'identity.previewTies': 'marketer',
  'identity.mergeTies': 'marketer',
  'identity.merging': 'marketer',
  'identity.dismissTies': 'marketer',
  'imports.parts': 'marketer',
  'imports.inspect': 'marketer',
  'imports.joining': 'marketer',
  'imports.kinds': 'reader',
  'imports.start': 'marketer',
  'imports.state': 'reader',
  'imports.current': 'reader',
  'imports.progress': 'reader',
  'imports.cancel': 'marketer',
  'imports.inbox': 'marketer',
  'imports.mappings': 'marketer',
  'imports.forgetMapping': 'marketer',
  'imports.undoEffect': 'marketer',
  'imports.list': 'reader',
  'imports.restated': 'reader',
  'imports.restatedCohorts': 'reader',
  'imports.restatedPeriods': 'reader',
  'imports.undo': 'marketer',
  'opportunities.thisWeek': 'reader',
  'opportunities.keyFigures': 'reader',
  'members.list': 'reader',
  'members.found': 'marketer',
  'members.one': 'reader',
  'members.outlook': 'reader',
  'members.whatNext': 'reader',
  'members.unmask': 'owner',
  'campaigns.segmentVersions': 'reader',
  'campaigns.list': 'reader',
  'campaigns.create': 'marketer',
  'campaigns.edit': 'marketer',
  'campaigns.estimate': 'marketer',
  'campaigns.sentence': 'reader',
  'campaigns.preview': 'marketer',
  'campaigns.launch': 'marketer',
  'campaigns.pause': 'marketer',
  'campaigns.resume': 'marketer',
  'campaigns.cancel': 'marketer',
  'campaigns.show': 'reader',
  'campaigns.deadLetters': 'reader',
  'campaigns.leftOut': 'marketer',
  'campaigns.resend': 'marketer',
  'campaigns.effect': 'reader',
  'campaigns.bySegment': 'reader',
  'campaigns.size': 'reader',
  'campaigns.together': 'reader',
  'campaigns.setGlobalHoldout': 'owner',
  'campaigns.takeCodes': 'marketer',
  'campaigns.signingSecret': 'owner',
  'standing.preview': 'marketer',
  'standing.simulate': 'marketer',
  'standing.proving': 'marketer',
  'standing.goLive': 'marketer',
  'standing.finish': 'marketer',
  'standing.runs': 'reader',
  'standing.memberDays': 'reader',
  'standing.ways': 'reader',
  'merges.preview': 'marketer',
  'merges.change': 'marketer',
  'merges.list': 'reader',
  'rights.exportMember': 'owner',
  'rights.reading': 'owner',
  'rights.deletionOf': 'owner',
  'rights.deleteMember': 'owner',
  'settings.get': 'reader',
  'settings.change': 'owner',
  'settings.changeRfm': 'owner',
  'settings.audit': 'owner',
  'workspaces.current': 'person',
  'workspaces.list': 'person',
  'workspaces.switch': 'person',
  'workspaces.create': 'installation',
}

/** `public`; `key`: only with an API key of the scope; else who of the people, by their session. */
const routes: Record<string, 'public' | 'key' | Rule> = {
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'POST /sms-replies/:token': 'public',
  'POST /sms-reports/:token': 'public',
  'GET /wechat-events/:token': 'public',
  'POST /wechat-events/:token': 'public',
  'GET /unsubscribe/:token': 'public',
  'POST /unsubscribe/:token': 'public',
  'GET /api/v1/openapi.json': 'public',
  'POST /api/v1/redemptions': 'key',
  'GET /api/v1/coupons/:code': 'key',
  'GET /api/v1/coupons/:code/image': 'key',
  'POST /api/v1/redemptions/:redemptionId/cancel': 'key',
  'POST /api/v1/quotes': 'key',
  'POST /api/v1/reservations': 'key',
  'POST /api/v1/reservations/:reservationId/confirm': 'key',
  'POST /api/v1/reservations/:reservationId/release': 'key',
  'GET /api/v1/members/:memberId/wallet': 'key',
  'POST /api/v1/orders': 'key',
  'POST /api/v1/members': 'key',
  'POST /api/v1/events': 'key',
  'GET /api/v1/segments/:id/members': 'key',
  'GET /api/v1/campaigns': 'key',
  'GET /api/v1/campaigns/:campaignId/effect': 'key',
  'GET /api/v1/campaigns/:campaignId/member-days': 'key',
  'POST /api/v1/orders/:orderId/cancel': 'key',
  'GET /api/v1/metrics': 'key',
  'GET /api/v1/digest': 'key',
  'GET /api/v1/channels': 'key',
  'PUT /api/v1/channels/sending': 'key',
  'PUT /api/v1/channels/mail': 'key',
  'PUT /api/v1/channels/returns': 'key',
  'PUT /api/v1/channels/sms': 'key',
  'PUT /api/v1/channels/wechat': 'key',
  'POST /api/v1/metrics/:name': 'key',
  'POST /api/uploads': 'marketer',
  'GET /api/imports/:importId/refused': 'marketer',
  'GET /export/digest.html': 'reader',
  'GET /export/members.csv': 'marketer',
  'POST /export/members.csv': 'marketer',
  'GET /export/moved.csv': 'marketer',
  'GET /export/prepared/:ticket': 'marketer',
  'POST /export/metric': 'reader',
  'POST /export/segment': 'marketer',
  'GET /export/workspace.zip': 'owner',
  ...Object.fromEntries(
    importKinds.flatMap((name) =>
      ['csv', 'jsonl'].map((ending) => [`GET /export/${name}-template.${ending}`, 'marketer' as const]),
    ),
  ),
}

const procedures = Object.entries(
  appRouter._def.procedures as unknown as Record<
    string,
    { _def: { type: 'query' | 'mutation' | 'subscription'; inputs: unknown[] } }
  >,
).map(([path, { _def }]) => ({ path, type: _def.type, input: _def.inputs[0] }))

const refused = (status: number) => status === 401 || status === 403
/** No schema takes it, so that who is allowed gets as far as the input and no further. */
const nonsense = '\u0000 nonsense'

let folder: string
let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>
const people = new Map<Who | 'outsider', Visitor>()
/** Names and ids of what belongs to the workspace `demo`. */
const secrets: string[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-access-'))
  platform = await openPlatform(folder)
  await createDemo(platform, { members: 300 })
  const other = (await platform.workspaces.create({ name: 'other', currency: 'CNY', timeZone: 'UTC' }))!
  app = await makeApp(platform)

  const owner = new Visitor(app)
  await owner.mutate('accounts.signInWithLink', { token: platform.accounts.newOwnerToken() })
  people.set('owner', owner)
  people.set('nobody', new Visitor(app))
  const demo = (await platform.workspaces.byName('demo'))!
  const join_ = async (
    workspaceId: string,
    role: 'owner' | 'marketer' | 'viewer' | 'cashier',
    name: string,
  ) => {
    const { token } = await platform.accounts.team.invite(workspaceId, role, 'test')
    const visitor = new Visitor(app)
    const entered = await visitor.mutate('accounts.acceptInvite', {
      token,
      credentials: { name, password: 'correct horse' },
    })
    expect(entered.status).toBe(200)
    return visitor
  }
  for (const role of ['marketer', 'viewer', 'cashier'] as const)
    people.set(role, await join_(demo.id, role, role))
  people.set('outsider', await join_(other.id, 'owner', 'outsider'))

  const made = async (path: string, input: unknown) => {
    const answer = await owner.mutate(path, input)
    if (answer.status !== 200) throw new Error(`${path}: ${answer.message}`)
    return answer.data as Record<string, string>
  }
  const segment = await made('segments.save', { name: 'Secret segment', expression: 'everyone' })
  await made('tags.save', { name: 'Secret tag', colour: 1 })
  const invite = await made('accounts.invite', { role: 'viewer' })
  const campaign = await made('campaigns.create', {
    name: 'Secret campaign',
    segment: 'everyone',
    offer: { kind: 'amount', amountMinor: 500 },
    minSpendMinor: 0,
    validDays: 7,
    holdout: 0.1,
    channel: { kind: 'csv' },
  })
  await made('keys.create', { name: 'Secret key', scopes: ['redemptions'] })
  const [member] = await demo.engine.rows(
    sql`select member_id, name, phone from members where name is not null and phone is not null limit 1`,
  )
  secrets.push(
    'Secret segment',
    'Secret tag',
    'Secret campaign',
    'Secret key',
    String(member!.name),
    String(member!.phone),
    demo.id,
    segment.id!,
    invite.id!,
    campaign.campaignId!,
    String(member!.memberId),
  )
})
afterAll(async () => {
  await app.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})

async function call(visitor: Visitor, type: string, path: string, input: unknown) {
  if (type === 'mutation') return visitor.mutate(path, input)
  const answer = await visitor.query(path, input)
  // pages send their questions as a body: who may ask is the same
  if (type === 'query') {
    const { status } = await visitor.mutate(path, input)
    if (status !== answer.status) throw new Error(`${path}: ${answer.status} asked, ${status} sent`)
  }
  // a stream begins with 200 and says in its first event why it ends
  const said = type === 'subscription' && /"httpStatus":(\d+)/.exec(answer.body)
  return said ? { ...answer, status: Number(said[1]) } : answer
}

/** Everything the Store holds of demo, and the state of its engine, as one text. */
async function held(): Promise<string> {
  const demo = (await platform.workspaces.byName('demo'))!
  const tables = await platform.store.introspection.getTables()
  const kept: string[] = []
  for (const table of tables) {
    if (!table.columns.some(({ name }) => name === 'workspace_id') || table.name === 'sessions') continue
    const rows = await platform.store
      .selectFrom(table.name as 'audit')
      .selectAll()
      .where('workspace_id', '=', demo.id)
      .execute()
    kept.push(table.name, ...rows.map((row) => JSON.stringify(row)).toSorted())
  }
  kept.push(
    JSON.stringify(
      await platform.store.selectFrom('workspaces').selectAll().where('id', '=', demo.id).execute(),
    ),
  )
  kept.push(
    JSON.stringify(
      await demo.engine.rows(sql`select data_version, (select count(*) from members) as members,
    (select count(*) from orders) as orders, (select count(*) from member_tags) as tags from workspace_state`),
    ),
  )
  return kept.join('\n')
}

test('every procedure has a rule, and no rule speaks of a procedure that is gone', () => {
  expect(Object.keys(access).toSorted()).toEqual(procedures.map(({ path }) => path).toSorted())
})

test('every route has a rule', () => {
  const found = routesOf(app.printRoutes({ commonPrefix: false })).filter(
    (route) => !/^\w+ (\*|\/\*|\/assets.*|\/[\w-]+\.\w+)$/.test(route) && !/ \/trpc\//.test(route),
  )
  expect(found.filter((route) => !route.startsWith('HEAD ')).toSorted()).toEqual(
    Object.keys(routes).toSorted(),
  )
})

describe.each(visitors)('%s', (who) => {
  test.each(procedures)('$path', async ({ path, type }) => {
    const rule = access[path]!
    if (path === 'accounts.signOut' && who !== 'nobody') return // would end the walk; accounts.test.ts has it
    const { status } = await call(people.get(who)!, type, path, nonsense)
    expect({ path, refused: refused(status) }).toEqual({
      path,
      // signing in with nonsense is malformed before it is wrong
      refused:
        !allowed[rule].includes(who) && !(rule === 'installation' && status === 400 && who !== 'nobody'),
    })
  })
})

test('what a role may not do is not done, with input that would work', async () => {
  const before = await held()
  for (const who of ['nobody', 'cashier', 'viewer', 'marketer'] as const)
    for (const { path, type, input } of procedures) {
      if (allowed[access[path]!].includes(who)) continue
      const answer = await call(people.get(who)!, type, path, sampleOf(input, secrets))
      expect({ who, path, refused: refused(answer.status) || answer.status === 400 }).toEqual({
        who,
        path,
        refused: true,
      })
      expect(answer.data).toBeUndefined()
    }
  expect(await held()).toBe(before)
})

test('the owner of another workspace sees and does nothing here', async () => {
  const outsider = people.get('outsider')!
  const before = await held()
  const shown: string[] = []
  for (const { path, type, input } of procedures) {
    if (path === 'accounts.signOut') continue
    const sample = sampleOf(input, secrets)
    const answer = await call(outsider, type, path, sample)
    expect(answer.status, `${path}: ${answer.body}`).toBeLessThan(500)
    const given = JSON.stringify(sample ?? '')
    const leaked = secrets.filter((secret) => answer.body.includes(secret) && !given.includes(secret))
    expect({ path, leaked }).toEqual({ path, leaked: [] })
    if (type === 'query') {
      const owners = await call(people.get('owner')!, type, path, sample)
      if (secrets.some((secret) => owners.body.includes(secret) && !given.includes(secret))) shown.push(path)
    }
  }
  expect(await held()).toBe(before)
  // the same questions do show these things to who may see them
  expect(shown).toEqual(
    expect.arrayContaining([
      'accounts.me',
      'accounts.team',
      'segments.list',
      'tags.list',
      'campaigns.list',
      'keys.list',
    ]),
  )
})

test.each(Object.entries(routes))('%s', async (route, rule) => {
  const [method, path] = route.split(' ') as ['GET' | 'POST', string]
  const url = path.replaceAll(/:\w+/g, 'AAAA-BBBB-CCCC')
  const before = await held()
  for (const who of [...visitors, 'outsider'] as const) {
    const { status, body } = await people.get(who)!.send(method, url, method === 'POST' ? {} : undefined)
    const may = rule === 'public' || (rule !== 'key' && (who === 'outsider' || allowed[rule].includes(who)))
    expect({ who, refused: refused(status) }).toEqual({ who, refused: !may })
    const leaked = who === 'outsider' ? secrets.filter((secret) => body.includes(secret)) : []
    expect(leaked).toEqual([])
  }
  const noted = rule === 'marketer' || rule === 'owner' // exports are noted in the audit
  expect(noted || (await held()) === before).toBe(true)
})

/** `METHOD /path` of Fastify's drawn tree, where each level is indented by four characters. */
function routesOf(drawn: string): string[] {
  const parts: string[] = []
  return drawn.split('\n').flatMap((line) => {
    const found = /^([│ ]*)(?:├──|└──) (\S*)(?: \((.+)\))?/.exec(line)
    if (!found) return []
    const depth = found[1]!.length / 4
    parts.length = depth
    parts[depth] = found[2]!
    return (found[3] ?? '')
      .split(', ')
      .filter(Boolean)
      .map((method) => `${method} ${parts.join('')}`)
  })
}
