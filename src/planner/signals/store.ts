/** SQL of webhooks: events as they came, which publication one is about, and subscriptions of channels. */
import { createHash } from 'node:crypto'
import { type Selectable, sql } from 'kysely'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { Tables } from '#infra/db/tables.ts'
import type { Realm } from '#kit/client/http.ts'
import type { Json } from '#kit/client/steps.ts'
import type { WebhookEvent } from '#kit/client/webhook.ts'
import { deleteToken } from '../channels/token-store.ts'

export type EventRow = Selectable<Tables['webhook_events']>

/** Events are kept this long (ms), so that a replay is known as one. */
export const keepMs = 30 * 86_400_000
/** A claimed event or subscription is left to its worker this long (ms). */
const claimMs = 90_000

/** What PostgreSQL cannot keep (NUL, half a surrogate pair) is taken out of what strangers send. */
const text = (s: string) => s.replaceAll('\u0000', '').toWellFormed()
export const clean = (value: Json | undefined): Json =>
  typeof value === 'string'
    ? text(value)
    : Array.isArray(value)
      ? value.map(clean)
      : value && typeof value === 'object'
        ? Object.fromEntries(Object.entries(value).map(([k, v]) => [text(k), clean(v)]))
        : (value ?? null)

const keyOf = (key: string) => (key.length <= 200 ? text(key) : createHash('sha256').update(key).digest('hex'))
const word = (s: string | null | undefined) => (s === null || s === undefined ? null : text(s).slice(0, 1000))

/** Keeps events nobody has seen yet, due at once; gives how many were new. */
export const keepEvents = (
  db: Db,
  o: { platform: string; realm: Realm; events: readonly WebhookEvent[]; now: Date },
): Promise<number> =>
  db.transaction().execute(async (trx) => {
    if (o.events.length === 0) return 0
    const kept = await trx
      .insertInto('webhook_events')
      .values(
        o.events.map((e) => ({
          platform: o.platform,
          realm: o.realm,
          key: keyOf(e.key),
          account: word(e.account),
          does: e.does,
          ref: word(e.ref),
          message: word(e.message),
          url: e.url && URL.canParse(e.url) && e.url.startsWith('https://') ? word(e.url) : null,
          data: JSON.stringify(clean(e.data)),
          received_at: o.now,
          happened_at: e.at !== undefined && Math.abs(e.at) < 8e15 ? new Date(e.at) : null,
          // Kept for nobody: known, and never looked at.
          next_at: e.does === 'other' ? null : o.now,
        })),
      )
      .onConflict((c) => c.columns(['platform', 'realm', 'key']).doNothing())
      .returning('id')
      .execute()
    if (kept.length > 0) await notify(trx, topics.signals, '')
    return kept.length
  })

