import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Channel, ConnectFlow, PlatformInfo } from '#contract/channels.ts'
import { systemClock } from '#infra/clock.ts'
import { connectSandbox } from '#planner/channels/connect-all.ts'
import { createChannelHttp } from '#planner/channels/http.ts'
import { channelsHouse } from '#planner/channels/testing/house.ts'
import { toy } from '#planner/channels/testing/toy.ts'
import { toyImitation } from '#planner/channels/testing/toy-imitation.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import { createSandboxRobot, type SandboxRobot } from '../sandbox-robot.ts'
import { type Call, type TestApp, type Told, testApp } from '../testing.ts'
import { registerChannels, registerOAuthCallback } from './channels.ts'
import { registerPlatforms } from './platforms.ts'

const id = 'toy-door'
let sandbox: TestSandbox
let robot: SandboxRobot
let t: TestApp

beforeAll(async () => {
  sandbox = await startSandbox([toyImitation({ id, rotates: true })], { clock: systemClock })
  robot = createSandboxRobot({ sandboxUrl: sandbox.url, browserSandboxUrl: sandbox.url })
  t = await testApp({
    register: ({ database, clock, keys, publicUrl }) => {
      const house = channelsHouse({
        database,
        clock,
        keys,
        platforms: [toy({ id, rotates: true })],
        sandboxUrl: sandbox.url,
      })
      const { channels, accounts, connect, credentials, platforms } = house
      return (bind, app) => {
        registerChannels(bind, {
          channels,
          accounts,
          connect,
          connectAll: (o) => connectSandbox({ clock, platforms, connect, robot }, o),
        })
        registerPlatforms(bind, {
          platforms,
          credentials,
          redirectUri: (p) => `${publicUrl}/oauth/${p}/callback`,
          webhooks: {
            door: async (_ws, p, realm) => ({ url: `${publicUrl}/webhooks/${p}`, secret: `word-${p}-${realm}` }),
          },
        })
        registerOAuthCallback(app, { connect, publicUrl })
      }
    },
  })
})
afterAll(async () => {
  await t.close()
  await sandbox.close()
})

const begin = (o: Call = {}) =>
  t.call('connectBegin', { params: { platform: id, ...o.params }, body: { realm: 'sandbox' }, ...o })
const back = (query: Record<string, string>, o: { cookie?: string; host?: string } = {}): Promise<Told> =>
  t.send({
    method: 'GET',
    url: `/oauth/${id}/callback?${new URLSearchParams(query)}`,
    as: o.cookie === undefined ? { cookie: t.owner.cookie } : o.cookie === '' ? null : { cookie: o.cookie },
    headers: o.host ? { host: o.host } : {},
  })
const flowOf = (r: Told) => r.body as unknown as ConnectFlow

