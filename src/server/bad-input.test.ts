/**
 * Bad input, through HTTP: what the door refuses before anybody behind it sees it, and what the planner refuses behind it.
 * Every refusal has a stable code and a fix, and leaves the database as it was.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { scheduleInput } from '#contract/posts.ts'
import { problems } from '#contract/problems.ts'
import { manualClock } from '#infra/clock.ts'
import { createCalling } from '#planner/channels/calling.ts'
import { createChannelHttp } from '#planner/channels/http.ts'
import { createPosts } from '#planner/posts/service.ts'
import { seeder, toyNetworks } from '#planner/posts/testing.ts'
import { createEdit } from '#planner/published/edit.ts'
import { createTakeDown } from '#planner/published/take-down.ts'
import { registerPosts } from './routes/posts.ts'
import { registerPublications } from './routes/publications.ts'
import { type TestApp, type Told, testApp } from './testing.ts'

let t: TestApp
let url: string
beforeAll(async () => {
  t = await testApp({
    register: () => (bind) =>
      bind('postCreate', async ({ body }) => {
        throw new Error(`let in: ${JSON.stringify(body).slice(0, 100)}`)
      }),
  })
  url = `/api/v1/workspaces/${t.ws}/posts`
})
afterAll(() => t.close())

/** A folder with a web app in it, beside a file that is nobody's business. */
const builtApp = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clarion-web-'))
  await mkdir(join(folder, 'web', 'assets'), { recursive: true })
  await writeFile(join(folder, 'web', 'index.html'), '<!doctype html>app')
  await writeFile(join(folder, 'secret.txt'), 'secret')
  return join(folder, 'web')
}

const json = { 'content-type': 'application/json' }
const send = (payload: string | Buffer, headers: Record<string, string> = json) =>
  t.send({ method: 'POST', url, payload, headers, as: { cookie: t.owner.cookie } })
const withText = (escaped: string) => `{"content":{"segments":[{"text":"${escaped}"}]}}`

test('a 10 MB text is too large, and the limit is named', async () => {
  const r = await send(withText('x'.repeat(10_000_000)))
  expect(r.problem).toMatchObject({ status: 413, code: 'too-large' })
  expect(r.problem?.detail).toContain('1,000,000 bytes')
})

test('a text above 100,000 characters is refused with the field', async () => {
  const r = await send(withText('x'.repeat(100_001)))
  expect(r.problem).toMatchObject({ status: 400, code: 'validation', errors: [{ path: 'content.segments.0.text' }] })
})

test('invalid UTF-8 is refused', async () => {
  for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xe2, 0x82]]) {
    const [before, after] = withText('|').split('|') as [string, string]
    const r = await send(Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]))
    expect(r.problem).toMatchObject({ status: 400, code: 'bad-encoding' })
  }
})

test('NUL is refused, escaped in a value, in a key, and in the address', async () => {
  expect((await send(withText('a\\u0000b'))).problem?.code).toBe('bad-encoding')
  expect(
    (
      await send(
        '{"content":{"segments":[{"text":"x"}]},"publications":[{"channelId":"01920000-0000-7000-8000-000000000000","settings":{"a\\u0000":1}}]}',
      )
    ).problem?.code,
  ).toBe('bad-encoding')
  expect(
    (
      await t.send({
        method: 'GET',
        url: `/api/v1/workspaces/${t.ws}/media?cursor=a%00b`,
        as: { cookie: t.owner.cookie },
      })
    ).problem?.code,
  ).toBe('bad-encoding')
  expect(
    (
      await t.send({
        method: 'DELETE',
        url: `/api/v1/workspaces/${t.ws}/members/a%00b`,
        as: { cookie: t.owner.cookie },
      })
    ).problem?.code,
  ).toBe('bad-encoding')
})

test('lone surrogates are refused; a whole pair is text', async () => {
  for (const s of ['\\ud83d', '\\ude00', '\\uD83Dx', '\\ude00\\ud83d'])
    expect((await send(withText(s))).problem?.code).toBe('bad-encoding')
  expect((await send(withText('\\ud83d\\ude00'))).problem?.code).toBe('internal')
})

test('what is not JSON is refused', async () => {
  for (const s of [
    '{',
    '{"a":1}}',
    "{'a':1}",
    'nonsense',
    '{"__proto__":{"x":1}}',
    '{"constructor":{"prototype":{"x":1}}}',
  ])
    expect((await send(s)).problem).toMatchObject({ status: 400, code: 'bad-json' })
})