/** Claims up to `limit` events that are due, in the order they came, by moving them one claim ahead (SKIP LOCKED). */
export const claimEvents = (db: Db, now: Date, limit: number): Promise<EventRow[]> =>
  db
    .with('due', (q) =>
      q
        .selectFrom('webhook_events')
        .select('id')
        .where('next_at', '<=', now)
        .orderBy('id')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .updateTable('webhook_events')
    .from('due')
    .set({ next_at: new Date(now.getTime() + claimMs) })
    .whereRef('webhook_events.id', '=', 'due.id')
    .returningAll('webhook_events')
    .execute()

/** `again`: when it is handled once more (UTC); null: it is over. */
export const endEvent = async (db: Db, id: number, outcome: string, again: Date | null): Promise<void> => {
  await db
    .updateTable('webhook_events')
    .set({ outcome, next_at: again, tries: sql<number>`tries + 1` })
    .where('id', '=', id)
    .execute()
}

export const nextEvent = async (db: Db): Promise<Date | null> =>
  (
    await db
      .selectFrom('webhook_events')
      .select((e) => e.fn.min('next_at').as('at'))
      .executeTakeFirst()
  )?.at ?? null

/** Deletes events of more than 30 days ago; gives how many. */
export const sweepEvents = async (db: Db, now: Date): Promise<number> => {
  const r = await db
    .deleteFrom('webhook_events')
    .where('received_at', '<', new Date(now.getTime() - keepMs))
    .executeTakeFirst()
  return Number(r.numDeletedRows)
}

/**
 * Channels an event is about: those of the account, in every workspace; of the whole platform when it names none. Access
 * is taken away by a person, who may stand behind several.
 */
export const channelsOf = (
  db: Db,
  e: Pick<EventRow, 'platform' | 'realm' | 'account' | 'does'>,
): Promise<{ id: string }[]> =>
  db
    .selectFrom('channels')
    .select('id')
    .where('platform', '=', e.platform)
    .where('realm', '=', e.realm)
    .where('removed_at', 'is', null)
    .$if(e.account !== null, (q) =>
      q.where((eb) =>
        eb.or([
          eb('external_id', '=', e.account!),
          ...(e.does === 'revoked' ? [eb('person_id', '=', e.account!)] : []),
        ]),
      ),
    )
    .execute()

/** Stands where the name of somebody stood who asked to be forgotten: a sign and no word, as names are not translated. */
const forgotten = '\u2014'

/**
 * Forgets what a channel holds of the person behind it: tokens, name, picture, facts, numbers, who they are. What was
 * published stays with the workspace that wrote it, and the network's id of the account, by which a new consent finds it.
 */
export const forgetPerson = (db: Db, channelId: string): Promise<void> =>
  db.transaction().execute(async (trx) => {
    await deleteToken(trx, channelId)
    for (const table of ['snapshots', 'quota_readings'] as const)
      await trx.deleteFrom(table).where('channel_id', '=', channelId).execute()
    await trx
      .updateTable('channels')
      .set({
        ...{ person_id: null, name: forgotten, handle: forgotten, avatar_url: null, profile_url: null, facts: '{}' },
        account_at: null,
        version: sql`version + 1`,
      })
      .where('id', '=', channelId)
      .execute()
  })

/** How a request for deletion stands: `asked`, `done`, or `open` (a look says that access is still there). Null: unknown. */
export const deletionOf = async (db: Db, platform: string, code: string): Promise<'asked' | 'done' | 'open' | null> => {
  const row = await db
    .selectFrom('webhook_events')
    .select(['outcome', 'next_at'])
    .where('platform', '=', platform)
    .where('key', '=', deletionKey(code))
    .executeTakeFirst()
  if (!row) return null
  if (row.next_at !== null || row.outcome === null) return 'asked'
  return row.outcome === 'denied' || row.outcome === 'could-not-look' ? 'open' : 'done'
}
export const deletionKey = (code: string): string => `deletion-${code}`

/** Publications older than this (ms) are not searched for an id only their steps hold. */
const searchMs = 100 * 86_400_000
/** And of each channel no more than so many, the newest: an event that names nothing of ours must cost little. */
const searched = 500

/**
 * The publication on these channels that `ref` names: by the id of its post, by that of any of its posts and comments,
 * else by any id in what its steps keep (container, upload or publish ids). The newest, should several hold it.
 */
export const publicationBy = async (
  db: Db,
  channelIds: readonly string[],
  ref: string,
  now: Date,
): Promise<string | null> => {
  if (channelIds.length === 0) return null
  const byId = await db
    .selectFrom('publications')
    .select('id')
    .where('channel_id', 'in', channelIds)
    .where('external_id', '=', ref)
    .orderBy('created_at', 'desc')
    .executeTakeFirst()
  if (byId) return byId.id
  const ids = sql`${[...channelIds]}::uuid[]`
  // First those that hold it, of which there are few: nothing PostgreSQL believes of them may lead it elsewhere.
  const byPart = await sql<{ id: string }>`
    with made as materialized (
      select s.publication_id from steps s where s.state = 'done' and s.checkpoint ->> 'id' = ${ref} limit ${searched}
    )
    select p.id from made cross join lateral (
      select x.id, x.created_at from publications x where x.id = made.publication_id and x.channel_id = any(${ids}) limit 1
    ) p order by p.created_at desc limit 1`.execute(db)
  if (byPart.rows[0]) return byPart.rows[0].id
  // Some steps keep ids as numbers; without one the same text is compared twice.
  const number = /^\d{1,15}$/.test(ref) ? Number(ref) : ref
  const vars = JSON.stringify({ ref, number })
  // Most hold nothing like it, which their text tells ten times sooner: what is quoted there is quoted as here.
  const said = sql`strpos(concat(s.checkpoint::text, s.saved::text, s.prepared::text), btrim(to_jsonb(${ref}::text)::text, '"')) > 0`
  const holds = (column: 'checkpoint' | 'saved' | 'prepared') =>
    sql`jsonb_path_exists(s.${sql.ref(column)}, '$.** ? (@ == $ref || @ == $number)', ${vars}::jsonb)`
  const { rows } = await sql<{ id: string }>`
    select p.id from unnest(${ids}) c (id) cross join lateral (
      select x.id, x.created_at from publications x where x.channel_id = c.id order by x.post_id desc limit ${searched}
    ) p join steps s on s.publication_id = p.id
    where p.created_at > ${new Date(now.getTime() - searchMs)}
      and case when ${said} then ${holds('checkpoint')} or ${holds('saved')} or ${holds('prepared')} else false end
    order by p.created_at desc limit 1`.execute(db)
  return rows[0]?.id ?? null
}

/** A publication that counts as published and there; null otherwise. */
export const publishedPost = async (
  db: Db,
  id: string,
): Promise<{ channelId: string; externalId: string | null; permalink: string | null } | null> => {
  const p = await db
    .selectFrom('publications')
    .select(['channel_id', 'external_id', 'permalink'])
    .where('id', '=', id)
    .where('state', '=', 'published')
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  return p ? { channelId: p.channel_id, externalId: p.external_id, permalink: p.permalink } : null
}

/** Is the engine still at work on a publication, now or later? */
export const inWork = async (db: Db, id: string): Promise<boolean> =>
  (await db
    .selectFrom('publications')
    .select('id')
    .where('id', '=', id)
    .where('state', 'in', ['publishing', 'waiting'])
    .executeTakeFirst()) !== undefined

/** Asks the network about this channel soon. Runs in the transaction that connects it. */
export const subscribeSoon = async (db: Db, channelId: string, now: Date): Promise<void> => {
  await db
    .insertInto('webhook_subscriptions')
    .values({ channel_id: channelId, next_at: now, subscribed_at: null, failure: null })
    .onConflict((c) => c.column('channel_id').doUpdateSet({ next_at: now, tries: 0 }))
    .execute()
}

/** Channels of these platforms that nobody subscribed yet are due; `realms` that networks can reach. */
export const enrolChannels = async (
  db: Db,
  platforms: readonly string[],
  realms: readonly Realm[],
  now: Date,
): Promise<void> => {
  if (platforms.length === 0 || realms.length === 0) return
  await sql`
    insert into webhook_subscriptions (channel_id, next_at)
    select c.id, ${now}::timestamptz from channels c
    where c.platform = any(${[...platforms]}) and c.realm = any(${[...realms]}) and c.removed_at is null
      and not exists (select 1 from webhook_subscriptions s where s.channel_id = c.id)
    on conflict do nothing`.execute(db)
}

export type Subscription = { channelId: string; tries: number }

export const claimSubscriptions = async (
  db: Db,
  o: { now: Date; limit: number; realms: readonly Realm[] },
): Promise<Subscription[]> => {
  const { rows } = await sql<{ channel_id: string; tries: number }>`
    with due as (
      select s.channel_id from webhook_subscriptions s join channels c on c.id = s.channel_id
      where s.next_at <= ${o.now} and c.state = 'ok' and c.removed_at is null and c.realm = any(${[...o.realms]})
      order by s.next_at limit ${o.limit} for update of s skip locked
    )
    update webhook_subscriptions s set next_at = ${new Date(o.now.getTime() + claimMs)} from due
    where s.channel_id = due.channel_id returning s.channel_id, s.tries`.execute(db)
  return rows.map((r) => ({ channelId: r.channel_id, tries: r.tries }))
}

export const endSubscription = async (
  db: Db,
  s: Subscription,
  o: { nextAt: Date | null; subscribedAt?: Date; failure: string | null },
): Promise<void> => {
  await db
    .updateTable('webhook_subscriptions')
    .set({
      next_at: o.nextAt,
      failure: o.failure,
      tries: o.failure === null ? 0 : s.tries + 1,
      ...(o.subscribedAt ? { subscribed_at: o.subscribedAt } : {}),
    })
    .where('channel_id', '=', s.channelId)
    .execute()
}

export const nextSubscription = async (db: Db, realms: readonly Realm[]): Promise<Date | null> =>
  realms.length === 0
    ? null
    : ((
        await db
          .selectFrom('webhook_subscriptions as s')
          .innerJoin('channels as c', 'c.id', 's.channel_id')
          .where('c.state', '=', 'ok')
          .where('c.removed_at', 'is', null)
          .where('c.realm', 'in', realms)
          .select((e) => e.fn.min('s.next_at').as('at'))
          .executeTakeFirst()
      )?.at ?? null)
