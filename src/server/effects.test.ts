/**
 * Authorization by effect, asked of every write of the contract: a key with every scope but `publish` calls it on a
 * workspace full of plans, and what will be published stays as it was. The same call with all scopes shows what the
 * effect would have been.
 */
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Route, type RouteName, routes } from '#contract/routes.ts'
import { type Whole, wholeApp } from './testing/whole.ts'
import type { Call, Who } from './testing.ts'

let t: Whole
let most: Who
let all: Who
/** Somebody of another workspace. */
let known: string
beforeAll(async () => {
  t = await wholeApp()
  known = (await t.people.me((await t.stranger()).userId)).user.email
  most = await t.key(['read', 'write', 'admin'])
  all = await t.key(['read', 'write', 'publish', 'admin'])
})
afterAll(() => t.close())

/** Everything that decides what goes out and when, of the whole installation. */
const plans = async () => {
  const { rows } = await sql<Record<string, unknown>>`
    select u.id, u.state, u.reason, u.content, u.settings, u.due_at, u.next_at, p.content as base, p.deleted_at, p.late_policy,
      c.state as channel, c.paused_at, c.removed_at, w.paused_at as stopped, w.late_policy as policy,
      (select json_agg(m.alt order by m.id) from media m where m.workspace_id = u.workspace_id) as alts
    from publications u join posts p on p.id = u.post_id join channels c on c.id = u.channel_id
      join workspaces w on w.id = u.workspace_id
    where u.state in ('scheduled', 'publishing', 'waiting', 'held') or u.state = 'published' order by u.id`.execute(
    t.database.db,
  )
  return JSON.stringify(rows)
}

type World = Awaited<ReturnType<typeof world>>
const inAnHour = () => ({ at: new Date(t.clock.now() + 3_600_000).toISOString() })
/** A scheduled post with a picture on one channel, and one held on a channel that lost its token. */
const world = async () => {
  const media = await t.seed.media(t.ws)
  const make = async () => {
    const channel = await t.channel()
    const body = {
      content: { segments: [{ text: 'Hello', mediaIds: [media] }] },
      publications: [{ channelId: channel }],
    }
    const made = await t.call('postCreate', { body })
    const post = made.body as unknown as { id: string; publications: { id: string }[] }
    const planned = await t.call('postSchedule', { params: { id: post.id }, body: inAnHour() })
    expect(planned.status).toBe(200)
    return { channel, body, post: post.id, publication: post.publications[0]!.id, etag: String(planned.headers.etag) }
  }
  const planned = await make()
  const held = await make()
  await t.database.db
    .updateTable('publications')
    .set({ state: 'held', reason: 'reconnect' })
    .where('id', '=', held.publication)
    .execute()
  await t.database.db.updateTable('channels').set({ state: 'reconnect' }).where('id', '=', held.channel).execute()
  const person = await t.person('editor')
  const key = await t.key(['read'])
  return { media, ...planned, held, person: person.userId, key: key.id }
}

