/** SQL of channels. A removed channel keeps its row: publications point at it, and connecting the account again revives it. */

import { type Selectable, sql } from 'kysely'
import type { Channel } from '#contract/channels.ts'
import type { Db } from '#infra/db/database.ts'
import type { Tables } from '#infra/db/tables.ts'
import { newId } from '#infra/ids.ts'
import type { ChannelOffer } from '#kit/client/platform.ts'
import { webAddress } from '#kit/facts/links.ts'
import { may } from '../publishing/transition.ts'
import { deleteToken } from './token-store.ts'

export type ChannelRow = Selectable<Tables['channels']>

/**
 * A workspace's channels. `scheduled`: publications still to go out on each, the one under way and those held included.
 * Counted within an index that holds no others; what is held is read once for all channels.
 */
const shown = (db: Db, ws: string) =>
  db
    .with('held', (q) =>
      q
        .selectFrom('publications as p')
        .where('p.workspace_id', '=', ws)
        .where(may('release', 'p'))
        .groupBy('p.channel_id')
        .select(({ fn }) => ['p.channel_id', fn.countAll<number>().as('n')]),
    )
    .selectFrom('channels as c')
    .leftJoin('channel_tokens as t', 't.channel_id', 'c.id')
    .leftJoin('held as h', 'h.channel_id', 'c.id')
    .where('c.workspace_id', '=', ws)
    .where('c.removed_at', 'is', null)
    .selectAll('c')
    .select(['t.expires_at as tokenExpiresAt', 't.scopes'])
    .select(
      sql<number>`((select count(*) from publications p where p.channel_id = c.id and ${may('claim', 'p')}) + coalesce(h.n, 0))::int`.as(
        'scheduled',
      ),
    )

const iso = (d: Date | null) => d?.toISOString() ?? null

type Shown = ChannelRow & { tokenExpiresAt: Date | null; scopes: string[] | null; scheduled: number }
const toChannel = (r: Shown): Channel => ({
  id: r.id,
  platform: r.platform,
  realm: r.realm,
  kind: r.kind,
  externalId: r.external_id,
  name: r.name,
  handle: r.handle,
  avatarUrl: webAddress(r.avatar_url),
  profileUrl: webAddress(r.profile_url),
  facts: r.facts,
  state: r.state,
  stateReason: r.state_reason,
  pausedAt: iso(r.paused_at),
  tokenExpiresAt: iso(r.tokenExpiresAt),
  scopes: r.scopes,
  lastPublishedAt: iso(r.last_published_at),
  scheduled: r.scheduled,
  createdAt: r.created_at.toISOString(),
  updatedAt: (r.updated_at ?? r.created_at).toISOString(),
  version: r.version,
})

/** A workspace’s channels, oldest first, those connected together by name. */
export const listChannels = async (db: Db, ws: string): Promise<Channel[]> =>
  (await shown(db, ws).orderBy('c.created_at').orderBy('c.name').orderBy('c.id').execute()).map(toChannel)

/** One channel; undefined when it is not the workspace's, or removed. */
export const findChannel = async (db: Db, ws: string, id: string): Promise<Channel | undefined> => {
  const row = await shown(db, ws).where('c.id', '=', id).executeTakeFirst()
  return row && toChannel(row)
}

export const setPaused = async (db: Db, ws: string, id: string, at: Date | null, now: Date): Promise<boolean> => {
  const r = await db
    .updateTable('channels')
    .set({ paused_at: at, updated_at: now, version: sql`version + 1` })
    .where('workspace_id', '=', ws)
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  return r.numUpdatedRows === 1n
}

/** Takes a channel out of sight and deletes its tokens. False: it is not there. */
export const markRemoved = async (db: Db, ws: string, id: string, now: Date): Promise<boolean> => {
  const r = await db
    .updateTable('channels')
    .set({ removed_at: now, updated_at: now, version: sql`version + 1` })
    .where('workspace_id', '=', ws)
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (r.numUpdatedRows !== 1n) return false
  await deleteToken(db, id)
  return true
}

export type Account = {
  workspaceId: string
  platform: string
  realm: 'live' | 'sandbox'
  offer: ChannelOffer
  now: Date
}

/** Creates the channel of an account, renews the one that is there, or revives a removed one. Gives its id. */
export const putChannel = async (db: Db, a: Account): Promise<string> => {
  const { offer } = a
  const seen = {
    kind: offer.kind,
    name: offer.name,
    handle: offer.handle,
    avatar_url: webAddress(offer.avatarUrl),
    profile_url: webAddress(offer.profileUrl),
    person_id: offer.person || null,
    facts: JSON.stringify(offer.facts),
    state: 'ok' as const,
    state_reason: null,
    removed_at: null,
    updated_at: a.now,
  }
  // Serialises two people connecting one account; released with the transaction.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`clarion/account/${a.workspaceId}/${a.platform}/${a.realm}/${offer.externalId}`}, 0))`.execute(
    db,
  )
  const known = await db
    .selectFrom('channels')
    .select('id')
    .where('workspace_id', '=', a.workspaceId)
    .where('platform', '=', a.platform)
    .where('realm', '=', a.realm)
    .where('external_id', '=', offer.externalId)
    .orderBy(sql`removed_at desc nulls first`)
    .limit(1)
    .executeTakeFirst()
  if (known) {
    await db
      .updateTable('channels')
      .set({ ...seen, version: sql`version + 1` })
      .where('id', '=', known.id)
      .execute()
    return known.id
  }
  const id = newId(a.now.getTime())
  await db
    .insertInto('channels')
    .values({
      id,
      workspace_id: a.workspaceId,
      platform: a.platform,
      realm: a.realm,
      external_id: offer.externalId,
      created_at: a.now,
      ...seen,
    })
    .execute()
  return id
}

/** Sealed tokens of the other channels of a platform and realm, in all workspaces: does anybody share this grant? */
export const otherTokens = async (
  db: Db,
  o: { platform: string; realm: string; not: string },
): Promise<{ channelId: string; externalId: string; sealed: string }[]> =>
  db
    .selectFrom('channel_tokens as t')
    .innerJoin('channels as c', 'c.id', 't.channel_id')
    .where('c.platform', '=', o.platform)
    .where('c.realm', '=', o.realm as 'live')
    .where('c.id', '!=', o.not)
    .where('c.removed_at', 'is', null)
    .select(['t.channel_id as channelId', 'c.external_id as externalId', 't.sealed'])
    .execute()