test('another content type is refused, none at all too', async () => {
  for (const type of [
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ])
    expect((await send('a=1', { 'content-type': type })).problem).toMatchObject({
      code: type.startsWith('multipart') ? 'validation' : 'unsupported-media',
    })
  expect((await send('', json)).problem?.code).toBe('validation')
})

test('deep nesting does not bring the server down', async () => {
  const r = await send(`{"content":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)
  expect(r.status).toBeGreaterThanOrEqual(400)
  expect(r.problem).not.toBeNull()
  expect((await t.call('me')).status).toBe(200)
})

test('an address that is not UTF-8 is refused', async () => {
  expect(
    (await t.send({ method: 'GET', url: '/api/v1/workspaces/%ff/media', as: { cookie: t.owner.cookie } })).problem
      ?.status,
  ).toBe(400)
})

test('a wrong method is named as such, with the methods that are taken', async () => {
  const r = await t.send({ method: 'PUT', url, payload: '{}', headers: json, as: { cookie: t.owner.cookie } })
  expect(r.problem).toMatchObject({ status: 405, code: 'method-not-allowed' })
  expect(r.headers.allow).toBe('GET, POST')
})

test('an unknown address of the API is not found', async () => {
  for (const path of ['/api/v1/nothing', '/api/', '/media/x/y/z', '/oauth/none', '/health/nothing'])
    expect((await t.send({ method: 'GET', url: path })).problem).toMatchObject({ status: 404, code: 'not-found' })
})

test('a path that climbs out of the web app is not found, and not an error of ours', async () => {
  const webDir = await builtApp()
  const withWeb = await testApp({ setUp: false, app: { webDir } })
  try {
    for (const path of [
      '/assets/../../../../etc/passwd',
      '/..%2f..%2fpackage.json',
      '//evil.example/..%2f',
      '/%2e%2e/x',
    ])
      expect((await withWeb.send({ method: 'GET', url: path })).status, path).toBeLessThan(500)
    expect((await withWeb.send({ method: 'GET', url: '/..%2fsecret.txt' })).text).not.toContain('secret')
  } finally {
    await withWeb.close()
    await rm(join(webDir, '..'), { recursive: true })
  }
})

test('a schedule that says nothing is told what to say', async () => {
  const r = scheduleInput.safeParse({})
  expect(r.error?.issues[0]?.message).toContain('{"now": true}')
})

test('a very long id is not found, not an error of ours', async () => {
  expect(
    (await t.send({ method: 'GET', url: `/api/v1/workspaces/${'a'.repeat(2000)}`, as: { cookie: t.owner.cookie } }))
      .problem?.code,
  ).toBe('not-found')
})

test('every error says where it is documented, and never shows a stack', async () => {
  const r = await send(withText('fine'))
  expect(r.problem).toMatchObject({
    type: '/docs/problems#internal',
    code: 'internal',
    title: problems.internal.title,
    status: 500,
  })
  expect(r.text).not.toMatch(/let in|\.ts:\d+|node_modules/)
  expect(r.headers['content-type']).toContain('application/problem+json')
})

describe('refused, with nothing made and nothing lost', () => {
  const clock = manualClock(Date.now())
  const { platforms } = toyNetworks()
  let real: TestApp
  let seed: ReturnType<typeof seeder>
  let channel: string
  /** The post that must survive everything below. */
  let post: { id: string; etag: string }

  beforeAll(async () => {
    real = await testApp({
      clock,
      register: ({ database: { db } }) => {
        const posts = createPosts({ db, clock, platforms })
        const held = { grant: { access: 'token' }, credentials: {}, generation: 1 }
        const keeper = { grant: async () => held, renew: async () => held, markReconnect: async () => true }
        const http = createChannelHttp({ platforms, sandboxUrl: null, clock })
        const call = createCalling({ db, clock, platforms, http, keeper })
        const takeDown = createTakeDown({ db, clock, platforms, call })
        const edit = createEdit({ db, clock, platforms, call })
        return (bind) => {
          registerPosts(bind, { posts })
          registerPublications(bind, { db, clock, posts, takeDown, edit })
        }
      },
    })
    seed = seeder(real.database.db, clock)
    channel = await seed.channel(real.ws)
    await seed.media(real.ws)
  })
  afterAll(() => real.close())
  beforeEach(async () => {
    const r = await real.call('postCreate', { body: draft('kept') })
    post = { id: String(r.body.id), etag: String(r.headers.etag) }
  })

  const draft = (text: string, channelIds: string[] = [channel]) => ({
    content: { segments: [{ text }] },
    publications: channelIds.map((channelId) => ({ channelId })),
  })

  /** Everything a refused request could have touched. */
  const everything = async () => {
    const { rows } = await real.database.pool.query(
      `select (select json_agg(p order by p.id) from posts p) as posts,
              (select json_agg(p order by p.id) from publications p) as publications,
              (select json_agg(m order by m.id) from media m) as media,
              (select json_agg(r order by r.media_id) from renditions r) as renditions,
              (select json_agg(w order by w.id) from workspaces w) as workspaces,
              (select json_agg(c order by c.id) from channels c) as channels,
              (select json_agg(k order by k.key) from idempotency_keys k) as keys,
              (select json_agg(m order by m.user_id) from members m) as members`,
    )
    return rows[0] as Record<string, unknown>
  }

  /** Makes the request, checks code, status and fix, and that nothing changed. */
  const refuses = async (code: keyof typeof problems, request: () => Promise<Told>): Promise<Told> => {
    const before = await everything()
    const r = await request()
    expect(r.problem).toMatchObject({
      type: `/docs/problems#${code}`,
      code,
      status: problems[code].status,
      title: problems[code].title,
      fix: problems[code].fix,
    })
    expect(r.status).toBe(problems[code].status)
    expect(r.problem!.fix.length).toBeGreaterThan(10)
    expect(r.headers['content-type']).toContain('application/problem+json')
    expect(r.text).not.toMatch(/\.ts:\d+|node_modules| at \w+ \(/)
    expect(await everything()).toEqual(before)
    return r
  }
  const put = (payload: string | Buffer) =>
    real.send({
      method: 'PUT',
      url: `/api/v1/workspaces/${real.ws}/posts/${post.id}`,
      payload,
      headers: { ...json, 'if-match': post.etag },
      as: { cookie: real.owner.cookie },
    })
  const upload = (bytes: Buffer, type: string, name = 'cat.png') => {
    const head = `--b\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`
    return real.send({
      method: 'POST',
      url: `/api/v1/workspaces/${real.ws}/media`,
      payload: Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--b--\r\n')]),
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      as: { cookie: real.owner.cookie },
    })
  }
  const schedule = (body: Record<string, unknown>) => real.call('postSchedule', { params: { id: post.id }, body })

  test('10 MB text', async () => {
    for (const send of [
      () => put(JSON.stringify(draft('x'.repeat(10_000_000)))),
      () => real.call('postCreate', { body: draft('\u{1F600}'.repeat(2_500_000)) }),
    ])
      expect((await refuses('too-large', send)).problem!.detail).toContain('1,000,000 bytes')
  })

  test('invalid UTF-8', async () => {
    const [before, after] = JSON.stringify(draft('|')).split('|') as [string, string]
    for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98]])
      await refuses('bad-encoding', () =>
        put(Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])),
      )
  })

  test('a decompression-bomb image', async () => {
    const crc = (bytes: Buffer) => {
      let c = ~0
      for (const b of bytes) {
        c ^= b
        for (let k = 0; k < 8; k++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0)
      }
      return ~c >>> 0
    }
    const chunk = (kind: string, data: Buffer) => {
      const body = Buffer.concat([Buffer.from(kind), data])
      const out = Buffer.alloc(body.length + 8)
      out.writeUInt32BE(data.length, 0)
      body.copy(out, 4)
      out.writeUInt32BE(crc(body), body.length + 4)
      return out
    }
    const size = Buffer.alloc(13)
    size.writeUInt32BE(50_000, 0)
    size.writeUInt32BE(50_000, 4)
    size.set([1, 0, 0, 0, 0], 8)
    const bomb = Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      chunk('IHDR', size),
      chunk('IDAT', deflateSync(Buffer.alloc(6251 * 1000))),
      chunk('IEND', Buffer.alloc(0)),
    ])
    expect(bomb.length).toBeLessThan(100_000)
    const grown = process.memoryUsage().rss
    const r = await refuses('bad-image', () => upload(bomb, 'image/png'))
    expect(r.problem!.detail).toContain('pixels')
    expect(process.memoryUsage().rss - grown).toBeLessThan(300_000_000)
  })

  // A picture under another picture's type is corrected, not refused: media.test.ts.
  test('bytes that are no picture, whatever they are called: a page, an SVG, and nothing like a picture', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    const page = Buffer.from('<!doctype html><script>alert(1)</script>')
    for (const [bytes, type, code] of [
      [page, 'image/png', 'unsupported-media'],
      [svg, 'image/svg+xml', 'unsupported-media'],
      [svg, 'image/png', 'unsupported-media'],
      [Buffer.from('MZ\x90'), 'application/octet-stream', 'unsupported-media'],
    ] as const)
      await refuses(code, () => upload(bytes, type))
  })

  test('a media URL to a private address', async () => {
    for (const url of [
      'https://127.0.0.1/a.png',
      'https://localhost/a.png',
      'https://10.0.0.1/a.png',
      'https://169.254.169.254/latest/meta-data/',
      'https://[::1]/a.png',
      'https://[::ffff:127.0.0.1]/a.png',
      'https://[::ffff:7f00:1]/a.png',
      'https://[fd00::1]/a.png',
      'https://2130706433/a.png',
      'https://0x7f.1/a.png',
      'https://0/a.png',
    ])
      await refuses('bad-url', () => real.call('mediaImport', { body: { url } }))
  })

  test('an expired session', async () => {
    const { cookie, userId } = await real.person('owner')
    await real.database.pool.query('update auth_sessions set "expiresAt" = $1 where "userId" = $2', [
      new Date(clock.now() - 1000),
      userId,
    ])
    await refuses('unauthenticated', () => real.call('postCreate', { body: draft('late'), as: { cookie } }))
    await refuses('unauthenticated', () =>
      real.call('postRemove', { params: { id: post.id }, as: { cookie }, ifMatch: post.etag }),
    )
  })

  test("another workspace's ids, in the address and in the body, with a session and with a key", async () => {
    const other = await real.stranger()
    const theirs = await seed.channel(other.ws)
    const theirMedia = await seed.media(other.ws)
    const { key } = await real.key(['read', 'write', 'publish'])
    const foreign = { cookie: other.cookie }
    const at = { params: { id: post.id }, ifMatch: post.etag }
    await refuses('not-found', () => real.call('postGet', { ...at, as: foreign }))
    await refuses('not-found', () => real.call('postGet', { params: { ws: other.ws, id: post.id }, as: foreign }))
    await refuses('not-found', () =>
      real.call('postPut', {
        params: { ws: other.ws, id: post.id },
        body: draft('x', []),
        ifMatch: post.etag,
        as: foreign,
      }),
    )
    await refuses('not-found', () =>
      real.call('postCreate', { params: { ws: other.ws }, body: draft('x'), as: { key } }),
    )
    for (const as of [{ cookie: real.owner.cookie }, { key }]) {
      const strange = await refuses('not-found', () => real.call('postCreate', { body: draft('x', [theirs]), as }))
      expect(strange.text).not.toContain('Second')
      await refuses('not-found', () =>
        real.call('postCreate', { body: { content: { segments: [{ text: 'x', mediaIds: [theirMedia] }] } }, as }),
      )
    }
  })

  test('a replayed idempotency key with another body', async () => {
    const once = (text: string) => real.call('postCreate', { body: draft(text), idempotencyKey: 'bread-1' })
    const first = await once('one')
    expect(first.status).toBe(201)
    await refuses('idempotency-mismatch', () => once('two'))
    await refuses('idempotency-mismatch', () =>
      real.call('postUnschedule', { params: { id: post.id }, idempotencyKey: 'bread-1' }),
    )
    const again = await once('one')
    expect([again.status, again.body.id, again.headers['idempotent-replayed']]).toEqual([201, first.body.id, 'true'])
  })

  test('a schedule in a DST gap, with the next time there is', async () => {
    const r = await refuses('time-gap', () => schedule({ wallTime: '2027-03-28T02:30', timeZone: 'Europe/Warsaw' }))
    expect(r.problem).toMatchObject({ suggestion: '2027-03-28T03:30' })
    expect((await schedule({ wallTime: '2027-03-28T03:30', timeZone: 'Europe/Warsaw' })).body).toMatchObject({
      dueAt: '2027-03-28T01:30:00.000Z',
    })
  })

  test('a scheduled time in the past, as an instant and as a wall time', async () => {
    await refuses('time-past', () => schedule({ at: new Date(clock.now() - 3_600_000).toISOString() }))
    await refuses('time-past', () => schedule({ at: '1970-01-01T00:00:00Z' }))
    await refuses('time-past', () => schedule({ wallTime: '2020-02-29T09:00', timeZone: 'Europe/Warsaw' }))
  })

  test('1,000 channels on one post', async () => {
    const many: string[] = []
    for (let i = 0; i < 1000; i++) many.push(`01920000-0000-7000-8000-${String(i).padStart(12, '0')}`)
    const r = await refuses('too-many-channels', () => real.call('postCreate', { body: draft('x', many) }))
    expect(r.problem!.detail).toMatch(/\d/)
    await refuses('too-many-channels', () => put(JSON.stringify(draft('x', many))))
  })
})
