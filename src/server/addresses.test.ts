/** Every address that Clarion hands out leads somewhere: asked of the composed server, from outside. */
import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { png } from '#kit/testing/media.ts'
import { signLink } from '#planner/media/links.ts'
import { platforms } from '#platforms/registry/server.gen.ts'
import { type ComposedServer, startComposed } from './testing/composed.ts'

let web: ComposedServer
let home: ComposedServer
let cookie: string
let ws: string
beforeAll(async () => {
  web = await startComposed({ CLARION_URL: 'https://clarion.example' })
  home = await startComposed()
  ;({ cookie, ws } = await web.owner())
})
afterAll(async () => {
  await web.close()
  await home.close()
})

type Info = { id: string; redirectUri: string; webhookUrl: string | null }
const list = async (): Promise<Info[]> =>
  ((await (await web.ask(`/api/v1/workspaces/${ws}/platforms`, { headers: { cookie } })).json()) as { items: Info[] })
    .items

describe('what networks and their consoles are told', () => {
  it('the redirect address of every platform is the callback', async () => {
    const all = await list()
    expect(all.length).toBe(platforms.length)
    for (const { id, redirectUri } of all) {
      expect(redirectUri).toBe(`https://clarion.example/oauth/${id}/callback`)
      const r = await web.ask(`${redirectUri}?state=nobodys&error=access_denied`)
      // Nobody began this, and the door says so; "not found" would be the router's word.
      expect([id, r.status, r.headers.get('content-type')]).toEqual([id, 422, 'text/html; charset=utf-8'])
      expect(await r.text()).not.toContain('not-found')
    }
  })

  it('the webhook address of every network that has one is a door that believes nobody', async () => {
    const told = (await list()).flatMap(({ id, webhookUrl }) => (webhookUrl ? [[id, webhookUrl] as const] : []))
    expect(told.map(([id]) => id).sort()).toEqual(
      platforms
        .filter((p) => p.webhook)
        .map((p) => p.spec.id)
        .sort(),
    )
    for (const [id, url] of told) {
      const r = await web.ask(url, { method: 'POST', body: '{}' })
      expect([id, r.status, ((await r.json()) as { code: string }).code]).toEqual([id, 403, 'webhook-refused'])
    }
  })

  it('the app of each workspace has a webhook address of its own, and signs there alone', async () => {
    const json = { cookie, 'content-type': 'application/json' }
    const second = crypto.randomUUID()
    const { db } = web.database
    const created_at = new Date()
    await db
      .insertInto('workspaces')
      .values({ id: second, name: 'Second', time_zone: 'UTC', late_policy: '{}', created_at })
      .execute()
    const { user_id } = await db.selectFrom('members').select('user_id').executeTakeFirstOrThrow()
    await db.insertInto('members').values({ workspace_id: second, user_id, role: 'owner', created_at }).execute()
    const hmac = (secret: string, text: string, to: 'base64' | 'hex') =>
      createHmac('sha256', secret).update(text).digest(to)
    type Network = {
      id: string
      query: Record<string, string>
      answer: (secret: string) => Record<string, string>
      body: string
      signed: (secret: string, body: string) => Record<string, string>
    }
    const networks: Network[] = [
      {
        id: 'x-com',
        query: { crc_token: 'challenge-123' },
        answer: (secret: string) => ({ response_token: `sha256=${hmac(secret, 'challenge-123', 'base64')}` }),
        body: '{"data":{"event_uuid":"9f1","event_type":"post.delete","filter":{"user_id":"1"},"payload":{"id":"1"}}}',
        signed: (secret: string, body: string) => ({
          'x-twitter-webhooks-signature-oauth2': `sha256=${hmac(secret, body, 'base64')}`,
        }),
      },
      {
        id: 'linkedin',
        query: { challengeCode: '890e4665-4dfe-4ab1-b689-ed553bceeed0' },
        answer: (secret: string) => ({
          challengeCode: '890e4665-4dfe-4ab1-b689-ed553bceeed0',
          challengeResponse: hmac(secret, '890e4665-4dfe-4ab1-b689-ed553bceeed0', 'hex'),
        }),
        body: '{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[{"notificationId":91,"action":"LIKE"}]}',
        signed: (secret: string, body: string) => ({ 'x-li-signature': hmac(secret, `hmacsha256=${body}`, 'hex') }),
      },
    ]
    for (const n of networks) {
      const common = `/webhooks/${n.id}`
      const at: Record<string, string> = {}
      for (const workspace of [ws, second]) {
        const secret = `the secret of ${workspace}`
        const put = await web.ask(`/api/v1/workspaces/${workspace}/platforms/${n.id}/credentials`, {
          method: 'PUT',
          headers: json,
          body: JSON.stringify({ values: { clientId: `app of ${workspace}`, clientSecret: secret } }),
        })
        expect(put.status).toBe(200)
        const all = (await (
          await web.ask(`/api/v1/workspaces/${workspace}/platforms`, { headers: { cookie } })
        ).json()) as { items: Info[] }
        const path = new URL(all.items.find((i) => i.id === n.id)!.webhookUrl!).pathname
        expect(path).toMatch(new RegExp(`^${common}/[0-9a-f]{32}$`))
        at[secret] = path
      }
      const [[mine, my], [theirs, their]] = Object.entries(at) as [[string, string], [string, string]]
      expect(my).not.toBe(their)
      const shake = async (path: string) =>
        (await web.ask(`${path}?${new URLSearchParams(n.query)}`)).json() as Promise<unknown>
      expect(await shake(my)).toEqual(n.answer(mine))
      expect(await shake(their)).toEqual(n.answer(theirs))
      // What is no challenge of the network is not signed here either.
      const word = Object.keys(n.query)[0]!
      expect((await web.ask(`${my}?${new URLSearchParams({ [word]: n.body })}`)).status).toBe(403)
      const send = async (path: string, secret: string) =>
        (await web.ask(path, { method: 'POST', body: n.body, headers: n.signed(secret, n.body) })).status
      expect(await send(my, mine)).toBe(200)
      expect(await send(my, theirs)).toBe(403)
      expect(await send(their, mine)).toBe(403)
      expect(await send(their, theirs)).toBe(200)
      // What was registered at the common address before goes on.
      expect(await send(common, theirs)).toBe(200)
      expect(await send(`${common}/${'0'.repeat(32)}`, mine)).toBe(404)
      // An app has its address on its own network alone.
      const other = networks.find((o) => o.id !== n.id)!.id
      expect(await send(my.replace(n.id, other), mine)).toBe(404)
    }
  })

  it('every document a network fetches from us is there, and names itself', async () => {
    let documents = 0
    for (const p of platforms)
      for (const [name, document] of Object.entries(p.files?.({ publicUrl: web.publicUrl }) ?? {})) {
        documents++
        const address = `${web.publicUrl}/oauth/${p.spec.id}/${name}`
        const r = await web.ask(address)
        expect([address, r.status]).toEqual([address, 200])
        expect(r.headers.get('content-type')).toContain('application/json')
        const said = (await r.json()) as Record<string, unknown>
        expect(said).toEqual(document)
        for (const uri of (said.redirect_uris ?? []) as string[])
          expect((await web.ask(`${uri}?state=nobodys&error=access_denied`)).status).toBe(422)
      }
    expect(documents).toBeGreaterThan(0)
    expect((await web.ask('/oauth/nobody/nothing.json')).status).toBe(404)
  })

  it('the file by which a network sees that the address is ours, at the root, and nothing else there', async () => {
    const file = 'tiktokAbC123dEf456.txt'
    expect((await web.ask(`/${file}`)).status).toBe(404)
    const proof = { signatureFile: file, signatureText: 'tiktok-developers-site-verification=AbC123dEf456' }
    const put = (values: Record<string, string>) =>
      web.ask(`/api/v1/workspaces/${ws}/platforms/tiktok/credentials`, {
        method: 'PUT',
        headers: { cookie, 'content-type': 'application/json' },
        body: JSON.stringify({ values }),
      })
    expect((await put({ clientId: 'key', clientSecret: 'a secret of the app', ...proof })).status).toBe(200)
    const r = await web.ask(`/${file}`)
    expect([r.status, r.headers.get('content-type'), await r.text()]).toEqual([
      200,
      'text/plain; charset=utf-8',
      proof.signatureText,
    ])
    for (const path of ['/other.txt', `/media/${file}`, '/constructor.txt', '/%2e%2e%2fx.txt'])
      expect([path, (await web.ask(path)).status]).toEqual([path, 404])
    // A name that is no plain name is not served, whatever was entered.
    await put({ signatureFile: '../x.txt' })
    for (const path of ['/x.txt', '/..%2fx.txt']) expect((await web.ask(path)).status).toBe(404)
  })

  it('a person’s request for deletion is answered with a page that tells how it stands', async () => {
    const secret = 'a secret of this app'
    await web.ask(`/api/v1/workspaces/${ws}/platforms/facebook/credentials`, {
      method: 'PUT',
      headers: { cookie, 'content-type': 'application/json' },
      body: JSON.stringify({ values: { clientId: '1', clientSecret: secret } }),
    })
    const payload = Buffer.from(JSON.stringify({ user_id: '218471', issued_at: 1_796_000_000 })).toString('base64url')
    const mark = createHmac('sha256', secret).update(payload).digest('base64url')
    const ask = (signed: string) =>
      web.ask('/webhooks/facebook/deletion', { method: 'POST', body: new URLSearchParams({ signed_request: signed }) })
    expect((await ask(`${mark}x.${payload}`)).status).toBe(403)
    const r = await ask(`${mark}.${payload}`)
    expect(r.status).toBe(200)
    const said = (await r.json()) as { url: string; confirmation_code: string }
    expect(Object.keys(said).sort()).toEqual(['confirmation_code', 'url'])
    expect(said.url).toBe(`${web.publicUrl}/webhooks/facebook/deletion/${said.confirmation_code}`)
    await expect.poll(async () => (await web.ask(said.url)).text(), { timeout: 20_000 }).toContain('Done.')
    expect((await web.ask(said.url.replace(/.$/, 'x'))).status).toBe(404)
  })

  it('media: what a network pulls, and what people see', async () => {
    const form = new FormData()
    form.set('file', new Blob([new Uint8Array(png())], { type: 'image/png' }), 'a.png')
    const made = await web.ask(`/api/v1/workspaces/${ws}/media`, { method: 'POST', headers: { cookie }, body: form })
    expect(made.status).toBe(201)
    const file = (await made.json()) as { id: string; thumbUrl: string }
    const link = signLink(web.keys.derive('media-links'), { mediaId: file.id, profile: 'original', now: Date.now() })
    const pulled = await web.ask(link)
    expect([pulled.status, pulled.headers.get('content-type')]).toEqual([200, 'image/png'])
    expect((await web.ask(file.thumbUrl, { headers: { cookie } })).status).toBe(200)
    expect((await web.ask(link.replace('sig=', 'sig=A'))).status).toBe(404)
  })
})

