/**
 * A toy network on a real socket, a platform that speaks to it, and a database with two channels: what the engine's tests
 * run against. The engine meets the network through the same client as any platform.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import { type Carry, createCarry } from '#infra/carrier.ts'
import { manualClock } from '#infra/clock.ts'
import { newId } from '#infra/ids.ts'
import { testDatabase } from '#infra/testing/db.ts'
import { createHttp } from '#kit/client/http.ts'
import { definePlatform, type Platform } from '#kit/client/platform.ts'
import { type Again, absent, done, found, type StepContext, step, steps } from '#kit/client/steps.ts'
import { type FailureTable, PlatformFailure } from '#kit/facts/failures.ts'
import { defineSpec } from '#kit/facts/spec.ts'
import { textRules } from '#kit/facts/text.ts'
import type { ChannelGrant } from '../channels/keeper.ts'
import type { KeeperPort, PublishingDeps } from './deps.ts'
import { createPublishing, type Publishing } from './engine.ts'

/** What the network does with the next create. `lost`, `500` and `refused though done` act all the same. */
export const behaviours = [
  'ok',
  'lost',
  'lost-before',
  '500',
  'refused though done',
  '401',
  '422',
  'duplicate',
  '429',
  '503',
  'blocked',
] as const
export type Behaviour = (typeof behaviours)[number]

type Post = { text: string; key?: string; at: number }

/** `lagMs`: a new post shows in its list this much later. Numbers are the clock's. */
export const toyNetwork = async (now: () => number, lagMs = 0) => {
  const made: Post[] = []
  const comments: string[] = []
  const uploads: string[] = []
  const next: Behaviour[] = []
  const nextComment: Behaviour[] = []
  const nextLook: ('ok' | '500' | '503' | '401')[] = []
  let retryAfter = '30'
  let onCall: ((path: string, method: string) => Promise<void> | void) | undefined
  const server: Server = createServer(async (req, res) => {
    let body = ''
    for await (const part of req) body += part
    const path = req.url!
    await onCall?.(path, req.method!)
    const send = (status: number, json: unknown) =>
      res.writeHead(status, { 'content-type': 'application/json', 'retry-after': retryAfter }).end(JSON.stringify(json))
    if (req.method === 'GET') {
      const seen = nextLook.shift() ?? 'ok'
      if (seen === '500') return send(500, {})
      if (seen === '503') return send(503, { code: 'later' })
      if (seen === '401') return send(401, { code: 'dead' })
      return send(200, {
        posts: made
          .map((p, i) => ({ id: `n${i + 1}`, ...p }))
          .filter((p) => p.at + lagMs <= now())
          .map(({ id, text, key }) => ({ id, text, key })),
        comments,
      })
    }
    const { text, key } = JSON.parse(body || '{}') as { text: string; key?: string }
    if (path.endsWith('/uploads')) {
      uploads.push(text)
      return send(200, { ok: true })
    }
    const comment = path.endsWith('/comments')
    const how = (comment ? nextComment : next).shift() ?? 'ok'
    if (how === '401') return send(401, { code: 'dead', said: req.headers.authorization })
    if (how === '429') return send(429, { code: 'slow' })
    if (how === '422') return send(422, { code: 'refused', said: `you sent ${req.headers.authorization}` })
    if (how === 'duplicate') return send(409, { code: 'duplicate' })
    if (how === '503') return send(503, { code: 'later' })
    if (how === 'blocked') return send(403, { code: 'blocked' })
    if (how === 'lost-before') return void req.socket.destroy()
    if (comment) {
      if (key === undefined || !comments.includes(text)) comments.push(text)
    } else if (key === undefined || !made.some((p) => p.key === key)) made.push({ text, key, at: now() })
    if (how === 'lost') return void req.socket.destroy()
    if (how === '500') return send(500, {})
    if (how === 'refused though done') return send(422, { code: 'refused' })
    const n = key === undefined ? made.length : made.findIndex((p) => p.key === key) + 1
    send(200, { id: comment ? `c${comments.length}` : `n${n}` })
  })
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Texts, in the order they came. */
    get posts() {
      return made.map((p) => p.text)
    },
    comments,
    uploads,
    next,
    nextComment,
    nextLook,
    retryAfter: (value: string) => {
      retryAfter = value
    },
    during: (f: typeof onCall) => {
      onCall = f
    },
    close: () => {
      server.closeAllConnections()
      return new Promise<void>((r) => server.close(() => r()))
    },
  }
}

