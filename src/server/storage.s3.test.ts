/** The whole server with its files in a bucket of a real S3 server: in, out, to networks that fetch and to one that is sent to. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { pino } from 'pino'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Channel } from '#contract/channels.ts'
import type { Media } from '#contract/media.ts'
import type { Post, Publication } from '#contract/posts.ts'
import { CannotStart } from '#infra/cannot-start.ts'
import { readConfig } from '#infra/config.ts'
import { holding } from '#infra/hold.ts'
import { type TestS3, testS3 } from '#infra/testing/radosgw.ts'
import { mp4 } from '#kit/testing/video.ts'
import { openStorage } from './boot/storage.ts'
import { type ComposedServer, startComposed } from './testing/composed.ts'

let s3: TestS3
beforeAll(async () => {
  s3 = await testS3()
})
afterAll(() => s3?.stop())

const keysOf = async (bucket: string, prefix = '') =>
  ((await s3.client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }))).Contents ?? []).map(
    (c) => c.Key!,
  )

/** A person in front of a server. */
const person = async (web: ComposedServer) => {
  const { cookie, ws } = await web.owner()
  const at = `/api/v1/workspaces/${ws}`
  const call = async <T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> => {
    const r = await web.ask(`${at}${path}`, {
      method,
      headers: { cookie, origin: web.publicUrl, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return { status: r.status, body: (await r.json()) as T }
  }
  const upload = async (bytes: Uint8Array, name: string) => {
    const form = new FormData()
    form.set('file', new Blob([new Uint8Array(bytes)]), name)
    form.set('alt', 'Bread')
    const r = await web.ask(`${at}/media`, { method: 'POST', headers: { cookie, origin: web.publicUrl }, body: form })
    return { status: r.status, media: (await r.json()) as Media & { code?: string } }
  }
  const get = (path: string, headers: Record<string, string> = {}) => web.ask(path, { headers: { cookie, ...headers } })
  const publication = async (id: string) => (await call<Publication>('GET', `/publications/${id}`)).body
  const until = async (id: string, ...states: string[]) => {
    await expect
      .poll(async () => (await publication(id)).state, { interval: 100 })
      .toSatisfy((s: string) => states.includes(s))
    return publication(id)
  }
  let channels: Channel[] = []
  const post = async (platform: string, text: string, mediaId: string, settings = {}) => {
    if (channels.length === 0) {
      await call('POST', '/sandbox/connect-all')
      channels = (await call<{ items: Channel[] }>('GET', '/channels')).body.items
    }
    const channel = channels.find((c) => c.platform === platform)!
    const made = await call<Post>('POST', '/posts', {
      content: { segments: [{ text, mediaIds: [mediaId] }] },
      publications: [{ channelId: channel.id, settings }],
    })
    expect(made.status, JSON.stringify(made.body)).toBe(201)
    const sent = await call('POST', `/posts/${made.body.id}/schedule`, { now: true })
    expect(sent.status, JSON.stringify(sent.body)).toBeLessThan(300)
    return made.body.publications[0]!.id
  }
  return { call, upload, get, post, publication, until }
}

const jpeg = (shade: number) =>
  sharp({ create: { width: 1200, height: 900, channels: 3, background: { r: shade, g: 90, b: 40 } } })
    .jpeg()
    .toBuffer()

describe('files in a bucket', () => {
  let web: ComposedServer
  let env: Record<string, string>
  let me: Awaited<ReturnType<typeof person>>
  beforeAll(async () => {
    env = { ...(await s3.env()), S3_PREFIX: 'clarion' }
    web = await startComposed(env)
    me = await person(web)
  })
  afterAll(() => web?.close())

  test('an upload goes there, and comes back whole, in parts and small, as safe as from the disk', async () => {
    const bytes = mp4({ width: 720, height: 1280, ms: 5000, bytes: 20_000_000 })
    const { status, media } = await me.upload(bytes, 'clip.mp4')
    expect([status, media]).toMatchObject([201, { kind: 'video', bytes: bytes.length, durationMs: 5000 }])
    expect(await keysOf(env.S3_BUCKET!)).toEqual([`clarion/media/${media.id.slice(-2)}/${media.id}`])
    const whole = await me.get(media.url)
    expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'video/mp4'])
    expect(whole.headers.get('content-security-policy')).toMatch(/default-src 'none'|sandbox/)
    expect(whole.headers.get('content-disposition')).toContain('clip.mp4')
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true)
    const part = await me.get(media.url, { range: 'bytes=9999999-10000008' })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 9999999-10000008/${bytes.length}`])
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(9_999_999, 10_000_009))).toBe(true)
    const thumb = await me.get(media.thumbUrl)
    expect([thumb.status, thumb.headers.get('content-type')]).toEqual([200, 'image/webp'])
    expect((await keysOf(env.S3_BUCKET!, 'clarion/renditions/')).length).toBe(1)
    expect((await me.call('DELETE', `/media/${media.id}`)).status).toBe(200)
    expect(await keysOf(env.S3_BUCKET!)).toEqual([])
  })

  test('what is refused leaves nothing there', async () => {
    const { status } = await me.upload(mp4({ bytes: 9_000_000 }).subarray(0, 40), 'broken.mp4')
    expect(status).toBe(422)
    expect(await keysOf(env.S3_BUCKET!)).toEqual([])
  })

  test('a picture goes out rendered: sent to a network, and fetched by another from our own address', async () => {
    const { media } = await me.upload(await jpeg(10), 'bread.jpg')
    for (const platform of ['bluesky', 'threads'])
      expect(
        await me.until(await me.post(platform, `Bread on ${platform}`, media.id), 'published', 'failed'),
      ).toMatchObject({
        state: 'published',
      })
    expect((await web.ask('/health/ready').then((r) => r.json())) as object).toMatchObject({
      ok: true,
      checks: { storage: 'ok' },
    })
  })

  test('a server that is away fails nothing: uploads are told, posts wait and go out when it is back', async () => {
    const { media } = await me.upload(await jpeg(20), 'later.jpg')
    await s3.close()
    const refused = await me.upload(await jpeg(30), 'not-now.jpg')
    expect([refused.status, refused.media.code]).toEqual([503, 'storage-away'])
    expect((await me.get(media.url)).status).toBe(503)
    const ready = await web.ask('/health/ready')
    expect([ready.status, await ready.json()]).toMatchObject([
      503,
      { checks: { storage: expect.stringMatching(/answer/) } },
    ])
    const id = await me.post('bluesky', 'Bread later', media.id)
    const waiting = await me.until(id, 'waiting', 'failed', 'published')
    expect(waiting).toMatchObject({ state: 'waiting', reason: 'clarion.storage-away' })
    await s3.open()
    // It would look again in a minute by itself.
    await web.database.db.updateTable('publications').set({ next_at: new Date() }).where('id', '=', id).execute()
    await web.database.db.updateTable('channels').set({ not_before: null }).execute()
    await web.database.pool.query(`select pg_notify('clarion_due', '')`)
    expect(await me.until(id, 'published', 'failed')).toMatchObject({ state: 'published' })
    expect((await web.ask('/health/ready')).status).toBe(200)
  })

  test('a file that somebody took out of the bucket is told as gone', async () => {
    const { media } = await me.upload(await jpeg(40), 'taken.jpg')
    const Key = `clarion/media/${media.id.slice(-2)}/${media.id}`
    await s3.client.send(new DeleteObjectCommand({ Bucket: env.S3_BUCKET, Key }))
    expect((await me.get(media.url)).status).toBe(404)
  })
})

describe('with a CDN before the bucket', () => {
  let web: ComposedServer
  let cdn: Server
  let me: Awaited<ReturnType<typeof person>>
  const asked: { path: string; status: number; type: string }[] = []
  beforeAll(async () => {
    const env = await s3.env()
    // As CDNs do: the same path below the bucket, the query as it came, the origin's own host name.
    cdn = createServer((req, res) => {
      const behind = httpRequest(`${s3.endpoint}/${env.S3_BUCKET}${req.url}`, { method: req.method }, (answer) => {
        asked.push({
          path: req.url!.split('?')[0]!,
          status: answer.statusCode!,
          type: String(answer.headers['content-type']),
        })
        res.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(res)
      })
      behind.end()
    })
    await new Promise<void>((r) => cdn.listen(0, '127.0.0.1', r))
    const { port } = cdn.address() as AddressInfo
    web = await startComposed({
      ...env,
      CDN_URL: `http://127.0.0.1:${port}/`,
      CLARION_ALLOW_PRIVATE_HOSTS: '127.0.0.1',
    })
    me = await person(web)
  })
  afterAll(async () => {
    await web?.close()
    await new Promise((r) => cdn.close(r))
  })

  test('a network fetches there, under a signed address', async () => {
    const { media } = await me.upload(await jpeg(50), 'cdn.jpg')
    const id = await me.post('threads', 'Bread by CDN', media.id)
    expect(await me.until(id, 'published', 'failed')).toMatchObject({ state: 'published' })
    expect(asked).toContainEqual({
      path: expect.stringMatching(new RegExp(`^/renditions/../${media.id}-`)),
      status: 200,
      type: 'image/jpeg',
    })
  })

  test('one that takes only our proved address fetches from us', async () => {
    const before = asked.length
    const { media } = await me.upload(mp4({ width: 720, height: 1280, ms: 6000 }), 'pull.mp4')
    const settings = { mode: 'direct', privacy: 'PUBLIC_TO_EVERYONE', musicConsent: true, source: 'pull' }
    const id = await me.post('tiktok', 'Bread by us', media.id, settings)
    expect(await me.until(id, 'published', 'failed')).toMatchObject({ state: 'published' })
    expect(asked.length).toBe(before)
  })
})

