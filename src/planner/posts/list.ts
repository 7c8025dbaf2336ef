/**
 * The list, the search and the calendar. Each walks an index in the order it is shown in, so that a page costs the same
 * in a workspace of ten posts and of a million (decision 0026): candidates are read from the index that leads to what is
 * asked for, some at a time, and what the rest of the question leaves of them is read by id, until the page is full. So
 * no statistics can lead PostgreSQL to read a whole workspace for a page.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { ContentType, PostState, PublicationState } from '#contract/posts.ts'
import type { Db } from '#infra/db/database.ts'
import { isIn } from '../publishing/transition.ts'
import { contentTypeOf, type PostRow } from './store.ts'

export type ListQuery = {
  ws: string
  now: Date
  /** A page looks at no more candidates than about this (20,000 take some 0.2 s); one that is not full by then tells where to go on. */
  reads?: number
  limit: number
  after: { at: Date; id: string } | null
  /** The calendar: a range of due times, `from` included, `to` not. Null: the list, newest first. */
  range: { from: Date | null; to: Date | null } | null
  channelId?: string
  platform?: string
  contentType?: ContentType
  state?: PostState
  q?: string
}
/** `at`: the sort key. */
type Listed = PostRow & { at: Date }

/** `postState` of publishing/rules.ts in SQL; a test holds the two together. */
const stateSql = sql<PostState>`(
  select case
    when bool_or(s.gone) and bool_and(s.gone or s.state = 'cancelled') then 'removed'
    when count(*) > 0 and bool_and(s.state = 'cancelled') then 'cancelled'
    when count(*) = 0 or bool_and(s.gone or s.state in ('draft', 'cancelled')) then 'draft'
    when bool_or(s.state in ('unconfirmed', 'held', 'missed')) then 'attention'
    when bool_or(s.state in ('publishing', 'waiting')) then 'publishing'
    when bool_or(s.state = 'scheduled') then 'scheduled'
    when bool_or(s.state = 'failed') then case when bool_or(s.state = 'published' and not s.gone) then 'attention' else 'failed' end
    when bool_or(s.state = 'draft') then 'partly_published'
    else 'published' end
  from (select x.state, x.state = 'published' and x.removed_at is not null as gone
    from publications x where x.post_id = p.id) s)`

/** A post in this state has a publication in one of these; `removed` and `draft` have ways of their own. A test holds it to `postState`. */
export const statesWithin: Record<PostState, readonly PublicationState[]> = {
  draft: ['draft'],
  awaiting_approval: [],
  scheduled: ['scheduled'],
  publishing: ['publishing', 'waiting'],
  published: ['published'],
  partly_published: ['draft'],
  removed: ['published'],
  attention: ['unconfirmed', 'held', 'missed', 'failed'],
  failed: ['failed'],
  cancelled: ['cancelled'],
}

/** All publications of a published post are in one of these: on a channel whose plan is long what is planned is passed over. */
const statesOfPublished: readonly PublicationState[] = ['published', 'cancelled']

/** Anything a person typed, as LIKE takes it literally; words are kept in lower case. */
const like = (q: string) => sql`lower(${`%${q.replace(/[\\%_]/g, '\\$&')}%`})`
const says = (q: string) =>
  sql<SqlBool>`coalesce((select w.words like ${like(q)} from post_words w where w.post_id = p.id), false)`

/** Has the post a publication that is all of this? */
const hasPublication = (o: ListQuery) => sql<SqlBool>`exists (
  select 1 from publications x join channels c on c.id = x.channel_id where x.post_id = p.id
    and ${o.channelId ? sql`x.channel_id = ${o.channelId}` : sql`true`}
    and ${o.platform ? sql`c.platform = ${o.platform}` : sql`true`}
    and ${o.contentType ? sql`${contentTypeOf('x')} = ${o.contentType}` : sql`true`})`

