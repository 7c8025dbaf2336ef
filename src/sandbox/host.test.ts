import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createHttp } from '#kit/client/http.ts'
import { imitations } from '#platforms/registry/sandbox.gen.ts'
import type { FaultInput } from './faults.ts'
import { startSandbox, type TestSandbox } from './testing.ts'

let box: TestSandbox
beforeEach(async () => {
  box = await startSandbox(imitations)
})
afterEach(() => box.close())

const tweet = (text: string, signal?: AbortSignal) => {
  const { access_token } = box.desk.tokens('x-com').tokens as { access_token: string }
  return box.call('https://api.x.com/2/tweets', {
    method: 'POST',
    headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
    signal,
  })
}
const texts = () => box.desk.posts('x-com').map((p) => p.text)
const desk = (path: string, body: unknown, type = 'application/json') =>
  fetch(`${box.url}/_desk/${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const fault = (f: Omit<FaultInput, 'platform'>) => box.desk.setFault({ platform: 'x-com', route: 'create', ...f })

describe('faults', () => {
  test.each([
    ['drop-before', false],
    ['drop-after', true],
  ] as const)('%s: the connection breaks, and the ledger tells whether the network acted', async (kind, acted) => {
    fault({ do: kind })
    await expect(tweet('lost')).rejects.toThrow()
    expect(texts()).toEqual(acted ? ['lost'] : [])
    expect(box.desk.requests().at(-1)).toMatchObject({ route: 'create', status: null, fault: kind, acted })
    expect((await tweet('next')).status).toBe(201)
  })
  test.each([
    ['answer-before', 503, false],
    ['answer-after', 500, true],
    ['answer-after', 400, true],
    ['answer-before', 429, false],
  ] as const)('%s %i comes in the network’s own envelope', async (kind, status, acted) => {
    fault({ do: kind, status })
    const res = await tweet('said')
    expect(res.status).toBe(status)
    expect(await res.json()).toMatchObject({ status, title: expect.any(String) })
    expect(texts()).toEqual(acted ? ['said'] : [])
  })
  test.each([
    ['hang-before', 0],
    ['hang-after', 1],
  ] as const)('%s never answers', async (kind, posts) => {
    fault({ do: kind })
    await expect(tweet('silent', AbortSignal.timeout(200))).rejects.toThrow(/abort|timeout/i)
    expect(texts()).toHaveLength(posts)
  })
  test('the second and third request, and no other', async () => {
    fault({ do: 'answer-before', nth: 2, times: 2 })
    const seen: number[] = []
    for (const n of [1, 2, 3, 4]) seen.push((await tweet(`n${n}`)).status)
    expect(seen).toEqual([201, 503, 503, 201])
    expect(box.desk.faults()).toEqual([])
  })
  test('revoke kills the tokens first', async () => {
    fault({ do: 'revoke' })
    expect((await tweet('x')).status).toBe(401)
  })
  test('a fault without a route and with -after waits for a request that writes', async () => {
    box.desk.setFault({ platform: 'x-com', do: 'answer-after' })
    const { access_token } = box.desk.tokens('x-com').tokens as { access_token: string }
    expect(
      (await box.call('https://api.x.com/2/users/me', { headers: { authorization: `Bearer ${access_token}` } })).status,
    ).toBe(200)
    expect((await tweet('x')).status).toBe(500)
  })
  test.each([
    {},
    { platform: 'x-com', do: 'explode' },
    { platform: 'nobody', do: 'slow' },
    { platform: 'x-com', do: 'slow', route: 'nowhere' },
    { platform: 'x-com', do: 'slow', extra: 1 },
  ])('nonsense is refused: %j', async (body) => {
    expect((await desk('faults', body)).status).toBeGreaterThanOrEqual(400)
    expect(box.desk.faults()).toEqual([])
  })
})

describe('the desk over HTTP', () => {
  test('tokens, faults, clock, act, revoke, posts, requests and reset', async () => {
    const tokens = (await (await desk('x-com/tokens', { account: 'brand_new' })).json()) as {
      tokens: { username: string }
    }
    expect(tokens.tokens.username).toBe('brand_new')
    expect((await desk('faults', { platform: 'x-com', do: 'slow', ms: 1 })).status).toBe(200)
    expect(await (await fetch(`${box.url}/_desk/faults`)).json()).toHaveLength(1)
    expect(await (await fetch(`${box.url}/_desk/faults`, { method: 'DELETE' })).json()).toEqual([])
    const before = Date.parse(box.desk.clock().now)
    expect(await (await desk('clock', { advanceMs: 5000 })).json()).toMatchObject({ offsetMs: 5000 })
    expect(Date.parse(box.desk.clock().now)).toBe(before + 5000)
    expect((await desk('clock', { advanceMs: -1 })).status).toBe(400)
    expect((await desk('telegram/act', { do: 'prove', code: 'x' })).status).toBe(200)
    expect((await desk('telegram/act', { do: 'dance' })).status).toBe(400)
    await tweet('hello')
    expect(await (await fetch(`${box.url}/_desk/x-com/posts`)).json()).toMatchObject([{ text: 'hello' }])
    expect(await (await fetch(`${box.url}/_desk/requests?platform=x-com&route=create`)).json()).toMatchObject([
      { acted: true, status: 201 },
    ])
    await desk('reset', {})
    expect(texts()).toEqual([])
    expect(box.desk.clock().offsetMs).toBe(0)
    expect(await (await fetch(`${box.url}/_desk/nobody/posts`)).json()).toMatchObject({
      sandbox: expect.stringContaining('nobody'),
    })
  })
  test('the page’s forms work without scripts, and only from the page', async () => {
    const form = new URLSearchParams({
      platform: 'x-com',
      route: 'create',
      do: 'answer-before',
      nth: '1',
      times: '1',
      status: '',
      ms: '',
    }).toString()
    const type = 'application/x-www-form-urlencoded'
    expect((await desk('faults', form, type)).status).toBe(303)
    expect(await (await fetch(`${box.url}/_desk`)).text()).toContain('fired 0 of 1')
    const foreign = await fetch(`${box.url}/_desk/reset`, {
      method: 'POST',
      headers: { origin: 'https://evil.example', 'content-type': type },
      body: '',
    })
    expect(foreign.status).toBe(403)
  })
})

test('an unknown path names the near ones, an unknown host the hosts', async () => {
  const path = await box.call('https://api.x.com/2/tweet', { method: 'POST' })
  expect(path.status).toBe(404)
  expect(await path.json()).toMatchObject({
    sandbox: 'no such route',
    near: expect.arrayContaining(['POST api.x.com/2/tweets']),
  })
  expect(await (await box.call('https://nowhere.example/')).json()).toMatchObject({
    sandbox: 'no such host',
    near: expect.arrayContaining(['api.x.com']),
  })
})

test('nothing a post holds becomes markup on the feed', async () => {
  const evil = '<script>alert(1)</script> "><img src=x onerror=alert(1)>'
  await tweet(evil)
  const bot = box.desk.tokens('telegram').credentials.botToken
  await box.call(`https://api.telegram.org/bot${bot}/sendMessage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      chat_id: '@canal_street_bakery',
      text: evil,
      entities: [{ type: 'text_link', offset: 0, length: 5, url: 'javascript:alert(1)' }],
    }),
  })
  const s = box.desk.tokens('bluesky').tokens as { accessJwt: string; did: string }
  const facets = [
    {
      index: { byteStart: 0, byteEnd: 5 },
      features: [{ $type: 'app.bsky.richtext.facet#link', uri: 'javascript:alert(1)' }],
    },
  ]
  await box.call('https://bsky.social/xrpc/com.atproto.repo.createRecord', {
    method: 'POST',
    headers: { authorization: `Bearer ${s.accessJwt}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      repo: s.did,
      collection: 'app.bsky.feed.post',
      record: { text: evil, facets, createdAt: '2026-11-22T00:00:00Z' },
    }),
  })
  // The contract suite asks the same of every platform.
  for (const platform of ['bluesky', 'telegram', 'x-com']) {
    const res = await fetch(`${box.url}/_feed/${platform}`)
    const html = await res.text()
    expect(html).toContain('&lt;script&gt;')
    expect(html).not.toMatch(/<script|<img src=x|href="javascript/i)
    expect(res.headers.get('content-security-policy')).toContain("default-src 'none'")
  }
})

test('a restart keeps tokens, posts, pictures, faults and the clock; a newer file is left alone', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sandbox-'))
  const stateFile = join(dir, 'state.json')
  try {
    const first = await startSandbox(imitations, { stateFile })
    const { tokens } = first.desk.tokens('bluesky')
    const { accessJwt } = tokens as { accessJwt: string }
    const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47])
    await first.call('https://bsky.social/xrpc/com.atproto.repo.uploadBlob', {
      method: 'POST',
      headers: { authorization: `Bearer ${accessJwt}`, 'content-type': 'image/png' },
      body: png,
    })
    first.desk.act('x-com', { do: 'post', text: 'kept' })
    first.desk.setFault({ platform: 'x-com', do: 'slow' })
    first.desk.advance(1000)
    await first.close()
    const second = await startSandbox(imitations, { stateFile })
    const alive = await second.call('https://bsky.social/xrpc/com.atproto.server.getSession', {
      headers: { authorization: `Bearer ${accessJwt}` },
    })
    expect(alive.status).toBe(200)
    expect(second.desk.posts('x-com')).toMatchObject([{ text: 'kept' }])
    expect(second.desk.faults()).toHaveLength(1)
    expect(second.desk.clock().offsetMs).toBe(1000)
    await second.close()
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('the desk has no actions but its own: what every object has is not one', async () => {
  for (const path of ['constructor', 'toString', '__proto__', 'x-com/toString', 'x-com/constructor', 'x-com/valueOf'])
    expect([path, (await desk(path, {})).status]).toEqual([path, 404])
  expect((await fetch(`${box.url}/_desk/x-com/toString`)).status).toBe(404)
})

test('what is not a page of ours does nothing when it is opened as one', async () => {
  for (const path of ['/_desk/requests', '/nowhere.example/x', '/_blob/none'])
    expect((await fetch(`${box.url}${path}`)).headers.get('content-security-policy')).toBe(
      "default-src 'none'; sandbox",
    )
})

describe('notices', () => {
  const ours = (o: Partial<Parameters<typeof createHttp>[0]> = {}) =>
    createHttp({
      realm: 'sandbox',
      sandboxUrl: box.url,
      failures: { platform: 'x', rules: [], read: () => ({}) },
      now: () => 0,
      ...o,
    })
  const graph = 'https://graph.facebook.com/v25.0/me'
  const token = () => (box.desk.tokens('facebook').tokens as { page_access_token: string }).page_access_token
  const call = (query: string, headers: Record<string, string> = {}) =>
    box.call(`${graph}?access_token=${token()}&${query}`, { headers })
  const told = () => box.desk.notices().map((n) => [n.client, n.kind, n.what, n.times])

  test('what a network ignores is ignored, and told with the client and the call', async () => {
    expect((await call('shoe_size=44', { 'user-agent': 'telegraf/4' })).status).toBe(200)
    expect(box.desk.notices()).toEqual([
      {
        at: expect.any(Number),
        times: 1,
        client: 'telegraf/4',
        platform: 'facebook',
        route: 'me',
        call: 'GET graph.facebook.com/:version/me',
        kind: 'unknown-parameter',
        what: 'shoe_size',
      },
    ])
    const over = (query = '') => fetch(`${box.url}/_desk/notices${query}`).then((r) => r.json())
    expect(await over()).toHaveLength(1)
    expect(await over('?client=Clarion')).toEqual([])
    expect(await over('?platform=x-com')).toEqual([])
    expect(await (await fetch(`${box.url}/_desk`)).text()).toContain('<td class="name">shoe_size</td>')
  })
  test('Clarion is known by its calls, whatever user agent a network wants; nobody else passes for it', async () => {
    const http = ours({ userAgent: 'a bakery' })
    await http({
      method: 'GET',
      url: graph,
      query: { access_token: token(), shoe_size: 44 },
      headers: { 'user-agent': 'b' },
    })
    await call('shoe_size=44', { 'user-agent': 'Clarion' })
    expect(told().map(([client]) => client)).toEqual(['Clarion', 'clarion'])
    expect(box.desk.notices({ client: 'Clarion' })).toHaveLength(1)
  })
  test('no live network is told who calls', async () => {
    let sent: Headers | undefined
    const catching: typeof fetch = async (_, init) => {
      sent = new Headers(init?.headers)
      return new Response('{}')
    }
    await ours({ realm: 'live', fetch: catching })({ method: 'GET', url: graph })
    expect(sent?.get('user-agent')).toContain('Clarion')
    expect(sent?.has('x-sandbox-client')).toBe(false)
  })
  test('the same thing is told once, values never, long and many names are cut, and the list has an end', async () => {
    await call('a=secret-value')
    await call('a=another')
    expect(told()).toEqual([['node', 'unknown-parameter', 'a', 2]])
    await call(`${'n'.repeat(500)}=1`)
    await call(Array.from({ length: 30 }, (_, i) => `many${i}=1`).join('&'))
    expect(told().at(-2)![2]).toBe(`${'n'.repeat(80)}…`)
    expect(told().at(-1)![2]).toMatch(/ and 20 more$/)
    expect(JSON.stringify(told())).not.toContain('secret-value')
    await ours()({ method: 'GET', url: graph, query: { access_token: token(), shoe_size: 44 } })
    for (let i = 0; i < 520; i++) await call(`p${i}=1`)
    expect(box.desk.notices()).toHaveLength(500)
    // Strangers do not drive out what a gate looks for.
    expect(box.desk.notices({ client: 'Clarion' })).toHaveLength(1)
  })
  test('a reset forgets them', async () => {
    await call('a=1')
    box.desk.reset('x-com')
    expect(told()).toHaveLength(1)
    box.desk.reset('facebook')
    expect(told()).toEqual([])
  })
})

describe('secrets', () => {
  const signing = (o: TestSandbox) =>
    o.desk
      .platforms()
      .flatMap((p) => Object.entries(o.desk.tokens(p).credentials).filter(([name]) => /secret|token/i.test(name)))
      .map(([, value]) => value)

  test('every installation has its own, and keeps them', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'clarion-secrets-'))
    const stateFile = join(dir, 'sandbox', 'state.json')
    // Without a seed: as it runs for people.
    const first = await startSandbox(imitations, { stateFile, seed: null })
    const second = await startSandbox(imitations, { seed: null })
    const [a, b] = [signing(first), signing(second)]
    expect(a.length).toBeGreaterThan(9)
    expect(a.filter((s) => b.includes(s))).toEqual([])
    for (const s of a) expect(s.length).toBeGreaterThanOrEqual(20)
    first.desk.tokens('bluesky')
    await first.close()
    await second.close()
    const again = await startSandbox(imitations, { stateFile, seed: null })
    expect(signing(again)).toEqual(a)
    await again.close()
    rmSync(dir, { recursive: true })
  })

  test('those of the first files, the same everywhere, are replaced', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'clarion-secrets-'))
    const stateFile = join(dir, 'state.json')
    const old = await startSandbox(imitations, { stateFile })
    const secret = old.desk.tokens('x-com').credentials.clientSecret!
    await old.close()
    const common = 'sandbox-x-secret-4mVq8Zt1LwPz7RkD2nHy'
    writeFileSync(stateFile, readFileSync(stateFile, 'utf8').replaceAll(secret, common), { mode: 0o644 })
    const now = await startSandbox(imitations, { stateFile })
    expect(now.desk.tokens('x-com').credentials.clientSecret).toMatch(/^[0-9a-f]{40}$/)
    await now.close()
    expect(statSync(stateFile).mode & 0o777).toBe(0o600)
    rmSync(dir, { recursive: true })
  })

  test('nobody else on the machine reads its files', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'clarion-secrets-'))
    const stateFile = join(dir, 'sandbox', 'state.json')
    const own = await startSandbox(imitations, { stateFile })
    const { credentials } = own.desk.tokens('telegram')
    await own.call(`https://api.telegram.org/bot${credentials.botToken}/getMe`)
    const body = new FormData()
    body.set('photo', new Blob([Buffer.from('not a picture')]), 'x.png')
    body.set('chat_id', '1')
    await own.call(`https://api.telegram.org/bot${credentials.botToken}/sendDocument`, { method: 'POST', body })
    await own.close()
    const modes = (path: string): string[] => {
      const s = statSync(path)
      const here = `${s.isDirectory() ? 'd' : 'f'}${(s.mode & 0o777).toString(8)}`
      return [here, ...(s.isDirectory() ? readdirSync(path).flatMap((x) => modes(join(path, x))) : [])]
    }
    expect([...new Set(modes(join(dir, 'sandbox')))].sort()).toEqual(['d700', 'f600'])
    rmSync(dir, { recursive: true })
  })
})

test('a browser may not write by GET, which any page could make it do; a client may', async () => {
  const bot = box.desk.tokens('telegram').credentials.botToken!
  const ask = (headers: Record<string, string>) =>
    box.call(`https://api.telegram.org/bot${bot}/sendMessage?chat_id=1&text=hi`, { headers })
  expect((await ask({ 'x-sandbox-browser': '1' })).status).toBe(403)
  expect((await ask({})).status).not.toBe(403)
})