it('documents and health', async () => {
  for (const path of ['/openapi.json', '/docs/', '/docs/api/', '/docs/problems', '/health/live', '/health/ready', '/'])
    expect([path, (await web.ask(path)).status]).toEqual([path, 200])
  // There, and closed to who is not asked in.
  expect((await web.ask('/metrics')).status).toBe(403)
  expect((await home.ask('/metrics')).status).toBe(200)
})

it('every address of the OpenAPI document has a door behind it', async () => {
  const document = (await (await web.ask('/openapi.json')).json()) as { paths: Record<string, Record<string, unknown>> }
  const missing: string[] = []
  for (const [path, methods] of Object.entries(document.paths))
    for (const method of Object.keys(methods)) {
      const at = path.replace(/\{[^}]+\}/g, '00000000-0000-4000-8000-000000000000')
      const r = await web.ask(at, { method: method.toUpperCase() })
      // A stranger is refused before anything is looked for; "not found" would be the router's word.
      if (r.status === 404 || r.status === 405) missing.push(`${method} ${path}: ${r.status}`)
      await r.body?.cancel()
    }
  expect(missing).toEqual([])
})

it('every address the README names', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const named = [
    ...readme.matchAll(/https?:\/\/(?:localhost|127\.0\.0\.1):4400(\/[^\s`'")\\$]+)/g),
    ...readme.matchAll(/`(\/(?:docs|openapi|health|metrics|sandbox|oauth|webhooks|media)[^`\s<]*)`/g),
  ].map((m) => m[1]!)
  expect(named.length).toBeGreaterThan(5)
  for (const path of new Set(named)) {
    const post = path.endsWith('/tokens')
    const r = await home.ask(path, { method: post ? 'POST' : 'GET' })
    expect([path, r.status < 400]).toEqual([path, true])
    await r.body?.cancel()
  }
})

it('unknown addresses are told as a problem, whatever a program looks for', async () => {
  for (const path of ['/mcp', '/sse', '/v1/posts', '/api/v2/posts', '/graphql', '/.well-known/openid-configuration'])
    for (const method of ['GET', 'POST']) {
      const r = await web.ask(path, { method, headers: { accept: 'application/json, text/event-stream' } })
      expect([path, r.status, r.headers.get('content-type')]).toEqual([
        path,
        404,
        'application/problem+json; charset=utf-8',
      ])
    }
})
