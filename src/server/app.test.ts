/** Documents, health, metrics, limits, headers, the web app: what the server has beside the contract's routes. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { problems } from '#contract/problems.ts'
import { type Route, type RouteName, routes } from '#contract/routes.ts'
import type { Bind } from './bind.ts'
import { type TestApp, testApp } from './testing.ts'

/** Stand-ins for the nouns of others, so that the document shows every route. */
const everyRoute = () => (bind: Bind) => {
  for (const name of Object.keys(routes) as RouteName[])
    try {
      bind(name, async () => {
        throw new Error('not called')
      })
    } catch (error) {
      if (!/bound twice/.test((error as Error).message)) throw error
    }
}

let t: TestApp
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-web-'))
  await mkdir(join(dir, 'assets'))
  await writeFile(join(dir, 'index.html'), '<!doctype html><title>Clarion app</title>')
  await writeFile(join(dir, 'assets', 'index-abc123.js'), 'export {}')
  await writeFile(join(dir, 'assets', 'index-abc123.js.br'), brotliCompressSync('export {}'))
  await writeFile(join(dir, 'assets', 'index-abc123.js.gz'), gzipSync('export {}'))
  await writeFile(join(dir, 'icon.svg'), '<svg/>')
  t = await testApp({ register: everyRoute, app: { webDir: dir, complete: true } })
})
afterAll(async () => {
  await t.close()
  await rm(dir, { recursive: true })
})
const get = (url: string, headers: Record<string, string> = {}) => t.app.inject({ method: 'GET', url, headers })

type Schema = { $ref?: string; [k: string]: unknown }
type Operation = {
  operationId: string
  security?: object[]
  parameters?: { name: string; in: string; required?: boolean }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
}
const document = async () =>
  (await get('/openapi.json')).json() as {
    openapi: string
    paths: Record<string, Record<string, Operation>>
    components: { schemas: Record<string, Schema>; securitySchemes: Record<string, object> }
  }

test('the OpenAPI document has every route of the contract, with named schemas and problems', async () => {
  const doc = await document()
  expect(doc.openapi).toBe('3.1.0')
  for (const [name, r] of Object.entries(routes) as [string, Route][]) {
    const op = doc.paths[r.path.replace(/:([a-zA-Z]+)/g, '{$1}')]?.[r.method.toLowerCase()]
    expect(op?.operationId).toBe(name)
    expect(Object.keys(op!.responses)).toContain(String(r.status ?? 200))
    expect(op!.responses['429']?.content?.['application/problem+json']?.schema.$ref).toBe(
      '#/components/schemas/Problem',
    )
    const headers = (op!.parameters ?? []).filter((p) => p.in === 'header').map((p) => [p.name, p.required ?? false])
    expect(headers).toEqual([
      ...(r.method === 'GET' ? [] : [['Idempotency-Key', false]]),
      ...(r.etag && r.method !== 'GET' && r.status !== 201 ? [['If-Match', r.etag === 'needs']] : []),
    ])
    if (r.upload) expect(Object.keys(op!.requestBody!.content)).toEqual(['multipart/form-data'])
    if (r.access !== 'public') expect(op!.security?.length).toBeGreaterThan(0)
  }
  for (const name of ['Post', 'Publication', 'Channel', 'Workspace', 'Media', 'ApiKey', 'Problem'])
    expect(Object.keys(doc.components.schemas)).toContain(name)
  expect(Object.keys(doc.components.securitySchemes)).toEqual(['session', 'apiKey'])
})

test('every reference in the OpenAPI document leads somewhere', async () => {
  const doc = await document()
  const refs = [...JSON.stringify(doc).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((m) => m[1]!)
  expect(refs.length).toBeGreaterThan(50)
  for (const ref of new Set(refs)) expect(Object.keys(doc.components.schemas)).toContain(ref)
})

test('the table of problems and its page say the same, both ways', async () => {
  const page = (await get('/docs/problems')).body
  const told = [
    ...page.matchAll(
      /<section id="([^"]+)"><h2>.*?<small>(\d+)<\/small><\/h2><p><strong>(.*?)\.<\/strong> (.*?)<\/p>/g,
    ),
  ].map((m) => [m[1], Number(m[2])])
  expect(told).toEqual(Object.entries(problems).map(([code, p]) => [code, p.status]))
  expect([...page.matchAll(/<section id=/g)]).toHaveLength(Object.keys(problems).length)
})