/** What a post `p` must be, whatever order it is found in. */
const wanted = (o: ListQuery): RawBuilder<SqlBool> => {
  const all = [sql<SqlBool>`p.workspace_id = ${o.ws} and p.deleted_at is null`]
  if (o.channelId || o.platform || o.contentType) all.push(hasPublication(o))
  if (o.state) all.push(sql<SqlBool>`${stateSql} = ${o.state}`)
  const q = o.q?.trim()
  if (q) all.push(says(q))
  return sql<SqlBool>`${sql.join(all, sql` and `)}`
}

const columns = sql`p.*, u.name as author_name`
const author = sql`left join auth_users u on u.id = p.author_id`

/** A place in the order of a list: `at` is the sort key, ids come after it. */
type Place = { at: Date; id: string }
type Walk = (after: Place | null, n: number) => Promise<Place[]>
/** `few`: all ids, when they are at most `n`; else null. */
type WalkByIds = Walk & { few: (n: number) => Promise<string[] | null> }
const run = async <T>(db: Db, query: RawBuilder<T>): Promise<T[]> => (await query.execute(db)).rows

/** Each read takes at most eight times as many candidates as the one before, up to a bound. */
const growth = 8
const most = 1_000
const pageReads = 20_000
/** How many candidates to read next: as many as the page still lacks, by what the last `read` gave, and some to spare. */
const more = (lacks: number, read: number, found: number): number =>
  Math.min(most, read * growth, found === 0 ? most : Math.ceil((lacks * read * 1.5) / found) + 10)

/** `next`: where what comes after the page begins; null: nothing comes. */
export type Page = { rows: Listed[]; next: Place | null }

/** A page of what was read until the page was full and one more, or there was no more. */
const paged = (o: ListQuery, rows: readonly Listed[]): Page => {
  const page = rows.slice(0, o.limit)
  return { rows: page, next: rows.length > o.limit ? page.at(-1)! : null }
}

/** Walks until the page is full, or the walk is over, or it is `enough`: by default, `reads` candidates or more were looked at. */
const fill = async (
  o: ListQuery,
  walk: Walk,
  pick: (part: readonly Place[]) => Promise<Listed[]>,
  { pages, enough }: { pages: number; enough?: (read: number, found: number) => boolean },
): Promise<Page> => {
  const { reads = pageReads } = o
  const over = enough ?? ((read: number) => read >= reads)
  const found: Listed[] = []
  let { after }: { after: Place | null } = o
  for (let n = Math.ceil(pages * (o.limit + 1)), read = 0; read === 0 || !over(read, found.length); ) {
    const part = await walk(after, n)
    const some = part.length > 0 ? await pick(part) : []
    found.push(...some)
    if (found.length > o.limit || part.length < n) return paged(o, found)
    after = part.at(-1)!
    read += n
    n = more(o.limit + 1 - found.length, n, some.length)
  }
  return { rows: found, next: after }
}

const before = (p: 'p' | 'n', after: Place | null) =>
  after
    ? sql<SqlBool>`(${sql.ref(`${p}.created_at`)}, ${sql.ref(`${p}.id`)}) < (${after.at}::timestamptz, ${after.id}::uuid)`
    : sql<SqlBool>`true`

/** Of these posts those that are wanted, newest first. */
const picked = (db: Db, o: ListQuery) => (part: readonly Place[]) =>
  run(
    db,
    sql<Listed>`select ${columns}, p.created_at as at from posts p ${author}
      where p.id = any(${part.map((c) => c.id)}::uuid[]) and ${wanted(o)} order by p.created_at desc, p.id desc limit ${o.limit + 1}`,
  )

const allPosts =
  (db: Db, ws: string): Walk =>
  (after, n) =>
    run(
      db,
      sql<Place>`select n.id, n.created_at as at from posts n where n.workspace_id = ${ws} and n.deleted_at is null and ${before('n', after)}
        order by n.created_at desc, n.id desc limit ${n}`,
    )

