/** Doors that ask a network or are called by one: account, options, insights, edit, webhooks. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { PlatformInfo } from '#contract/channels.ts'
import { systemClock } from '#infra/clock.ts'
import { type ChannelsHouse, channelsHouse } from '#planner/channels/testing/house.ts'
import { sign, talker, talkerNetwork } from '#planner/channels/testing/talker.ts'
import { createInsights } from '#planner/insights/service.ts'
import { createSignals, type Signals } from '#planner/signals/service.ts'
import { type TestApp, testApp, type Who } from '../testing.ts'
import { registerChannels } from './channels.ts'
import { registerInsights } from './insights.ts'
import { registerPlatforms } from './platforms.ts'
import { registerWebhooks, webhookLimit } from './webhooks.ts'

const net = talkerNetwork()
let t: TestApp
let house: ChannelsHouse
let hooks: Signals
const word = { live: '', sandbox: '' }
let id: string

beforeAll(async () => {
  t = await testApp({
    app: { limits: { api: 40, signIn: 10, refused: 60 } },
    register: ({ database, clock, keys, publicUrl }) => {
      const { db } = database
      house = channelsHouse({
        database,
        clock,
        keys,
        platforms: [talker()],
        sandboxUrl: 'http://sandbox.test',
        fetch: net.fetch,
      })
      const insights = createInsights({ db, clock, platforms: house.platforms, call: house.call })
      hooks = createSignals({
        ...house,
        db,
        clock,
        keys,
        publicUrl,
        sandbox: true,
        countNow: insights.dueNow,
        log: { info: () => {}, warn: () => {} },
      })
      return (bind, app) => {
        registerChannels(bind, { ...house, connectAll: async () => [] })
        registerInsights(bind, { insights })
        registerWebhooks(app, { webhooks: hooks, publicUrl: 'http://localhost' })
        registerPlatforms(bind, { ...house, redirectUri: (p) => `${publicUrl}/oauth/${p}/callback`, webhooks: hooks })
      }
    },
  })
  for (const realm of ['live', 'sandbox'] as const) word[realm] = (await hooks.door(t.ws, 'talker', realm)).secret
  id = await house.channel({ ws: t.ws, platform: 'talker', grant: { access: 'gold-access' } })
})
afterAll(() => t.close())

it('gives the account, a live list and the numbers, as the contract says', async () => {
  net.says['/account'] = { body: { facts: { plan: 'gold' }, used: 1, resetsAt: null } }
  net.says['/boards'] = { body: ['cats'] }
  const account = await t.call('channelAccount', { params: { id } })
  expect([account.status, account.body.facts]).toEqual([200, { plan: 'gold' }])
  const list = await t.call('channelOptions', { params: { id, list: 'boards' }, query: { q: 'c' } })
  expect([list.status, list.body.items]).toEqual([200, [{ value: 'cats', label: 'CATS' }]])
  expect((await t.call('channelOptions', { params: { id, list: 'nothing' } })).problem?.code).toBe('not-found')
  // A typo must not show everything where something was looked for.
  const typo = await t.call('channelOptions', { params: { id, list: 'boards' }, query: { query: 'c' } })
  expect([typo.status, typo.problem?.errors]).toEqual([
    400,
    [{ path: 'query.query', message: 'is not known here; known: q' }],
  ])
  const numbers = await t.call('channelInsights', { params: { id } })
  expect(numbers.body).toMatchObject({ channelId: id, supported: true, latest: null, series: [] })
})

it('tells a network that fails as 502 with its sentence, and documents it', async () => {
  net.says['/boards'] = { status: 503, body: { error: 'down' } }
  const r = await t.call('channelOptions', { params: { id, list: 'boards' } })
  expect([r.status, r.problem?.code, r.problem?.detail]).toEqual([502, 'network-failed', 'Talker is down.'])
  const doc = (await t.send({ method: 'GET', url: '/openapi.json' })).body as unknown as {
    paths: Record<string, Record<string, { responses: Record<string, unknown> }>>
  }
  const path = Object.keys(doc.paths).find((p) => p.endsWith('/options/{list}'))!
  expect(Object.keys(doc.paths[path]!.get!.responses)).toContain('502')
})

const post = (payload: string | Buffer, headers: Record<string, string>, url = '/webhooks/talker') =>
  t.send({ method: 'POST', url, payload, headers })
const signed = (body: string, at = systemClock.now()) => ({
  'x-signature': sign(body, word.sandbox),
  'x-at': String(at),
})

it('takes signed deliveries of any content type as they came, and nothing else', async () => {
  const body = ' [{"key":"1","account":"1","does":"other","ref":null,"data":{}}]\n'
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/xml; charset=latin1'])
    expect((await post(body, { 'content-type': type, ...signed(body) })).status).toBe(200)
  const forged = await post(`${body} `, { 'content-type': 'application/json', ...signed(body) })
  expect([forged.status, forged.problem?.code]).toEqual([403, 'webhook-refused'])
  expect((await post(body, signed(body, 0))).status).toBe(403)
  expect((await post(body, signed(body), '/webhooks/nobody')).status).toBe(404)
  const kept = await t.database.db.selectFrom('webhook_events').select('key').execute()
  expect(kept).toEqual([{ key: '1' }])
})

it('answers a handshake as plain text, which no browser runs', async () => {
  const challenge = '<script>1</script>'
  const query = new URLSearchParams({ challenge, token: word.live })
  const r = await t.send({ method: 'GET', url: `/webhooks/talker?${query}` })
  expect([r.status, r.text]).toEqual([200, challenge])
  expect(r.headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
})

it('takes one megabyte and no more, and leaves other doors as they were', async () => {
  const large = await post(Buffer.alloc(webhookLimit + 1), { 'content-type': 'application/octet-stream' })
  expect([large.status, large.problem?.code]).toEqual([413, 'too-large'])
  const strange = await t.send({
    method: 'POST',
    url: '/api/v1/setup',
    payload: '<a/>',
    headers: { 'content-type': 'text/xml' },
  })
  expect(strange.status).toBe(415)
})

it('lets one address knock only so often', async () => {
  const statuses = new Set<number>()
  for (let n = 0; n < 45; n++) statuses.add((await post('[]', { 'content-type': 'application/json' })).status)
  expect([...statuses].sort()).toEqual([403, 429])
})

it('shows the webhook address to members, and the live verify word to a signed-in owner alone', async () => {
  const seen = async (as?: Who) => {
    const r = await t.call('platformList', as ? { as } : {})
    return (r.body as unknown as { items: PlatformInfo[] }).items[0]
  }
  const address = (await hooks.door(t.ws, 'talker', 'live')).url
  expect(address).toMatch(/\/webhooks\/talker$/)
  expect(word.live).not.toBe(word.sandbox)
  expect(await seen()).toMatchObject({ webhookUrl: address, webhookSecret: word.live })
  for (const role of ['admin', 'editor', 'viewer'] as const)
    expect(await seen({ cookie: (await t.person(role)).cookie }), role).toMatchObject({
      webhookUrl: address,
      webhookSecret: null,
    })
  const { key } = await t.key(['read'])
  expect((await seen({ key }))?.webhookSecret).toBeNull()
})