type Write = { [N in RouteName]: (typeof routes)[N]['method'] extends 'GET' ? never : N }[RouteName]
const of = (id: string, more: Call = {}): Call => ({ params: { id }, ...more })
/** One good call of each write. A route that is missing here does not compile. */
const calls: Record<Exclude<Write, 'setup' | 'mediaUpload'>, (w: World) => Call> = {
  workspacePatch: () => ({ body: { latePolicy: { maxLateMs: 1, otherwise: 'expire' } } }),
  workspacePause: () => ({}),
  workspaceResume: () => ({}),
  backlogPause: () => ({}),
  backlogResume: () => ({}),
  backlogDrop: () => ({ body: { count: 1 } }),
  memberAdd: () => ({ body: { email: known, role: 'viewer' } }),
  memberPatch: (w) => ({ params: { userId: w.person }, body: { role: 'viewer' } }),
  memberRemove: (w) => ({ params: { userId: w.person } }),
  memberPassword: (w) => ({ params: { userId: w.person }, body: { password: 'a first password' } }),
  passwordChange: () => ({ body: { currentPassword: 'what it is', newPassword: 'what it shall be' } }),
  keyCreate: () => ({ body: { name: 'k', scopes: ['read', 'publish'] } }),
  keyRevoke: (w) => of(w.key),
  credentialsSet: () => ({ params: { platform: 'plain' }, body: { values: {} } }),
  connectBegin: (w) => ({ params: { platform: 'plain' }, body: { realm: 'sandbox', channelId: w.held.channel } }),
  connectAnswer: (w) => of(w.post, { body: { form: {} } }),
  connectChoose: (w) => of(w.post, { body: { externalIds: ['1'] } }),
  sandboxConnectAll: () => ({}),
  channelPause: (w) => of(w.channel),
  channelResume: (w) => of(w.channel),
  channelCheck: (w) => of(w.held.channel),
  channelRemove: (w) => of(w.channel),
  mediaImport: () => ({ body: { url: 'https://localhost/a.png' } }),
  mediaPatch: (w) => of(w.media, { body: { alt: 'something else' } }),
  mediaRemove: (w) => of(w.media),
  postCreate: (w) => ({ body: w.body }),
  postPut: (w) =>
    of(w.post, { ifMatch: w.etag, body: { ...w.body, content: { segments: [{ text: 'Not what was planned' }] } } }),
  postRemove: (w) => of(w.post),
  postDuplicate: (w) => of(w.post),
  postSchedule: (w) => of(w.post, { body: { at: '2027-03-09T08:00:00Z' } }),
  postUnschedule: (w) => of(w.post),
  postPreflight: (w) => ({ body: w.body }),
  publicationReschedule: (w) => of(w.publication, { body: { at: '2027-03-09T08:00:00Z' } }),
  publicationCancel: (w) => of(w.publication),
  publicationRetry: (w) => of(w.held.publication),
  publicationResolve: (w) => of(w.publication, { body: { there: true } }),
  publicationRemove: (w) => of(w.publication),
  publicationEdit: (w) => of(w.publication, { body: { text: 'other' } }),
  publicationInsightsNow: (w) => of(w.publication),
}

/** Calls whose effect this world shows: that none is lost keeps the test from agreeing with everything. */
const effective: string[] = []

describe.each(Object.keys(calls) as (keyof typeof calls)[])('%s', (name) => {
  test('changes nothing planned for a key without `publish`', async () => {
    const w = await world()
    const before = await plans()
    const told = await t.call(name, { ...calls[name](w), as: most })
    expect(await plans()).toBe(before)

    const full = await t.call(name, { ...calls[name](w), as: all })
    expect(['scope-missing', 'validation']).not.toContain(full.problem?.code)
    const route: Route = routes[name]
    const says = typeof route.access === 'object' && (route.access.scope === 'publish' || route.access.publish)
    if ((await plans()) !== before) {
      effective.push(name)
      expect([name, says !== undefined && says !== false]).toEqual([name, true])
    }
    if (says) expect([told.status, told.problem?.code]).toEqual([403, 'scope-missing'])
    // Clean for the next one.
    await t.call('workspaceResume')
  })
})

test('If-Match with another version stops every write that it can stop, and nothing else answers as if it had', async () => {
  const w = await world()
  const before = await plans()
  for (const name of Object.keys(calls) as (keyof typeof calls)[]) {
    const r = await t.call(name, { ...calls[name](w), ifMatch: '"v999.older"' })
    expect([name, r.problem?.code]).toEqual([name, 'version-mismatch'])
  }
  expect(await plans()).toBe(before)
})

test('the calls above did have effects', () => {
  expect(effective).toEqual(
    expect.arrayContaining([
      'workspacePatch',
      'workspacePause',
      'channelPause',
      'channelRemove',
      'mediaPatch',
      'postPut',
      'postRemove',
      'postSchedule',
      'postUnschedule',
      'publicationReschedule',
      'publicationCancel',
      'publicationRetry',
    ]),
  )
})