/** Posts by ids in several places, each in the order of its index. Ids of posts sort by the time they were made (infra/ids.ts). */
const byIds = (
  db: Db,
  places: readonly ((rest: RawBuilder<unknown>) => RawBuilder<unknown>)[],
  order: RawBuilder<unknown> = sql`post_id desc`,
): WalkByIds => {
  const found = (after: Place | null, n: number) => {
    const rest = sql`${after ? sql`post_id < ${after.id}` : sql`true`} order by ${order} limit ${n}`
    const parts = places.map((place) => sql`(${place(rest)})`)
    return sql<{
      id: string
    }>`select post_id as id from (${sql.join(parts, sql` union all `)}) f order by post_id desc limit ${n}`
  }
  const walk: Walk = async (after, n) =>
    places.length === 0 ? [] : (await run(db, found(after, n))).map(({ id }) => ({ id, at: new Date(0) }))
  const few = async (n: number): Promise<string[] | null> => {
    if (places.length === 0) return []
    const rows = await run(
      db,
      sql<{
        id: string | null
      }>`with f as materialized (${found(null, n + 1)}), many as (select count(*) > ${n} as so from f)
        select distinct id from f where not (select so from many) union all select null from many where so`,
    )
    return rows[0]?.id === null ? null : rows.map((r) => r.id!)
  }
  return Object.assign(walk, { few })
}

const ofChannel = (db: Db, channelId: string, state?: PostState): WalkByIds => {
  const mayBe = state === 'published' ? isIn(statesOfPublished) : sql`true`
  return byIds(db, [
    (rest) => sql`select post_id from publications where channel_id = ${channelId} and ${mayBe} and ${rest}`,
  ])
}

const ofPlatform = (db: Db, ws: string, platform: string): Walk =>
  byIds(db, [
    (rest) => sql`select distinct x.post_id from channels c
      cross join lateral (select post_id from publications where channel_id = c.id and ${rest}) x
      where c.workspace_id = ${ws} and c.platform = ${platform} order by x.post_id desc`,
  ])

const ofKind = (db: Db, ws: string, kind: ContentType): WalkByIds =>
  byIds(db, [(rest) => sql`select post_id from post_kinds where workspace_id = ${ws} and kind = ${kind} and ${rest}`])

/** What goes out is due by now, on some machine's clock; far less than what is planned. */
const skewMs = 3_600_000

const inState = (db: Db, { ws, now }: ListQuery, state: PostState): WalkByIds => {
  const of = (which: RawBuilder<unknown>) => (rest: RawBuilder<unknown>) =>
    sql`select post_id from publications where workspace_id = ${ws} and ${which} and ${rest}`
  if (state === 'removed') return byIds(db, [of(sql`removed_at is not null`)])
  if (state === 'publishing')
    return byIds(db, [
      (rest) => sql`select distinct x.post_id from channels c cross join lateral (
          select p.post_id from publications p where p.channel_id = c.id and p.due_at <= ${new Date(now.getTime() + skewMs)}
            and ${isIn(statesWithin.publishing, 'p')} and ${rest}
        ) x where c.workspace_id = ${ws} order by x.post_id desc`,
    ])
  // Of null PostgreSQL does not see that it is one value: the whole order of the index is named.
  if (state === 'scheduled') return byIds(db, [of(isIn(statesWithin.scheduled))], sql`settled desc, post_id desc`)
  const places = statesWithin[state].map((s) => of(isIn([s])))
  if (state === 'draft')
    places.push((rest) => sql`select post_id from posts_without_channels where workspace_id = ${ws} and ${rest}`)
  return byIds(db, places)
}

/** The way that leads to what is asked for soonest, and what is left to ask of those it leads to. */
const way = (db: Db, o: ListQuery): { walk: Walk; left: ListQuery } => {
  const { channelId, platform, state, contentType } = o
  const one = !contentType && !(channelId && platform)
  if (channelId) return { walk: ofChannel(db, channelId, state), left: one ? { ...o, channelId: undefined } : o }
  if (state) return { walk: inState(db, o, state), left: o }
  if (platform) return { walk: ofPlatform(db, o.ws, platform), left: one ? { ...o, platform: undefined } : o }
  if (contentType) return { walk: ofKind(db, o.ws, contentType), left: o }
  return { walk: allPosts(db, o.ws), left: o }
}
const asks = (o: ListQuery) => Boolean(o.channelId || o.platform || o.contentType || o.state || o.q?.trim())

