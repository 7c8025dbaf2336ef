/**
 * The queries of Clarion that meet large tables, as the code makes them, asked about what `seedRows` made. Each says how
 * many rows it had to give (or count), so that a bare read of as many can stand beside it.
 */
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '#infra/db/database.ts'
import { networks, type Seeded } from '#infra/testing/rows.ts'
import { listChannels } from '#planner/channels/store.ts'
import * as insights from '#planner/insights/store.ts'
import { inUse, shownBy } from '#planner/media/store.ts'
import { goesOut, mustPublishOn } from '#planner/people/effect.ts'
import { forecastDue, nextForecast } from '#planner/posts/forecast.ts'
import { type ListQuery, listPosts } from '#planner/posts/list.ts'
import { createPreflight } from '#planner/posts/preflight.ts'
import { settleLate } from '#planner/publishing/backlog.ts'
import { countByState } from '#planner/publishing/counting.ts'
import { claim, nextDue, troubles } from '#planner/publishing/due.ts'
import { forgetHistory } from '#planner/publishing/history.ts'
import { candidates, nextPreparing } from '#planner/publishing/preparing-store.ts'
import { heldByAnother } from '#planner/publishing/store.ts'
import { createWrites } from '#planner/publishing/writes.ts'
import { publicationBy } from '#planner/signals/store.ts'

/** A bare statement over so many rows: reads them, writes a new version of each, or counts them within an index. */
export type Bare = 'read' | 'write' | 'count'
export type Case = {
  name: string
  /** Gives the number of rows: those shown, claimed or counted. */
  run: (db: Db) => Promise<number>
  /** What stands beside it, where that is more than a read of the rows it gives: what the question cannot do without. */
  beside?: { bare: Bare; rows: (db: Db, given: number) => Promise<number>; why: string }
  /** Changes the stage first; everything is taken back afterwards. */
  before?: (db: Db) => Promise<void>
  /** Has a transaction of its own, and changes nothing here. */
  alone?: boolean
}

const rare = ['attention', 'partly_published', 'removed', 'awaiting_approval', 'cancelled'] as const
const searches = {
  'a word many wrote': 'spring',
  'no hit': 'zeppelin above',
  'three letters': 'roa',
  'three letters, no hit': 'xqj',
  'one post': 'no4242',
  'two letters': 'ro',
  'two letters, no hit': 'xq',
  'a sign, no hit': '~',
  Polish: 'książka',
  'Polish, no hit': 'źdźbło',
  Japanese: '東京',
  'Japanese, no hit': '大阪',
  'an emoji': '🚀',
  'an emoji, no hit': '🦩',
} as const

/** A claim writes a publication, its channel, an attempt and a line; an attempt also its step twice, the publication twice, its end and lines. */
const [rowsOfClaim, rowsOfAttempt] = [4, 14]
const writing = (each: number, why: string): Case['beside'] => ({
  bare: 'write',
  rows: async (_, given) => given * each,
  why,
})
const number = async (db: Db, query: RawBuilder<unknown>): Promise<number> =>
  (await sql<{ n: number }>`select (${query})::int as n`.execute(db)).rows[0]!.n
const reading = (why: string, query: RawBuilder<unknown>, bare: Bare = 'read'): Case['beside'] => ({
  bare,
  rows: (db) => number(db, query),
  why,
})

const nobody = '00000000-0000-7000-8000-000000000000'

