/**
 * Against a real Bluesky server, the program the network itself runs, installed from npm (`tools/pds`). Connect,
 * token keeper, journal and engine are the real ones; only the internet around the server is missing.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Content } from '#contract/posts.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { pdsInstalled } from '../../../tools/pds/install.mjs'
import { openRing, type Ring, type RingOptions } from '../../../tools/pds-ring/clarion.ts'
import platform from './index.ts'

const tools = resolve(import.meta.dirname, '../../../tools/pds')

type Account = { url: string; did: string; handle: string; password: string; appPassword: string }
type RecordOf = {
  uri: string
  cid: string
  value: {
    text: string
    createdAt: string
    facets?: unknown[]
    embed?: Record<string, unknown>
    reply?: { root: { uri: string }; parent: { uri: string } }
  }
}

/** A proxy before the server that can lose answers: it lets the request through, and keeps what came back. */
const losingProxy = async (target: string) => {
  const trouble: string[] = []
  let losing: { path: string; lost: () => void } | undefined
  const kept = new Set<() => void>()
  const server: Server = createServer((req, res) => {
    const up = request(new URL(req.url ?? '/', target), { method: req.method, headers: req.headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        if (losing && req.url?.includes(losing.path)) {
          const { lost } = losing
          losing = undefined
          // The server has done it; the answer stays here, and the connection stays open until its owner is gone.
          kept.add(() => res.destroy())
          lost()
          return
        }
        res.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(chunks))
      })
    })
    up.on('error', (error) => {
      trouble.push(`${req.method} ${req.url}: ${error.message}`)
      res.destroy()
    })
    req.pipe(up)
  })
  // On a busy machine the next request is late: its connection must still be there.
  server.keepAliveTimeout = 600_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    /** Requests the server did not answer. */
    trouble,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The next answer to a call of `path` is lost; resolves when the server has acted. */
    loseNext: (path: string) =>
      new Promise<void>((resolve) => {
        losing = { path, lost: resolve }
      }),
    /** Breaks the connections whose answers are kept. */
    drop: () => {
      for (const end of kept) end()
      kept.clear()
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let errors = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk
    })
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      reject(new Error(`ended with ${signal ?? `code ${code}`}: ${errors.slice(-8000)}`)),
    )
    createInterface({ input: child.stdout! }).once('line', resolve)
  })