describe('the OAuth callback', () => {
  it('sends the browser to the flow, which is done', async () => {
    const begun = await begin()
    expect(begun.status).toBe(201)
    const r = await back(await robot.consent(flowOf(begun).url!))
    expect([r.status, r.headers.location]).toEqual([302, `/channels?flow=${flowOf(begun).id}`])
    const after = await t.call('connectGet', { params: { id: flowOf(begun).id } })
    expect(flowOf(after)).toMatchObject({ step: 'done', channels: [{ externalId: '1' }] })
  })

  it('answers a replayed, invented or foreign one with a plain page and a clear sentence', async () => {
    const begun = await begin()
    const query = await robot.consent(flowOf(begun).url!)
    const other = await t.stranger()
    for (const cookie of ['', other.cookie]) {
      const r = await back(query, { cookie })
      expect([r.status, r.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8'])
      expect(r.text).toContain('Sign in, in this browser, as the person who started connecting')
    }
    expect((await back(query)).status).toBe(302)
    const again = await back(query)
    expect(again.status).toBe(422)
    expect(again.text).toContain('used already')
    expect((await back({ state: '"><script>alert(1)</script>', code: 'x' })).text).not.toContain('<script>')
    expect((await back({})).status).toBe(422)
  })

  it('shows a denied consent on the channels page', async () => {
    const begun = await begin()
    const state = new URL(flowOf(begun).url!).searchParams.get('state')!
    const r = await back({ error: 'access_denied', state })
    expect(r.headers.location).toBe(`/channels?flow=${flowOf(begun).id}`)
    expect(flowOf(await t.call('connectGet', { params: { id: flowOf(begun).id } }))).toMatchObject({
      step: 'failed',
      error: expect.stringContaining('did not allow'),
    })
  })

  it('moves from 127.0.0.1 to the address people use, where their cookie lives, and nowhere else', async () => {
    const r = await back({ state: 's', code: 'c' }, { host: '127.0.0.1:80', cookie: '' })
    expect([r.status, r.headers.location]).toEqual([302, `http://localhost/oauth/${id}/callback?state=s&code=c&hop=1`])
    expect((await back({ state: 's', code: 'c' }, { host: 'evil.example', cookie: '' })).status).toBe(422)
  })

  it('stays on 127.0.0.1 when that is where the person signed in', async () => {
    const begun = await begin()
    const r = await back(await robot.consent(flowOf(begun).url!), { host: '127.0.0.1:80' })
    expect([r.status, r.headers.location]).toEqual([302, `/channels?flow=${flowOf(begun).id}`])
  })
})

describe('access', () => {
  it('connecting takes an admin; looking takes a member; another workspace sees nothing', async () => {
    const editor = await t.person('editor')
    expect((await begin({ as: { cookie: editor.cookie } })).problem?.code).toBe('forbidden')
    expect((await t.call('channelList', { as: { cookie: editor.cookie } })).status).toBe(200)
    const flow = flowOf(await begin())
    const channel = ((await t.call('channelList')).body as unknown as { items: Channel[] }).items[0]!
    const other = await t.stranger()
    const as = { cookie: other.cookie }
    for (const name of ['connectGet', 'connectAnswer', 'connectChoose'] as const) {
      const body = name === 'connectChoose' ? { externalIds: ['1'] } : name === 'connectAnswer' ? {} : undefined
      expect((await t.call(name, { params: { ws: other.ws, id: flow.id }, as, body })).problem?.code).toBe('not-found')
    }
    for (const name of ['channelGet', 'channelPause', 'channelResume', 'channelCheck', 'channelRemove'] as const)
      expect((await t.call(name, { params: { ws: other.ws, id: channel.id }, as })).problem?.code).toBe('not-found')
  })
})

it('channels can be paused, checked and removed', async () => {
  const channel = ((await t.call('channelList')).body as unknown as { items: Channel[] }).items[0]!
  const one = async (name: 'channelPause' | 'channelResume' | 'channelCheck') =>
    (await t.call(name, { params: { id: channel.id } })).body as unknown as Channel
  expect((await one('channelPause')).pausedAt).not.toBeNull()
  expect((await one('channelResume')).pausedAt).toBeNull()
  expect((await one('channelCheck')).state).toBe('ok')
  expect((await t.call('channelRemove', { params: { id: channel.id } })).body).toEqual({ ok: true })
  expect((await t.call('channelGet', { params: { id: channel.id } })).problem?.code).toBe('not-found')
})

it('platforms say how to connect; credentials go in and never come out', async () => {
  const put = await t.call('credentialsSet', {
    params: { platform: id },
    body: { values: { clientId: 'mine', clientSecret: 'hush-hush' } },
  })
  expect(put.body).toEqual({ ok: true })
  const r = await t.call('platformList')
  const [info] = (r.body as unknown as { items: PlatformInfo[] }).items
  expect(info).toMatchObject({
    id,
    connect: 'redirect',
    credentialsSet: true,
    redirectUri: `http://127.0.0.1/oauth/${id}/callback`,
    // This one sends no events, so there is nothing to register.
    webhookUrl: null,
    webhookSecret: null,
  })
  expect(r.text).not.toContain('hush-hush')
  // They are this workspace's: another one has none, and enters its own.
  const other = await t.stranger()
  const theirs = await t.call('platformList', { params: { ws: other.ws }, as: other })
  expect((theirs.body as unknown as { items: PlatformInfo[] }).items[0]).toMatchObject({ id, credentialsSet: false })
  expect(
    (await t.call('credentialsSet', { params: { platform: id }, body: { values: { nonsense: 'x' } } })).problem,
  ).toMatchObject({ code: 'validation', errors: [{ path: 'values.nonsense' }] })
  expect(
    (await t.call('credentialsSet', { params: { platform: 'nowhere' }, body: { values: {} } })).problem?.code,
  ).toBe('not-found')
})

it('one click connects every sandbox network', async () => {
  const r = await t.call('sandboxConnectAll')
  expect(r.status).toBe(201)
  expect((r.body as unknown as { items: Channel[] }).items).toMatchObject([
    { platform: id, realm: 'sandbox', state: 'ok' },
  ])
})

it('a live channel goes to the network’s own host, past the guard, and never to the sandbox', async () => {
  const platform = toy({ id, rotates: true })
  const called: string[] = []
  const spy: typeof fetch = async (url) => {
    called.push(String(url))
    return new Response('{}')
  }
  const http = createChannelHttp({
    platforms: new Map(),
    sandboxUrl: sandbox.url,
    clock: systemClock,
    fetch: spy,
    allow: async (url) => {
      called.push(`guard ${url.host}`)
      return undefined
    },
  })
  await http({ platform, realm: 'live', secrets: [] })({ method: 'GET', url: `https://${id}.example/me` })
  await http({ platform, realm: 'sandbox', secrets: [] })({ method: 'GET', url: `https://${id}.example/me` })
  expect(called).toEqual([`guard ${id}.example`, `https://${id}.example/me`, `${sandbox.url}/${id}.example/me`])
})