const failures: FailureTable = {
  platform: 'toy',
  read: (a) => ({
    code: (a.body as { code?: string })?.code,
    text: (a.body as { said?: string })?.said,
  }),
  rules: [
    { code: 'dead', kind: 'reconnect', word: 'dead', say: 'The token is dead.' },
    { code: 'refused', kind: 'refused-content', word: 'refused', say: 'Refused: {text}' },
    { code: 'duplicate', kind: 'duplicate', word: 'duplicate', say: 'This was posted already.' },
    { code: 'slow', kind: 'too-fast', word: 'slow', say: 'Slow down.' },
    { code: 'later', kind: 'try-later', word: 'later', say: 'Nothing was done; come back later.' },
    { code: 'blocked', kind: 'refused-account', word: 'blocked', say: 'The account is blocked.' },
  ],
}

/** `again` of the create and comment steps; `refresh`: the platform can renew tokens; `breaks`: runs in the create, before its call. */
export type ToyOptions = {
  again: Again
  refresh?: boolean
  breaks?: (t: StepContext) => void
  /** Other steps than upload, create, comment. */
  publish?: Platform['publish']
  /** How long its network keeps what is prepared. */
  ahead?: Platform['spec']['ahead']
  /** What its network takes at once. Default 10. */
  concurrency?: number
}

export const toyPlatform = (o: ToyOptions): Platform => {
  const { again } = o
  const look = (what: 'posts' | 'comments', want: (t: StepContext) => string) => ({
    ...(again === 'keyed' ? { prepare: (t: StepContext) => `${t.publicationId}/${what}/${t.index}/${t.now()}` } : {}),
    ...(again === 'ask' || again === 'keyed'
      ? {
          believeEmptyAfterMs: 30_000,
          witness: async (t: StepContext) => {
            type Seen = { posts: { id: string; text: string; key?: string }[]; comments: string[] }
            const { body } = await t.http<Seen>({ method: 'GET', url: 'https://toy.test/posts' })
            const id =
              what === 'comments'
                ? body.comments.flatMap((x, i) => (x === want(t) ? [`c${i + 1}`] : []))[0]
                : body.posts.find((p) => (again === 'keyed' ? p.key === t.prepared : p.text === want(t)))?.id
            return id ? found({ id, url: null }) : absent
          },
        }
      : {}),
  })
  const send = (t: StepContext, path: string, text: string) =>
    t.http<{ id: string }>({
      method: 'POST',
      url: `https://toy.test/${path}`,
      headers: { authorization: `Bearer ${t.grant.access}` },
      json: { text, ...(again === 'keyed' ? { key: t.prepared as string } : {}) },
    })
  const segment = (t: StepContext) => t.segments[t.index]!.text
  return definePlatform({
    spec: defineSpec({
      id: 'toy',
      name: 'Toy',
      hosts: ['toy.test'],
      connect: 'form',
      credentials: [],
      channelKinds: ['profile'],
      text: { max: 500, unit: 'graphemes' },
      thread: { max: 5 },
      media: { max: 0, mix: 'alone' },
      settings: { version: 1, schema: z.object({}) },
      ahead: o.ahead,
      pace: { concurrency: o.concurrency ?? 10, backlogGapMs: 30_000 },
      can: {
        firstComment: true,
        remove: false,
        edit: false,
        insights: false,
        webhook: false,
        readBack: again === 'ask' || again === 'keyed',
      },
      verified: '2026-11-22',
    }),
    text: textRules('graphemes'),
    failures,
    connect: {
      begin: async () => ({ kind: 'form', keep: null }),
      finish: async () => ({ pending: 'never' }),
      ...(o.refresh ? { refresh: async () => ({ access: 'unused' }) } : {}),
    },
    publish:
      o.publish ??
      steps(
        step('upload', { again: 'safe' }, async (t) => {
          for (const m of t.segments[0]!.media) await m.blob()
          await send(t, 'uploads', t.segments[0]!.text)
          return done()
        }),
        step('create', { each: 'segment', again, ...look('posts', segment) }, async (t) => {
          o.breaks?.(t)
          const { body } = await send(t, 'posts', segment(t))
          return done({ id: body.id, url: `https://toy.test/${body.id}` })
        }),
        step(
          'comment',
          { again, when: (t) => t.firstComment !== undefined, ...look('comments', (t) => t.firstComment!) },
          async (t) => done({ id: (await send(t, 'comments', t.firstComment!)).body.id, url: null }),
        ),
      ),
  })
}