// Skipped where the server is not installed: `npm test` installs it, and fails there when it cannot.
describe.skipIf(!pdsInstalled())('a real Bluesky server', () => {
  let pds: ChildProcess
  let said = ''
  let server: Account
  let proxy: Awaited<ReturnType<typeof losingProxy>>
  let database: TestDatabase
  let dir: string
  let house: Ring
  let options: Omit<RingOptions, 'worker'>
  let ws: { id: string; timeZone: string; role: 'owner' }
  let userId: string
  let channelId: string

  const open = async () => {
    dir = await mkdtemp(join(tmpdir(), 'clarion-real-'))
    pds = spawn(process.execPath, [join(tools, 'run.mjs')], { stdio: ['pipe', 'pipe', 'pipe'] })
    pds.stderr!.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-8000)
    })
    const [line, db] = await Promise.all([firstLine(pds), testDatabase()])
    server = JSON.parse(line)
    database = db
    proxy = await losingProxy(server.url)
    options = {
      databaseUrl: db.url,
      keys: `k1:${randomBytes(32).toString('base64')}`,
      mediaDir: dir,
      origins: [proxy.url],
      leaseMs: 2_000,
    }
    house = await openRing({ ...options, worker: 'test' }, platform)
    const first = await house.people.setup({
      name: 'Ann',
      email: 'ann@example.test',
      password: 'correct horse battery',
      workspaceName: 'Real',
      timeZone: 'UTC',
      locale: 'en',
    })
    userId = first.userId
    ws = { id: first.workspaceId, timeZone: 'UTC', role: 'owner' }
  }

  beforeAll(() =>
    open().catch((error: unknown) => {
      throw new Error(`the set-up broke; the server said: ${said || 'nothing'}`, { cause: error })
    }),
  )
  // What the server wrote belongs to a failure's cause.
  afterEach(({ task }) => {
    if (task.result?.state === 'fail')
      console.error(`the server said: ${said || 'nothing'}\n${proxy?.trouble.join('\n') ?? ''}`)
  })

  afterAll(async () => {
    await house?.database.close()
    await database?.drop()
    proxy?.close()
    const alive = pds?.exitCode === null && pds.signalCode === null
    const end = pds && `${pds.exitCode ?? pds.signalCode}`
    if (alive) {
      pds.kill('SIGTERM')
      await once(pds, 'exit')
    }
    if (dir) await rm(dir, { recursive: true, force: true })
    expect(alive, `the server ended by itself: ${end} ${said}`).toBe(true)
  })

  const connect = (appPassword: string) =>
    house.connect.begin({
      ws: ws.id,
      userId,
      platform: platform.spec.id,
      realm: 'live',
      form: { identifier: `@${server.handle}`, appPassword, service: proxy.url },
    })

  const picture = async (alt: string, background: string): Promise<string> => {
    const bytes = await sharp({ create: { width: 320, height: 200, channels: 3, background } })
      .png()
      .toBuffer()
    return (await house.media.upload({ ws: ws.id, userId, bytes, name: 'wall.png', alt })).id
  }

  /** Writes a post for the channel, due now; gives the publication's id. */
  const schedule = async (segments: Content['segments'], settings: Record<string, unknown> = {}): Promise<string> => {
    const post = await house.posts.create(ws, userId, {
      content: { segments },
      publications: [{ channelId, content: null, settings }],
      tags: [],
      latePolicy: null,
    })
    return (await house.posts.schedule(ws, post.id, { now: true }, null)).publications[0]!.id
  }
  const publicationOf = (id: string) =>
    house.db.selectFrom('publications').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

  /** Publishes in this process and gives the row. */
  const publish = async (segments: Content['segments'], settings?: Record<string, unknown>) => {
    const id = await schedule(segments, settings)
    await house.publishing.runDue()
    const row = await publicationOf(id)
    expect(row, `${row.state}: ${row.message}`).toMatchObject({ state: 'published' })
    return row
  }

  /** The server's own list, asked without Clarion: the truth. */
  const records = async (): Promise<RecordOf[]> => {
    const reply = await fetch(
      `${server.url}/xrpc/com.atproto.repo.listRecords?repo=${server.did}&collection=app.bsky.feed.post&limit=100`,
    )
    return ((await reply.json()) as { records: RecordOf[] }).records
  }
  const withText = async (text: string) => (await records()).filter((r) => r.value.text.startsWith(text))
  const only = async (text: string): Promise<RecordOf> => {
    const all = await withText(text)
    expect(all).toHaveLength(1)
    return all[0]!
  }

  test('a wrong app password is refused with a sentence, and nothing is connected', async () => {
    const flow = await connect('aaaa-bbbb-cccc-dddd')
    expect(flow).toMatchObject({ step: 'form', channels: [] })
    expect(flow.error).toContain('app password')
  })

  test('an app password connects the account', async () => {
    const flow = await connect(server.appPassword)
    expect(flow).toMatchObject({
      step: 'done',
      error: null,
      channels: [{ externalId: server.did, handle: server.handle, state: 'ok' }],
    })
    channelId = flow.channels[0]!.id
    const { sealed } = await house.db
      .selectFrom('channel_tokens')
      .select('sealed')
      .where('channel_id', '=', channelId)
      .executeTakeFirstOrThrow()
    expect(sealed).not.toContain(server.appPassword)
  })

  test('text with a mention, a link and a tag becomes one record with facets at the right bytes', async () => {
    const text = `Zażółć 👩‍👩‍👧 @${server.handle} czyta https://example.com/a?b=c #gęś`
    const row = await publish([{ text, mediaIds: [] }])
    const record = await only('Zażółć')
    expect(row.external_id).toBe(record.uri)
    // The address is shown without its scheme, as Bluesky's own app does; the facet keeps the whole of it.
    expect(record.value.text).toBe(text.replace('https://', ''))
    const bytes = Buffer.from(record.value.text)
    const cut = (
      record.value.facets as {
        index: { byteStart: number; byteEnd: number }
        features: { $type: string; did?: string; uri?: string }[]
      }[]
    ).map((f) => [
      f.features[0]!.$type.split('#')[1],
      bytes.subarray(f.index.byteStart, f.index.byteEnd).toString(),
      f.features[0]!.did ?? f.features[0]!.uri,
    ])
    expect(cut).toEqual([
      ['mention', `@${server.handle}`, server.did],
      ['link', 'example.com/a?b=c', 'https://example.com/a?b=c'],
      ['tag', '#gęś', undefined],
    ])
  })

  test('pictures go out with their alt text and can be read back', async () => {
    const media = [await picture('A red wall', '#c02020'), await picture('A blue wall', '#2020c0')]
    await publish([{ text: 'Two walls', mediaIds: media }])
    const { embed } = (await only('Two walls')).value
    const images = (
      embed as {
        images: { alt: string; image: { ref: { $link: string }; mimeType: string }; aspectRatio: { width: number } }[]
      }
    ).images
    expect(images.map((i) => [i.alt, i.aspectRatio.width])).toEqual([
      ['A red wall', 320],
      ['A blue wall', 320],
    ])
    for (const { image } of images) {
      const blob = await fetch(`${server.url}/xrpc/com.atproto.sync.getBlob?did=${server.did}&cid=${image.ref.$link}`)
      expect(await sharp(Buffer.from(await blob.arrayBuffer())).metadata()).toMatchObject({ width: 320, height: 200 })
    }
  })

  test('a thread hangs together: every post replies to the one before and names the first', async () => {
    await publish(['one', 'two', 'three'].map((n) => ({ text: `Thread ${n}`, mediaIds: [] })))
    const [first, second, third] = [await only('Thread one'), await only('Thread two'), await only('Thread three')]
    expect(first.value.reply).toBeUndefined()
    expect(second.value.reply).toMatchObject({ root: { uri: first.uri }, parent: { uri: first.uri } })
    expect(third.value.reply).toMatchObject({ root: { uri: first.uri }, parent: { uri: second.uri } })
  })

  test('a link card and a quote are embeds of one post', async () => {
    const quoted = await only('Zażółć')
    await publish([{ text: 'Read this', mediaIds: [] }], {
      linkCard: { uri: 'https://example.com/', title: 'Example', description: 'A page' },
      quote: quoted.uri,
    })
    const { embed } = (await only('Read this')).value
    expect(embed).toMatchObject({
      $type: 'app.bsky.embed.recordWithMedia',
      record: { record: { uri: quoted.uri, cid: quoted.cid } },
      media: { external: { uri: 'https://example.com/', title: 'Example' } },
    })
  })

  test('a worker killed between the write and its answer leaves one record, finished by another process', async () => {
    const worker = (name: string) =>
      spawn(process.execPath, [resolve(tools, '../pds-ring/worker.ts'), JSON.stringify({ ...options, worker: name })], {
        stdio: ['pipe', 'pipe', 'pipe'],
      })
    const lost = proxy.loseNext('com.atproto.repo.putRecord')
    const id = await schedule([{ text: 'Once and only once', mediaIds: [await picture('A green wall', '#20c020')] }])
    const first = worker('first')
    await firstLine(first)
    await lost
    first.kill('SIGKILL')
    const [, signal] = (await once(first, 'exit')) as [number | null, string]
    expect(signal).toBe('SIGKILL')

    // The network has it, Clarion does not know: the step is journalled as begun and has no end.
    const written = await only('Once and only once')
    expect(await publicationOf(id)).toMatchObject({ state: 'publishing', begun: true, external_id: null })
    expect(
      await house.db
        .selectFrom('steps')
        .select('state')
        .where('publication_id', '=', id)
        .where('key', '=', 'create:0')
        .executeTakeFirst(),
    ).toEqual({ state: 'begun' })

    const second = worker('second')
    try {
      await firstLine(second)
      await expect.poll(async () => (await publicationOf(id)).state, { interval: 100 }).toBe('published')
    } finally {
      second.kill('SIGKILL')
    }
    expect((await publicationOf(id)).external_id).toBe(written.uri)
    expect((await only('Once and only once')).cid).toBe(written.cid)
    expect(
      (
        await house.db
          .selectFrom('attempts')
          .select('worker')
          .where('publication_id', '=', id)
          .orderBy('number')
          .execute()
      ).map((a) => a.worker),
    ).toEqual(['first', 'second'])
  })

  test('a refresh whose answer was lost is asked again and gives a token that works', async () => {
    const before = await house.keeper.grant(channelId)
    const lost = proxy.loseNext('com.atproto.server.refreshSession')
    const trying = house.keeper.renew(channelId).then(
      () => 'renewed',
      () => 'no answer',
    )
    await lost
    proxy.drop()
    expect(await trying).toBe('no answer')
    await house.keeper.check(channelId)
    const after = await house.keeper.grant(channelId)
    expect(after.generation).toBe(before.generation + 1)
    expect(after.grant.refresh).not.toBe(before.grant.refresh)
    await publish([{ text: 'After the refresh', mediaIds: [] }])
    await only('After the refresh')
  })

  test('an app password revoked on the server puts the channel on reconnect, and says so', async () => {
    const login = await fetch(`${server.url}/xrpc/com.atproto.server.createSession`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ identifier: server.handle, password: server.password }),
    })
    const { accessJwt } = (await login.json()) as { accessJwt: string }
    const revoked = await fetch(`${server.url}/xrpc/com.atproto.server.revokeAppPassword`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${accessJwt}` },
      body: JSON.stringify({ name: 'clarion' }),
    })
    expect(revoked.status).toBe(200)
    await expect(house.keeper.renew(channelId)).rejects.toMatchObject({ failure: { kind: 'reconnect' } })
    expect(
      await house.db.selectFrom('channels').select('state').where('id', '=', channelId).executeTakeFirst(),
    ).toEqual({ state: 'reconnect' })
  })
})
