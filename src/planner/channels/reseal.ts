/** After `keys rotate`: everything this noun sealed with an older key is sealed again, so that the old key can be forgotten. */
import { sql } from 'kysely'
import type { Db } from '#infra/db/database.ts'
import { type Json, type KeyRing, SealBroken } from '#infra/secrets.ts'
import { credentialsAad } from './credentials.ts'
import { tokenAad } from './token-store.ts'

/** Values sealed with one key in one place. */
export type SealedCount = { place: string; kid: string; count: number }

/** How many values each key seals, per table: channel tokens, app credentials and connect flows. */
export const countSealed = async (db: Db): Promise<SealedCount[]> => {
  const { rows } = await sql<SealedCount>`
    select place, split_part(sealed, '.', 2) as kid, count(*)::int as count from (
      select 'channel_tokens' as place, sealed from channel_tokens
      union all select 'platform_credentials', sealed from platform_credentials
      union all select 'connect_flows', sealed from connect_flows
    ) s group by 1, 2 order by 1, 2`.execute(db)
  return rows
}

/**
 * Seals tokens, app credentials and open connect flows again; gives how many. Each is written over the very text it was
 * read from, so a value that changed meanwhile stays as it is. A value that does not open is left alone and told to
 * `broken` (default: raised).
 * @throws SealBroken when a value does not open and nobody listens; nothing before it is lost, and the old key must be kept.
 */
export const resealChannels = async (
  db: Db,
  keys: Pick<KeyRing, 'seal' | 'open' | 'stale'>,
  broken: (aad: string, error: SealBroken) => void = (_aad, error) => {
    throw error
  },
): Promise<number> => {
  let done = 0
  /** The same value under the current key; null when it needs none or does not open. */
  const again = (aad: string, sealed: string): string | null => {
    try {
      return keys.stale(sealed) ? keys.seal(aad, keys.open<Json>(aad, sealed)) : null
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
      broken(aad, error)
      return null
    }
  }
  const count = (r: { numUpdatedRows: bigint }) => {
    done += Number(r.numUpdatedRows)
  }

  for (const r of await db.selectFrom('channel_tokens').select(['channel_id', 'sealed']).execute()) {
    const sealed = again(tokenAad(r.channel_id), r.sealed)
    if (sealed === null) continue
    count(
      await db
        .updateTable('channel_tokens')
        .set({ sealed })
        .where('channel_id', '=', r.channel_id)
        .where('sealed', '=', r.sealed)
        .executeTakeFirst(),
    )
  }
  for (const r of await db
    .selectFrom('platform_credentials')
    .select(['platform', 'realm', 'workspace_id', 'sealed'])
    .execute()) {
    const sealed = again(credentialsAad(r.platform, r.realm, r.workspace_id), r.sealed)
    if (sealed === null) continue
    count(
      await db
        .updateTable('platform_credentials')
        .set({ sealed })
        .where('platform', '=', r.platform)
        .where('realm', '=', r.realm)
        .where('sealed', '=', r.sealed)
        .executeTakeFirst(),
    )
  }
  for (const r of await db.selectFrom('connect_flows').select(['id', 'sealed']).execute()) {
    const sealed = again(`connect_flows/${r.id}/sealed`, r.sealed)
    if (sealed === null) continue
    count(
      await db
        .updateTable('connect_flows')
        .set({ sealed })
        .where('id', '=', r.id)
        .where('sealed', '=', r.sealed)
        .executeTakeFirst(),
    )
  }
  return done
}
