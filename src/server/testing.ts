/**
 * A whole server on a database of its own, with an owner who is signed in: for tests of doors. Requests go through
 * `app.inject`, so nothing listens. Call `close()` in afterAll.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import type { Role } from '#contract/common.ts'
import { defaultLatePolicy, type Scope } from '#contract/people.ts'
import type { ProblemBody } from '#contract/problems.ts'
import { type Route, type RouteName, routes } from '#contract/routes.ts'
import { type Clock, systemClock } from '#infra/clock.ts'
import { type KeyRing, memoryKeyRing } from '#infra/secrets.ts'
import { diskStorage, type Storage } from '#infra/storage.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { createMedia, type Media } from '#planner/media/service.ts'
import { hashPassword } from '#planner/people/password.ts'
import { createPeople, type People } from '#planner/people/service.ts'
import { insertUser } from '#planner/people/store.ts'
import { type AppDeps, createApp } from './app.ts'
import type { Bind } from './bind.ts'
import { createMetrics, type Metrics } from './metrics.ts'

/** What a test's `register` may build its nouns from. */
export type Parts = {
  database: TestDatabase
  clock: Clock
  keys: KeyRing
  storage: Storage
  /** The storage's folder. */
  mediaDir: string
  people: People
  media: Media
  metrics: Metrics
  publicUrl: string
}

export type Who = { cookie: string } | { key: string } | null
export type Call = {
  params?: Record<string, string | undefined>
  query?: Record<string, string | number>
  body?: unknown
  as?: Who
  ifMatch?: string
  idempotencyKey?: string
  headers?: Record<string, string>
}
/** `body` is the parsed JSON; `problem` the same, typed, when the status is 400 or more. */
export type Told = {
  status: number
  headers: LightMyRequestResponse['headers']
  text: string
  body: Record<string, unknown> & { [k: string]: never }
  problem: ProblemBody | null
}

export type TestApp = Parts & {
  app: FastifyInstance
  /** The first workspace and its owner; the owner makes the calls unless `as` says otherwise. */
  ws: string
  owner: { userId: string; cookie: string; email: string; password: string }
  /** Calls a route of the contract; `:ws` is the first workspace unless given. */
  call: (name: RouteName, o?: Call) => Promise<Told>
  /** Sends anything. */
  send: (o: {
    method: string
    url: string
    payload?: string | Buffer
    headers?: Record<string, string>
    as?: Who
  }) => Promise<Told>
  /** A new person with that role in the first workspace (or `ws`), signed in. */
  person: (role: Role, ws?: string) => Promise<{ userId: string; cookie: string; email: string }>
  /** A new API key of the owner. */
  key: (scopes: Scope[], ws?: string) => Promise<{ key: string; id: string }>
  /** Another workspace with its own owner, for tests that must find a wall between the two. */
  stranger: () => Promise<{ ws: string; userId: string; cookie: string }>
  close: () => Promise<void>
}

export type TestAppOptions = {
  /** Runs before the doors are made. */
  prepare?: (parts: Parts) => Promise<void>
  /** More doors, made from the parts. */
  register?: (parts: Parts) => (bind: Bind, app: FastifyInstance) => void
  clock?: Clock
  /** False: the first run is still to come, `owner` and `ws` are empty. */
  setUp?: boolean
  /** Of its database. */
  database?: Parameters<typeof testDatabase>[0]
  app?: Partial<AppDeps>
}

const password = 'correct horse battery'
const cookieOf = (r: LightMyRequestResponse) =>
  [r.headers['set-cookie'] ?? []]
    .flat()
    .map((c) => c.split(';', 1)[0]!)
    .join('; ')

const told = (r: LightMyRequestResponse): Told => {
  const json = String(r.headers['content-type'] ?? '').includes('json')
  const body = json && r.payload !== '' ? JSON.parse(r.payload) : {}
  return {
    status: r.statusCode,
    headers: r.headers,
    text: r.payload,
    body,
    problem: r.statusCode >= 400 && json ? body : null,
  }
}