/** All posts, newest first: nothing is left out, so one read is the page. */
const everything = async (db: Db, o: ListQuery): Promise<Page> =>
  paged(
    o,
    await run(
      db,
      sql<Listed>`select ${columns}, p.created_at as at from posts p ${author} where ${wanted(o)} and ${before('p', o.after)}
        order by p.created_at desc, p.id desc limit ${o.limit + 1}`,
    ),
  )

/** So many candidates are worth reading before the index of words is asked: what one post of a hundred says fills a page by then. */
const nearReads = 3_000

/** What says `q`, newest first: what many posts say is found among the newest, what few say by the index of words. */
const search = async (db: Db, o: ListQuery, q: string): Promise<Page> => {
  const { walk, left } = way(db, o)
  const near = await fill(o, walk, picked(db, left), {
    pages: 2,
    // Of which none or few are found nearby, there are few: no more than the index gives in the time of a walk.
    enough: (read, found) => read >= nearReads || found * nearReads < o.limit * read,
  })
  if (near.next === null || near.rows.length === o.limit) return near
  const all = await run(
    db,
    sql<Listed>`with found as materialized (
      select w.post_id from post_words w where w.words like ${like(q)} and w.workspace_id = ${o.ws}
        and word_keys(w.workspace_id, w.words, 1) @> word_keys(${o.ws}, lower(${q}), least(3, char_length(lower(${q}))))
    )
    select ${columns}, p.created_at as at from found join posts p on p.id = found.post_id ${author}
    where ${wanted({ ...o, q: undefined })} and ${before('p', o.after)} order by p.created_at desc, p.id desc limit ${o.limit + 1}`,
  )
  return paged(o, all)
}

/**
 * The calendar: a post stands at its first due time inside the range, on the channel that is asked for or on any: they may
 * have times of their own. Where none of its channels has one it stands at its own; of those, only what comes before the
 * end of what was read is looked for. What is rare is not looked for in the range, but the range in what is rare.
 */