test('processes on one data folder have caches of their own; the next start takes one over and clears the others', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'clarion-slots-'))
  const config = readConfig({ ...(await s3.env()), CLARION_DATA_DIR: dataDir }, [])
  const open = () => openStorage(config, pino({ level: 'silent' }))
  const cached = async () =>
    (await readdir(join(dataDir, 'cache'), { recursive: true, withFileTypes: true }))
      .filter((f) => f.isFile())
      .map((f) => f.parentPath.slice(join(dataDir, 'cache').length))
  const use = async (of: Awaited<ReturnType<typeof open>>, key: string) => {
    await of.storage.put(key, Buffer.from(key))
    await holding(async (hold) => expect(await readFile(await of.storage.local(key, hold), 'utf8')).toBe(key))
  }
  const [one, two] = [await open(), await open()]
  await use(one, 'media/aa/a')
  await use(two, 'media/aa/b')
  expect((await cached()).sort()).toEqual(['/0/files', '/1/files'])
  await one.close()
  await two.close()
  const next = await open()
  expect(await cached()).toEqual(['/0/files'])
  await next.close()
  await rm(dataDir, { recursive: true, force: true })
})

test('a start with wrong settings says what is wrong, and none of the secrets', async () => {
  const env = await s3.env()
  const error = await startComposed({ ...env, S3_SECRET_ACCESS_KEY: 'not-the-secret' }).then(
    () => null,
    (e: CannotStart) => e,
  )
  expect(error).toBeInstanceOf(CannotStart)
  expect(error?.message).toMatch(/^S3 \(bucket .*\): it refuses the signature\.$/)
  expect(`${error?.message} ${error?.fix}`).not.toContain('not-the-secret')
})