describe('drafts and what is over stay free for a key that writes', () => {
  test('a draft is written, changed and deleted with `write` alone', async () => {
    const as = await t.key(['write'])
    const channel = await t.channel()
    const body = { content: { segments: [{ text: 'draft' }] }, publications: [{ channelId: channel }] }
    const made = await t.call('postCreate', { as, body })
    const id = made.body.id as unknown as string
    expect((await t.call('postPut', { ...of(id), as, body, ifMatch: String(made.headers.etag) })).status).toBe(200)
    expect((await t.call('postRemove', { ...of(id), as })).status).toBe(200)
  })
  test('the alt text of a file no plan shows', async () => {
    const as = await t.key(['write'])
    const media = await t.seed.media(t.ws)
    expect((await t.call('mediaPatch', { ...of(media), as, body: { alt: 'a dog' } })).status).toBe(200)
  })
  test('the name of a workspace', async () => {
    expect((await t.call('workspacePatch', { as: most, body: { name: 'Renamed' } })).status).toBe(200)
  })
})

describe('a key gives no more than it has', () => {
  const admin = () => t.key(['admin'])
  test('no owner, no password, no role with more powers', async () => {
    const as = await admin()
    const refusal = async (name: RouteName, call: Call) => (await t.call(name, { ...call, as })).problem?.code
    const stranger = await t.stranger()
    const address = (await t.people.me(stranger.userId)).user.email
    expect(await refusal('memberAdd', { body: { email: address, role: 'owner' } })).toBe('forbidden')
    expect(await refusal('memberAdd', { body: { email: address, role: 'admin' } })).toBe('scope-missing')
    expect(await refusal('memberAdd', { body: { email: address, role: 'editor' } })).toBe('scope-missing')
    expect(
      await refusal('memberAdd', { body: { email: 'new@example.test', role: 'viewer', password: 'correct horse' } }),
    ).toBe('forbidden')
    const viewer = await t.person('viewer')
    const of = { params: { userId: viewer.userId } }
    expect(await refusal('memberPatch', { ...of, body: { role: 'owner' } })).toBe('forbidden')
    expect(await refusal('memberPatch', { ...of, body: { role: 'admin' } })).toBe('scope-missing')
    expect(await refusal('memberPatch', { params: { userId: t.owner.userId }, body: { role: 'viewer' } })).toBe(
      'forbidden',
    )
    expect(await refusal('memberRemove', { params: { userId: t.owner.userId } })).toBe('forbidden')
  })
  test('a key with all scopes makes an admin, and still no owner', async () => {
    const stranger = await t.stranger()
    const address = (await t.people.me(stranger.userId)).user.email
    expect((await t.call('memberAdd', { as: all, body: { email: address, role: 'admin' } })).status).toBe(201)
    expect(
      (await t.call('memberPatch', { as: all, params: { userId: stranger.userId }, body: { role: 'owner' } })).problem
        ?.code,
    ).toBe('forbidden')
  })
  test('no scope it lacks, and no longer life', async () => {
    const as = await admin()
    const make = (body: object, who: Who = as) => t.call('keyCreate', { as: who, body })
    expect((await make({ name: 'a', scopes: ['admin', 'read'] })).problem?.code).toBe('scope-missing')
    expect((await make({ name: 'a', scopes: ['admin'] })).status).toBe(201)
    const ends = new Date(t.clock.now() + 86_400_000).toISOString()
    const short = await make({ name: 'short', scopes: ['admin'], expiresAt: ends })
    const mortal = { key: short.body.key as unknown as string }
    expect((await make({ name: 'b', scopes: ['admin'] }, mortal)).problem).toMatchObject({ code: 'forbidden' })
    expect((await make({ name: 'b', scopes: ['admin'], expiresAt: ends }, mortal)).status).toBe(201)
  })
})

test('the keys of a removed member are dead for good, also when the person comes back', async () => {
  const person = await t.person('admin')
  const made = await t.call('keyCreate', { as: person, body: { name: 'k', scopes: ['read'] } })
  const as = { key: made.body.key as unknown as string }
  expect((await t.call('postList', { as })).status).toBe(200)
  await t.call('memberRemove', { params: { userId: person.userId } })
  expect((await t.call('postList', { as })).problem?.code).toBe('unauthenticated')
  await t.call('memberAdd', { body: { email: person.email, role: 'admin' } })
  expect((await t.call('postList', { as: person })).status).toBe(200)
  expect((await t.call('postList', { as })).problem?.code).toBe('unauthenticated')
})