const calendar = async (db: Db, o: ListQuery, range: { from: Date | null; to: Date | null }): Promise<Page> => {
  const from = range.from ?? sql`'-infinity'`
  const to = range.to ?? sql`'infinity'`
  const within = (at: string) => sql<SqlBool>`${sql.ref(at)} >= ${from} and ${sql.ref(at)} < ${to}`
  const past = (after: Place | null, at: string, id: string) =>
    after
      ? sql<SqlBool>`(${sql.ref(at)}, ${sql.ref(id)}) > (${after.at}::timestamptz, ${after.id}::uuid)`
      : sql<SqlBool>`true`
  const mine = o.channelId ? sql<SqlBool>`e.channel_id = ${o.channelId}` : sql<SqlBool>`true`
  // Row by row in the order of the calendar: what is read is a page of it, and not a month to be sorted.
  const onChannel = (of: 'f' | 'b', also: RawBuilder<unknown>) =>
    o.channelId
      ? sql`cross join lateral (select 1 from publications x where x.channel_id = ${o.channelId} and x.post_id = ${sql.ref(of === 'f' ? 'f.post_id' : 'b.id')} ${also} limit 1) y`
      : sql``
  const few = await fewPosts(db, o)
  if (few) {
    const all = await run(
      db,
      sql<Listed>`select ${columns}, s.at from unnest(${few}::uuid[]) f (id)
        cross join lateral (select * from posts b where b.id = f.id limit 1) p
        cross join lateral (
          select p.id, coalesce(min(e.due_at) filter (where ${within('e.due_at')} and ${mine}), case when count(e.due_at) = 0 then p.due_at end) as at
          from publications e where e.post_id = p.id
        ) s ${author}
        where ${within('s.at')} and ${past(o.after, 's.at', 's.id')} and ${wanted(o)} order by s.at, s.id limit ${o.limit + 1}`,
    )
    return paged(o, all)
  }
  const left = o.contentType || o.platform ? o : { ...o, channelId: undefined }
  const walk: Walk = async (after, n) => {
    const planned = await run(
      db,
      sql<Place>`select f.post_id as id, f.due_at as at from publications f ${onChannel('f', sql`and x.due_at = f.due_at`)}
        where f.workspace_id = ${o.ws} and ${within('f.due_at')} and ${past(after, 'f.due_at', 'f.post_id')}
        order by f.due_at, f.post_id limit ${n}`,
    )
    const last = planned.length < n ? null : planned.at(-1)!
    const bare = await run(
      db,
      sql<Place>`select b.id, b.due_at as at from posts b ${onChannel('b', sql``)}
        where b.workspace_id = ${o.ws} and b.deleted_at is null and ${within('b.due_at')} and ${past(after, 'b.due_at', 'b.id')}
          and ${last ? sql`(b.due_at, b.id) <= (${last.at}::timestamptz, ${last.id}::uuid)` : sql`true`}
          and (select e.due_at from publications e where e.post_id = b.id and e.due_at is not null limit 1) is null
        order by b.due_at, b.id`,
    )
    return [...planned, ...bare].sort((a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1))
  }
  const pick = (part: readonly Place[]) =>
    run(
      db,
      sql<Listed>`select ${columns}, s.at from (
          select id, min(at) as at from unnest(${part.map((c) => c.id)}::uuid[], ${part.map((c) => c.at)}::timestamptz[]) c (id, at) group by id
        ) s join posts p on p.id = s.id ${author}
        where ${wanted(left)} and coalesce((select min(e.due_at) from publications e where e.post_id = s.id and ${mine} and ${within('e.due_at')}), s.at) >= s.at
        order by s.at, s.id limit ${o.limit + 1}`,
    )
  return fill(o, walk, pick, { pages: asks(left) ? 2 : 1.3 })
}

/** So many posts are few: they are looked at all, and put in order then. */
const fewAre = 2_000
/** States that many posts are in. */
const common: ReadonlySet<PostState> = new Set(['published', 'scheduled'])
/** The posts that a state, a kind of content or a channel leads to, where they are few; null: they are many, or none is asked for. */
const fewPosts = async (db: Db, o: ListQuery): Promise<string[] | null> => {
  const rare = o.state ? await inState(db, o, o.state).few(fewAre) : null
  const kind = !rare && o.contentType ? await ofKind(db, o.ws, o.contentType).few(fewAre) : null
  return rare ?? kind ?? (o.channelId ? ofChannel(db, o.channelId).few(fewAre) : null)
}

/** The same for a list that asks two things, of which each may be met by many and both by few. What most posts are is not looked at. */
const fewOfTwo = async (db: Db, o: ListQuery): Promise<string[] | null> => {
  const { state, contentType: kind } = o
  const rare =
    state && !common.has(state) && (o.channelId || o.platform || kind) ? await inState(db, o, state).few(fewAre) : null
  return rare ?? (kind && (o.channelId || o.platform || state) ? ofKind(db, o.ws, kind).few(fewAre) : null)
}

/** One page. It may have fewer than `limit` and yet a next: what is rare is looked for a part at a time. */
export const listPosts = async (db: Db, o: ListQuery): Promise<Page> => {
  const q = o.q?.trim()
  if (o.range) return calendar(db, o, o.range)
  if (q) return search(db, o, q)
  if (!asks(o)) return everything(db, o)
  const few = await fewOfTwo(db, o)
  if (few) {
    const rest = few.filter((id) => !o.after || id < o.after.id)
    return paged(o, await picked(db, o)(rest.map((id) => ({ id, at: new Date(0) }))))
  }
  const { walk, left } = way(db, o)
  return fill(o, walk, picked(db, left), { pages: asks(left) ? 2 : 1 })
}