test('the reference page loads nothing from elsewhere', async () => {
  const page = await get('/docs/api/')
  expect(page.statusCode).toBe(200)
  expect(page.headers['content-security-policy']).toContain("connect-src 'self'")
  expect([...page.body.matchAll(/(?:src|href)="(https?:)?\/\//g)]).toHaveLength(0)
  const script = /src="([^"]+\.js)"/.exec(page.body)?.[1]
  expect((await get(new URL(script!, 'http://localhost/docs/api/').pathname)).statusCode).toBe(200)
})

test('live says the process answers; ready says what is wrong', async () => {
  expect((await get('/health/live')).json()).toEqual({ ok: true })
  expect((await get('/health/ready')).json()).toEqual({ ok: true, checks: { database: 'ok' } })
  const sick = await testApp({ app: { checks: { engine: () => 'stopped', migrations: () => null } } })
  try {
    const r = await sick.app.inject('/health/ready')
    expect([r.statusCode, r.json()]).toEqual([
      503,
      { ok: false, checks: { database: 'ok', engine: 'stopped', migrations: 'ok' } },
    ])
    await sick.database.db.destroy()
    const dead = await sick.app.inject('/health/ready')
    expect([dead.statusCode, dead.json().ok]).toEqual([503, false])
    expect((await sick.app.inject('/health/live')).statusCode).toBe(200)
  } finally {
    await sick.app.close()
  }
})

test('metrics count requests, publications by state and lateness; strangers do not read them', async () => {
  t.metrics.lateness('some-network', 240)
  t.metrics.sent('some-network', 40)
  t.metrics.verdict('some-network', 'published', null)
  t.metrics.verdict('some-network', 'waiting', 'too-fast')
  const text = (await get('/metrics')).body
  expect(text).toContain('clarion_http_request_seconds_count')
  expect(text).toContain('clarion_publication_lateness_seconds_bucket{le="0.25",platform="some-network"} 1')
  expect(text).toContain('clarion_publication_sent_lateness_seconds_count{platform="some-network"} 1')
  expect(text).toContain('clarion_attempts_total{platform="some-network",verdict="published"} 1')
  expect(text).toContain('clarion_failures_total{platform="some-network",kind="too-fast"} 1')
  expect(text).toContain('# TYPE clarion_network_quota_used_ratio gauge')
  expect((await get('/metrics', { 'x-forwarded-for': '203.0.113.7' })).statusCode).toBe(403)
  const open = await testApp({ app: { metricsToken: 'let-me-in', publicUrl: 'https://clarion.example' } })
  try {
    const ask = (headers: Record<string, string>) =>
      open.app.inject({ url: '/metrics', headers, remoteAddress: '203.0.113.7' })
    expect((await ask({})).statusCode).toBe(403)
    expect((await ask({ authorization: 'Bearer wrong' })).statusCode).toBe(403)
    expect((await ask({ authorization: 'Bearer let-me-in' })).statusCode).toBe(200)
    // On a public address "from this machine" is what every visitor of a proxy looks like.
    expect((await open.app.inject('/metrics')).statusCode).toBe(403)
    // What lives beside Clarion, below its name, is not ours to lock.
    const hsts = (await open.app.inject('/health/live')).headers['strict-transport-security']
    expect(hsts).toBe('max-age=15552000')
  } finally {
    await open.close()
  }
})

test('too many requests are answered 429 with the wait, per person and route', async () => {
  const limited = await testApp({ app: { limits: { api: 3, signIn: 100, refused: 2 } } })
  try {
    const viewer = await limited.person('viewer')
    const first = await limited.call('me')
    expect([first.headers['x-ratelimit-limit'], first.headers['x-ratelimit-remaining']]).toEqual(['3', '2'])
    await limited.call('me')
    await limited.call('me')
    const over = await limited.call('me')
    expect(over.problem).toMatchObject({ status: 429, code: 'rate-limited' })
    expect(Number(over.headers['retry-after'])).toBeGreaterThan(0)
    expect((await limited.call('workspaceGet')).status).toBe(200)
    expect((await limited.call('me', { as: viewer })).status).toBe(200)
    const guesses = []
    for (let n = 0; n < 4; n++)
      guesses.push((await limited.call('workspaceGet', { as: { key: `clr_${String(n).repeat(43)}` } })).problem?.code)
    expect(guesses).toEqual(['unauthenticated', 'unauthenticated', 'rate-limited', 'rate-limited'])
  } finally {
    await limited.close()
  }
})

test('pages of the app get index.html, assets are kept for ever, the rest is a problem', async () => {
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
  for (const url of ['/', '/calendar', '/posts/0192?tab=journal']) {
    const r = await get(url, html)
    expect([r.statusCode, r.body.includes('Clarion app'), r.headers['cache-control']]).toEqual([200, true, 'no-cache'])
    expect(r.headers['content-security-policy']).toContain("default-src 'self'")
  }
  expect((await get('/assets/index-abc123.js')).headers['cache-control']).toBe('public, max-age=31536000, immutable')
  expect((await get('/icon.svg')).headers).toMatchObject({
    'cache-control': 'no-cache',
    'content-type': expect.stringContaining('svg'),
  })
  for (const url of [
    '/mcp',
    '/mcp/sse',
    '/v1/posts',
    '/graphql',
    '/webhooks',
    '/.well-known/oauth-protected-resource',
  ]) {
    const r = await get(url, html)
    expect([url, r.statusCode, r.json().code]).toEqual([url, 404, 'not-found'])
  }
  // A program that asks for a page that is none hears so; only browsers get the app, which tells people itself.
  const program = await t.app.inject({ url: '/somewhere', headers: { accept: '*/*' } })
  expect([program.statusCode, program.json().code]).toEqual([404, 'not-found'])
  for (const url of ['/assets/gone-123.js', '/api/v2/x', '/%2e%2e/%2e%2e/etc/passwd', '/..%2fpackage.json']) {
    const r = await get(url)
    expect(r.body).not.toContain('root:')
    expect([url, r.statusCode >= 400 || r.body.includes('Clarion app')]).toEqual([url, true])
  }
})

test('scripts come as they were compressed at build, to whoever takes that, and say what they vary by', async () => {
  const script = (encodings: string) => get('/assets/index-abc123.js', { 'accept-encoding': encodings })
  const told = (r: Awaited<ReturnType<typeof script>>) => [
    r.headers['content-encoding'],
    r.headers['content-type'],
    r.headers.vary,
    r.headers['cache-control'],
  ]
  const kept = 'public, max-age=31536000, immutable'
  const js = 'application/javascript; charset=utf-8'
  const br = await script('gzip, deflate, br')
  expect(told(br)).toEqual(['br', js, 'accept-encoding', kept])
  expect(brotliDecompressSync(br.rawPayload).toString()).toBe('export {}')
  const gz = await script('gzip')
  expect(told(gz)).toEqual(['gzip', js, 'accept-encoding', kept])
  expect(gunzipSync(gz.rawPayload).toString()).toBe('export {}')
  const plain = await script('identity')
  expect(told(plain)).toEqual([undefined, js, 'accept-encoding', kept])
  expect(plain.body).toBe('export {}')
  // Without a compressed copy the file itself is sent.
  expect((await get('/icon.svg', { 'accept-encoding': 'br' })).body).toBe('<svg/>')
})

test('without a built web app there is a page that says so', async () => {
  const bare = await testApp({ app: { webDir: join(dir, 'nowhere') } })
  try {
    const r = await bare.app.inject('/')
    expect(r.statusCode).toBe(200)
    expect(r.body).toContain('npm run build')
  } finally {
    await bare.close()
  }
})

test('the sandbox gets its requests untouched, body and all', async () => {
  const seen: string[] = []
  const box = await testApp({
    app: {
      sandbox: {
        handle: (req, res) => {
          let body = ''
          req.on('data', (d: Buffer) => {
            body += d
          })
          req.on('end', () => {
            seen.push(`${req.method} ${req.url} ${body}`)
            res.writeHead(418, { 'x-own': '1' }).end('short and stout')
          })
        },
      },
    },
  })
  try {
    const at = await box.app.listen({ host: '127.0.0.1', port: 0 })
    const res = await fetch(`${at}/sandbox/api.example.com/2/tweets?a=1`, {
      method: 'POST',
      body: '{not json',
      headers: { 'content-type': 'application/json' },
    })
    expect([res.status, res.headers.get('x-own'), await res.text()]).toEqual([418, '1', 'short and stout'])
    await fetch(`${at}/sandbox`)
    expect(seen).toEqual(['POST /sandbox/api.example.com/2/tweets?a=1 {not json', 'GET /sandbox '])
    expect((await box.call('me')).body.sandbox).toBe(true)
  } finally {
    await box.close()
  }
})

test('a route of the contract without a handler stops the start', async () => {
  await expect(testApp({ app: { complete: true } })).rejects.toThrow(/routes without a handler: .*postList/)
})