export const toyWs = newId(1)
export const channelA = newId(2)
export const channelB = newId(3)
const hour = 3_600_000

/** Opens a database, the network and two channels. `errors`: what engines logged as errors. */
export const toyHouse = async (o: { lagMs?: number; database?: Parameters<typeof testDatabase>[0] } = {}) => {
  const clock = manualClock()
  const database = await testDatabase(o.database)
  const { db } = database
  const net = await toyNetwork(clock.now, o.lagMs)
  const engines: Publishing[] = []
  const errors: { message: string; o: object }[] = []
  const token = { access: 'token-of-toy', generation: 1 }
  const at = () => new Date(clock.now())
  await db
    .insertInto('workspaces')
    .values({
      id: toyWs,
      name: 'W',
      time_zone: 'Europe/Warsaw',
      late_policy: JSON.stringify({ maxLateMs: hour, otherwise: 'ask' }),
      created_at: at(),
    })
    .execute()
  for (const id of [channelA, channelB])
    await db
      .insertInto('channels')
      .values({
        id,
        workspace_id: toyWs,
        platform: 'toy',
        realm: 'sandbox',
        kind: 'profile',
        external_id: id,
        name: 'A',
        handle: 'a',
        created_at: at(),
      })
      .execute()

  const held = (): ChannelGrant => ({ grant: { access: token.access }, credentials: {}, generation: token.generation })
  const keeper: KeeperPort = {
    grant: async () => held(),
    grants: () => (id) => keeper.grant(id),
    renew: async () => {
      throw new PlatformFailure({ kind: 'reconnect', code: 'toy.dead', message: 'The token is dead.' })
    },
    markReconnect: async (id, reason, seen) => {
      if (seen !== undefined && seen !== token.generation) return false
      await db.updateTable('channels').set({ state: 'reconnect', state_reason: reason }).where('id', '=', id).execute()
      return true
    },
  }

  /** Gives a publication this text and a picture. What is said of its file is the test's media port's word. */
  const showPicture = async (id: string, text: string): Promise<void> => {
    const picture = newId(clock.now())
    await db
      .insertInto('media')
      .values({
        id: picture,
        workspace_id: toyWs,
        kind: 'image',
        mime: 'image/png',
        bytes: 1,
        sha256: Buffer.alloc(32),
        name: 'a.png',
        storage_key: `media/${picture}`,
        created_at: new Date(clock.now()),
      })
      .execute()
    const content = JSON.stringify({ segments: [{ text, mediaIds: [picture] }] })
    await db.updateTable('publications').set({ content }).where('id', '=', id).execute()
  }

  /** `carry`: what carries it when it is started; else the loop of a process. */
  const engine = (
    toy: Again | ToyOptions = 'ask',
    extra: Partial<PublishingDeps> = {},
    carry: Carry = createCarry({
      database,
      clock,
      log: { error: (what, message) => errors.push({ message, o: what }) },
    }),
  ): Publishing => {
    const platform = toyPlatform(typeof toy === 'string' ? { again: toy } : toy)
    const e = createPublishing(carry, {
      db,
      clock,
      platforms: new Map([['toy', platform]]),
      keeper,
      http: (h) =>
        createHttp({
          realm: 'sandbox',
          sandboxUrl: net.url,
          failures: h.platform.failures,
          secrets: h.secrets,
          signal: h.signal,
          repeats: h.repeats,
          beforeSend: h.beforeSend,
          fetch: h.fetch,
          now: clock.now,
        }),
      media: { renditionFor: async () => Promise.reject(new Error('no media here')), signedUrl: () => '' },
      random: () => 0.5,
      log: { info: () => {}, warn: () => {}, error: (what, message) => errors.push({ message, o: what }) },
      worker: `w${engines.length}`,
      ...extra,
    })
    engines.push(e)
    return e
  }

  /** An engine that will stand still for ever: nobody waits for it. */
  const doomedEngine: typeof engine = (toy, extra) => {
    const e = engine(toy, extra)
    engines.splice(engines.indexOf(e), 1)
    return e
  }

  /**
   * Works (or with `ahead` prepares) with an engine that dies at its `call`th request: right before it leaves, or right after the network answered.
   * Its process is gone then: nothing of it ever runs again.
   */
  const die = async (toy: Again | ToyOptions, call: number, after: boolean, ahead = false): Promise<void> => {
    let left = call
    let dead: () => void = () => {}
    const died = new Promise<void>((resolve) => {
      dead = resolve
    })
    const doomed: typeof fetch = async (input, init) => {
      const last = left-- === 0
      const answer = last && !after ? undefined : await fetch(input, init)
      if (!last) return answer!
      dead()
      return new Promise<Response>(() => {})
    }
    const e = doomedEngine(toy, { fetch: doomed })
    await Promise.race([ahead ? e.runAhead() : e.runDue(), died])
  }

  /** A post of these segments on one channel, scheduled `dueIn` ms ahead. Gives the publication's id. */
  const plan = async (
    texts: string[],
    p: { channel?: string; dueIn?: number; firstComment?: string } = {},
  ): Promise<string> => {
    const due = new Date(clock.now() + (p.dueIn ?? 0))
    const [post, id] = [newId(clock.now()), newId(clock.now())]
    const content = JSON.stringify({
      segments: texts.map((text) => ({ text, mediaIds: [] })),
      firstComment: p.firstComment,
    })
    await db
      .insertInto('posts')
      .values({ id: post, workspace_id: toyWs, content, due_at: due, created_at: at(), updated_at: at() })
      .execute()
    await db
      .insertInto('publications')
      .values({
        id,
        post_id: post,
        workspace_id: toyWs,
        channel_id: p.channel ?? channelA,
        state: 'scheduled',
        due_at: due,
        next_at: due,
        prepare_at: new Date(due.getTime() - 900_000),
        created_at: at(),
        updated_at: at(),
      })
      .execute()
    return id
  }

  return {
    clock,
    database,
    db,
    net,
    engine,
    doomedEngine,
    die,
    plan,
    showPicture,
    token,
    keeper,
    errors,
    read: (id: string) => db.selectFrom('publications').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    target: (id: string) => ({ id, ws: toyWs, now: at() }),
    /** Passes time in steps of `ms` and lets a fresh engine work after each. */
    live: async (times: number, ms = 15_000, toy: Again | ToyOptions = 'ask') => {
      for (let i = 0; i < times; i++) {
        clock.set(clock.now() + ms)
        await engine(toy).runDue()
      }
    },
    close: async () => {
      for (const e of engines.splice(0)) await e.stop(0)
      await net.close()
      await database.drop()
    },
  }
}
export type ToyHouse = Awaited<ReturnType<typeof toyHouse>>
