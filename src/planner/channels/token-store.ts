/** SQL of channel tokens. A token is written only over the generation it was made from: a late writer changes nothing. */
import { sql } from 'kysely'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { KeyRing } from '#infra/secrets.ts'
import type { Grant, Json } from '#kit/client/steps.ts'

export const tokenAad = (channelId: string): string => `channel_tokens/${channelId}/sealed`

export const sealGrant = (keys: KeyRing, channelId: string, grant: Grant): string =>
  keys.seal(tokenAad(channelId), JSON.parse(JSON.stringify(grant)) as Json)

export type TokenRow = {
  channelId: string
  workspaceId: string
  platform: string
  realm: 'live' | 'sandbox'
  state: 'ok' | 'reconnect' | 'blocked'
  stateReason: string | null
  removed: boolean
  externalId: string
  kind: string
  handle: string
  name: string
  facts: Record<string, unknown>
  sealed: string
  expiresAt: Date | null
  refreshAt: Date | null
  refreshBegunAt: Date | null
  tries: number
  generation: number
  updatedAt: Date
}

export const readToken = async (db: Db, channelId: string): Promise<TokenRow | undefined> =>
  (await readTokens(db, [channelId])).get(channelId)

/** The tokens of many channels in one read. */
export const readTokens = async (db: Db, channelIds: readonly string[]): Promise<Map<string, TokenRow>> => {
  const rows: TokenRow[] = await db
    .selectFrom('channel_tokens as t')
    .innerJoin('channels as c', 'c.id', 't.channel_id')
    .where('t.channel_id', '=', sql<string>`any(${channelIds}::uuid[])`)
    .select((e) => [
      't.channel_id as channelId',
      'c.workspace_id as workspaceId',
      'c.platform',
      'c.realm',
      'c.state',
      'c.state_reason as stateReason',
      e('c.removed_at', 'is not', null).$castTo<boolean>().as('removed'),
      'c.external_id as externalId',
      'c.kind',
      'c.handle',
      'c.name',
      'c.facts',
      't.sealed',
      't.expires_at as expiresAt',
      't.refresh_at as refreshAt',
      't.refresh_begun_at as refreshBegunAt',
      't.refresh_tries as tries',
      't.generation',
      't.updated_at as updatedAt',
    ])
    .execute()
  return new Map(rows.map((r) => [r.channelId, r]))
}

/**
 * Stores a first token, or one a person just gave by connecting again: it wins over any refresh in flight. Generations of a
 * channel never repeat, also over a deletion.
 */
export const putToken = async (
  db: Db,
  t: {
    channelId: string
    sealed: string
    /** What the network granted, as far as it said. */
    scopes?: readonly string[]
    expiresAt: Date | null
    refreshAt: Date | null
    now: Date
  },
): Promise<void> => {
  const values = {
    sealed: t.sealed,
    scopes: t.scopes ? [...t.scopes] : null,
    expires_at: t.expiresAt,
    refresh_at: t.refreshAt,
    refresh_begun_at: null,
    refresh_tries: 0,
    updated_at: t.now,
  }
  await db
    .insertInto('channel_tokens')
    .values((e) => ({
      channel_id: t.channelId,
      ...values,
      generation: e
        .selectFrom('channels')
        .where('id', '=', t.channelId)
        .select((c) => c('last_generation', '+', 1).as('next')),
    }))
    .onConflict((c) =>
      c.column('channel_id').doUpdateSet({ ...values, generation: sql`channel_tokens.generation + 1` }),
    )
    .execute()
}

/** Deletes the token of a channel; which generation it was stays with the channel. Call inside a transaction. */
export const deleteToken = async (db: Db, channelId: string): Promise<void> => {
  const row = await db
    .deleteFrom('channel_tokens')
    .where('channel_id', '=', channelId)
    .returning('generation')
    .executeTakeFirst()
  if (row)
    await db.updateTable('channels').set({ last_generation: row.generation }).where('id', '=', channelId).execute()
}

/** Marks that a refresh call is about to leave. False: the token is no longer this generation. An older mark is kept. */
export const markBegun = async (db: Db, channelId: string, generation: number, now: Date): Promise<boolean> => {
  const r = await db
    .updateTable('channel_tokens')
    .set({ refresh_begun_at: sql`coalesce(refresh_begun_at, ${now}::timestamptz)` })
    .where('channel_id', '=', channelId)
    .where('generation', '=', generation)
    .executeTakeFirst()
  return r.numUpdatedRows === 1n
}

/** Stores a refreshed token. False: a newer one is already there. */
export const storeRefreshed = async (
  db: Db,
  t: {
    channelId: string
    generation: number
    sealed: string
    /** Absent: what was granted before still holds. */
    scopes?: readonly string[]
    expiresAt: Date | null
    refreshAt: Date | null
    now: Date
  },
): Promise<boolean> => {
  const r = await db
    .updateTable('channel_tokens')
    .set({
      sealed: t.sealed,
      ...(t.scopes ? { scopes: [...t.scopes] } : {}),
      expires_at: t.expiresAt,
      refresh_at: t.refreshAt,
      refresh_begun_at: null,
      refresh_tries: 0,
      generation: t.generation + 1,
      updated_at: t.now,
    })
    .where('channel_id', '=', t.channelId)
    .where('generation', '=', t.generation)
    .executeTakeFirst()
  return r.numUpdatedRows === 1n
}

/** Schedules another try after a failure that settled nothing. `lost` keeps the mark of a lost answer. */
export const storeRetry = async (
  db: Db,
  t: { channelId: string; generation: number; refreshAt: Date; lost: boolean },
): Promise<void> => {
  await db
    .updateTable('channel_tokens')
    .set({
      refresh_at: t.refreshAt,
      refresh_tries: sql`refresh_tries + 1`,
      ...(t.lost ? {} : { refresh_begun_at: null }),
    })
    .where('channel_id', '=', t.channelId)
    .where('generation', '=', t.generation)
    .execute()
}

/** Ends a token: nothing will refresh it. False: a newer one is there. */
export const endToken = async (db: Db, channelId: string, generation: number): Promise<boolean> => {
  const r = await db
    .updateTable('channel_tokens')
    .set({ refresh_at: null, refresh_begun_at: null })
    .where('channel_id', '=', channelId)
    .where('generation', '=', generation)
    .executeTakeFirst()
  return r.numUpdatedRows === 1n
}

/**
 * Sets a channel's state and tells the screens; false when nothing changed. `tokenless`: only while it has no token, that is
 * unless somebody connected it meanwhile. Call inside a transaction.
 */
export const setState = async (
  db: Db,
  channelId: string,
  state: TokenRow['state'],
  reason: string | null,
  now: Date,
  o: { tokenless?: true } = {},
): Promise<boolean> => {
  const row = await db
    .updateTable('channels')
    .set({ state, state_reason: reason, updated_at: now, version: sql`version + 1` })
    .where('id', '=', channelId)
    .where('removed_at', 'is', null)
    .where((e) => e.or([e('state', '!=', state), sql<boolean>`state_reason is distinct from ${reason}`]))
    .$if(o.tokenless === true, (q) =>
      q.where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('channel_tokens').select('channel_id').where('channel_id', '=', channelId))),
      ),
    )
    .returning('workspace_id')
    .executeTakeFirst()
  if (!row) return false
  await notify(db, topics.live, { workspaceId: row.workspace_id, kind: 'channel', id: channelId, state })
  return true
}