export const testApp = async (o: TestAppOptions = {}): Promise<TestApp> => {
  const database = await testDatabase(o.database)
  const mediaDir = await mkdtemp(join(tmpdir(), 'clarion-app-'))
  const clock = o.clock ?? systemClock
  const keys = memoryKeyRing()
  const storage = diskStorage(mediaDir)
  const publicUrl = 'http://localhost'
  const people = createPeople({ database, clock })
  const media = createMedia({ database, clock, storage, keys, publicUrl })
  const metrics = createMetrics({ db: database.db, clock })
  const parts: Parts = { database, clock, keys, storage, mediaDir, people, media, metrics, publicUrl }
  await o.prepare?.(parts)
  const app = await createApp({
    database,
    clock,
    keys,
    log: pino({ level: 'silent' }),
    publicUrl,
    version: 'test',
    setupToken: null,
    people,
    media,
    metrics,
    limits: null,
    complete: false,
    register: o.register ? [o.register(parts)] : [],
    ...o.app,
  })
  await app.ready()

  const who = (as: Who | undefined): Record<string, string> =>
    !as ? {} : 'cookie' in as ? { cookie: as.cookie } : { authorization: `Bearer ${as.key}` }
  const send: TestApp['send'] = async ({ as, headers, ...r }) =>
    told(await app.inject({ ...r, method: r.method as 'GET', headers: { ...who(as), ...headers } }))

  const signIn = async (email: string) => {
    const r = await app.inject({ method: 'POST', url: '/api/auth/sign-in/email', payload: { email, password } })
    if (r.statusCode !== 200) throw new Error(`sign-in of ${email} answered ${r.statusCode}: ${r.payload}`)
    return cookieOf(r)
  }
  const owner = { userId: '', cookie: '', email: 'owner@example.test', password }
  let ws = ''
  if (o.setUp !== false) {
    const made = await people.setup({
      name: 'Olga Owner',
      email: owner.email,
      password,
      workspaceName: 'First',
      timeZone: 'Europe/Warsaw',
      locale: 'en',
    })
    ws = made.workspaceId
    owner.userId = made.userId
    owner.cookie = await signIn(owner.email)
  }

  const call: TestApp['call'] = (name, c = {}) => {
    const r: Route = routes[name]
    const params: Record<string, string | undefined> = {
      ws,
      ...Object.fromEntries(Object.entries(c.params ?? {}).filter(([, v]) => v !== undefined)),
    }
    const path = r.path.replace(/:([a-zA-Z]+)/g, (_m, p: string) => encodeURIComponent(params[p] ?? ''))
    const query = c.query ? `?${new URLSearchParams(Object.entries(c.query).map(([k, v]) => [k, String(v)]))}` : ''
    return send({
      method: r.method,
      url: path + query,
      as: c.as === undefined ? { cookie: owner.cookie } : c.as,
      headers: {
        ...(c.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(c.ifMatch ? { 'if-match': c.ifMatch } : {}),
        ...(c.idempotencyKey ? { 'idempotency-key': c.idempotencyKey } : {}),
        ...c.headers,
      },
      ...(c.body === undefined ? {} : { payload: JSON.stringify(c.body) }),
    })
  }

  let count = 0
  const person: TestApp['person'] = async (role, into = ws) => {
    const email = `${role}.${++count}@example.test`
    const { userId } = await people.addMember({ userId: owner.userId, role: 'owner' }, into, {
      email,
      role,
      name: `${role} ${count}`,
      password,
    })
    // As after their first sign-in.
    await people.passwordChosen(userId)
    return { userId, email, cookie: await signIn(email) }
  }

  return {
    ...parts,
    app,
    ws,
    owner,
    call,
    send,
    person,
    key: (scopes, into = ws) =>
      people.createKey({ userId: owner.userId, role: 'owner' }, into, {
        name: scopes.join(' '),
        scopes,
        expiresAt: null,
      }),
    stranger: async () => {
      const id = crypto.randomUUID()
      await database.db
        .insertInto('workspaces')
        .values({
          id,
          name: 'Second',
          time_zone: 'UTC',
          late_policy: JSON.stringify(defaultLatePolicy),
          created_at: new Date(clock.now()),
          paused_at: null,
        })
        .execute()
      const email = `stranger.${++count}@example.test`
      const userId = crypto.randomUUID()
      await insertUser(database.db, {
        id: userId,
        name: 'Stranger',
        email,
        passwordHash: await hashPassword(password),
        at: new Date(clock.now()),
      })
      await database.db
        .insertInto('members')
        .values({ workspace_id: id, user_id: userId, role: 'owner', created_at: new Date(clock.now()) })
        .execute()
      return { ws: id, userId, cookie: await signIn(email) }
    },
    close: async () => {
      await app.close()
      await database.drop()
      await rm(mediaDir, { recursive: true, force: true })
    },
  }
}