export const cases = (s: Seeded, now: Date): Case[] => {
  const { ws } = s
  const list = (name: string, o: Partial<ListQuery>, beside?: Case['beside']): Case => ({
    name,
    ...(beside ? { beside } : {}),
    run: async (db) => (await listPosts(db, { ws, now, limit: 30, after: null, range: null, ...o })).rows.length,
  })
  const able = { post: networks.slice(0, 3), account: networks.slice(0, 1) }
  const lease = new Date(now.getTime() + 30_000)
  const taking = { now, leaseUntil: lease, worker: 'bench' }
  const take: Case['run'] = async (db) =>
    (await claim(db, { ...taking, free: Object.fromEntries(networks.map((p) => [p, 100])) })).claims.length
  /** Ten channels by name, as who waits for a place is asked. */
  const ten = async (db: Db) => {
    const ids = await db.selectFrom('channels').select('id').where('state', '=', 'ok').orderBy('id').limit(10).execute()
    return (await claim(db, { ...taking, channels: ids.map((c) => c.id) })).claims
  }
  /** From a claim to "published", all in a batch. */
  const attempts: Case['run'] = async (db) => {
    const [claims, writes] = [await ten(db), createWrites(db)]
    const step = { key: 'create', times: 1, now }
    await Promise.all(
      claims.map((c) =>
        writes.begin(c, { ...step, position: 0, create: true, prepared: null, frozen: { plan: ['create'] } }),
      ),
    )
    await Promise.all(
      claims.map((c) =>
        writes.finish(
          c,
          { event: 'publish', verdict: 'published', now },
          { ...step, state: 'done', event: 'step-done' },
        ),
      ),
    )
    return claims.length
  }
  const due = (n: number) => async (db: Db) => {
    await db
      .updateTable('publications')
      .set({ due_at: now, next_at: now })
      .where('id', 'in', (q) =>
        q.selectFrom('publications').select('id').where('state', '=', 'scheduled').orderBy('next_at').limit(n),
      )
      .execute()
  }
  const claiming = writing(rowsOfClaim, `${rowsOfClaim} rows are written of each`)
  const planned = reading(
    'no index holds the files of publications: all that is planned is read',
    sql`select count(*) from publications where workspace_id = ${ws} and (settled is null or settled not in ('published', 'cancelled'))`,
  )
  const ofPosts: Case['beside'] = {
    bare: 'read',
    rows: async (_, given) => given * 2,
    why: 'a post, and the publication that says when',
  }
  const planning = {
    db: undefined,
    clock: { now: () => now.getTime() } as never,
    preflight: createPreflight(new Map()),
  }
  return [
    { name: 'due: claim, nothing due', run: take },
    { name: 'due: claim, 1,000 due', run: take, before: due(1_000), beside: claiming },
    {
      name: 'due: claim, ten channels of 1,000 due',
      run: async (db) => (await ten(db)).length,
      before: due(1_000),
      beside: claiming,
    },
    {
      name: 'due: ten attempts',
      run: attempts,
      before: due(1_000),
      beside: writing(rowsOfAttempt, `${rowsOfAttempt} rows are written of each`),
    },
    { name: 'due: the next', run: async (db) => ((await nextDue(db, now)) ? 1 : 0) },
    { name: 'due: the next, 1,000 due', run: async (db) => ((await nextDue(db, now)) ? 1 : 0), before: due(1_000) },
    { name: 'due: troubles', run: async (db) => (await troubles(db, now)).broken.length },
    {
      name: 'due: troubles, 1,000 due',
      run: async (db) => (await troubles(db, now)).broken.length,
      before: due(1_000),
    },
    {
      name: 'prepare: the next',
      run: async (db) => ((await nextPreparing(db, now)) ? 1 : 0),
    },
    {
      name: 'prepare: what may begin',
      run: async (db) => (await candidates(db, {}, now)).length,
      before: async (db) => {
        await db
          .updateTable('publications')
          .set({ prepare_at: now })
          .where('id', 'in', (q) =>
            q.selectFrom('publications').select('id').where('state', '=', 'scheduled').orderBy('next_at').limit(100),
          )
          .execute()
      },
    },
    list('calendar: a month', { range: { from: s.from, to: s.to }, limit: 100 }, ofPosts),
    list('calendar: what is to come', { range: { from: now, to: null }, limit: 100 }, ofPosts),
    list(
      'calendar: a month of one channel',
      { range: { from: s.from, to: s.to }, limit: 100, channelId: s.channel },
      reading(
        'the order of the calendar is read, which others of the workspace share',
        sql`select count(*) from publications f where f.workspace_id = ${ws} and f.due_at >= ${s.from} and f.due_at <= (
          select max(x.due_at) from (select m.due_at from publications m where m.channel_id = ${s.channel} and m.due_at >= ${s.from} order by m.due_at limit 100) x)`,
      ),
    ),
    list('calendar: a month, a rare state', { range: { from: s.from, to: s.to }, limit: 100, state: 'failed' }),
    list('list', {}),
    list('list: a later page', { after: { at: s.from, id: 'ffffffff-ffff-7fff-8fff-ffffffffffff' } }),
    ...(['published', 'scheduled', 'draft', 'failed', ...rare] as const).map((state) =>
      list(
        `list: ${state}`,
        { state },
        state === 'partly_published'
          ? reading(
              'each post with a draft is looked at: is another of it out?',
              sql`select count(*) from publications where workspace_id = ${ws} and settled = 'draft'`,
            )
          : undefined,
      ),
    ),
    list('list: a network', { platform: networks[1]! }),
    list('list: a network nobody is on', { platform: 'nowhere' }),
    list('list: a kind of content nobody made', { contentType: 'document' }),
    list('list: a kind of content', { contentType: 'text' }),
    list('list: a kind of content nobody made, published', { contentType: 'document', state: 'published' }),
    list('list: a kind of content nobody made, on a channel', { contentType: 'document', channelId: s.channel }),
    list('channel feed', { channelId: s.channel }),
    list('channel feed: published', { channelId: s.channel, state: 'published' }),
    list('channel feed: never published anything', { channelId: s.quiet }),
    ...Object.entries(searches).map(([name, q]) => list(`search: ${name}`, { q })),
    list(
      'search: one post of a hundred',
      { q: 'no42' },
      reading(
        'all that say it are put in order, words and post',
        sql`select 2 * count(*) from post_words where workspace_id = ${ws} and words like '%no42%'`,
      ),
    ),
    { name: 'media: is a file in use', run: async (db) => ((await inUse(db, ws, nobody)) ? 1 : 0), beside: planned },
    {
      name: 'media: is it planned',
      run: async (db) => ((await shownBy(db, ws, nobody, goesOut)) ? 1 : 0),
      beside: planned,
    },
    {
      name: 'keys: is anything planned on a channel',
      run: async (db) => {
        await mustPublishOn(db, { scopes: [] }, s.quiet)
        return 0
      },
    },
    {
      name: 'metrics: by state',
      run: async (db) => (await countByState(db, now)).length,
      beside: reading(
        'all but the published are counted within an index',
        sql`select count(*) from publications where settled is distinct from 'published'`,
        'count',
      ),
    },
    {
      name: 'look: has another publication this post',
      run: async (db) =>
        (await heldByAnother(db, { publicationId: s.counted, channelId: s.channel }, 'nobody', now.getTime())) ? 1 : 0,
    },
    { name: 'late: nothing to settle', run: (db) => settleLate(db, now) },
    { name: 'channels of a workspace', run: async (db) => (await listChannels(db, ws)).length },
    {
      name: 'insights: the numbers of a post',
      run: async (db) =>
        (await insights.story(db, { channelId: s.channel, publicationId: s.counted })).snapshots.length,
    },
    {
      name: 'insights: the numbers of a channel',
      run: async (db) => (await insights.story(db, { channelId: s.channel, publicationId: null })).snapshots.length,
    },
    {
      name: 'insights: claim',
      run: async (db) =>
        (await insights.claim(db, { now: new Date(now.getTime() + 3_600_000), leaseUntil: lease, limit: 8 })).length,
    },
    { name: 'insights: the next look', run: async (db) => ((await insights.nextDue(db)) ? 1 : 0) },
    { name: 'insights: new posts', run: async (db) => ((await insights.enrol(db, able, now)) ? 1 : 0) },
    {
      name: 'forecast',
      alone: true,
      run: (db) => forecastDue({ ...planning, db, clock: { now: () => 0 } as never }, 50),
    },
    { name: 'forecast: the next', run: async (db) => ((await nextForecast({ ...planning, db })) ? 1 : 0) },
    {
      name: 'webhook: by the id of a post',
      run: async (db) => ((await publicationBy(db, [s.channel], s.externalId, now)) ? 1 : 0),
    },
    {
      name: 'webhook: by an id nobody has',
      run: async (db) => ((await publicationBy(db, [s.channel], 'nobody', now)) ? 1 : 0),
    },
    { name: 'history: nothing old', run: async (db) => (await forgetHistory(db, new Date(0))).publications },
  ]
}
