/** After `keys rotate`: everything this noun sealed with an older key is sealed again, so that the old key can be forgotten. */
import type { Db } from '#infra/db/database.ts'
import type { Json, KeyRing } from '#infra/secrets.ts'
import { tokenAad } from './token-store.ts'

/**
 * Seals tokens, app credentials and open connect flows again; gives how many. Safe beside a running Clarion: a value
 * that changed meanwhile is newer, and was sealed with the new key. Old connect flows may be left behind: they are swept.
 * @throws SealBroken when a value does not open; nothing before it is lost, and the old key must be kept.
 */
export const resealChannels = async (db: Db, keys: KeyRing): Promise<number> => {
  let done = 0
  const again = (aad: string, sealed: string) => keys.seal(aad, keys.open<Json>(aad, sealed))

  for (const r of await db.selectFrom('channel_tokens').select(['channel_id', 'sealed']).execute()) {
    if (!keys.stale(r.sealed)) continue
    const set = { sealed: again(tokenAad(r.channel_id), r.sealed) }
    await db
      .updateTable('channel_tokens')
      .set(set)
      .where('channel_id', '=', r.channel_id)
      .where('sealed', '=', r.sealed)
      .execute()
    done++
  }
  for (const r of await db.selectFrom('platform_credentials').select(['platform', 'realm', 'sealed']).execute()) {
    if (!keys.stale(r.sealed)) continue
    const set = { sealed: again(`platform_credentials/${r.platform}/${r.realm}/sealed`, r.sealed) }
    await db
      .updateTable('platform_credentials')
      .set(set)
      .where('platform', '=', r.platform)
      .where('realm', '=', r.realm)
      .where('sealed', '=', r.sealed)
      .execute()
    done++
  }
  for (const r of await db.selectFrom('connect_flows').select(['id', 'sealed']).execute()) {
    if (!keys.stale(r.sealed)) continue
    const set = { sealed: again(`connect_flows/${r.id}/sealed`, r.sealed) }
    await db.updateTable('connect_flows').set(set).where('id', '=', r.id).where('sealed', '=', r.sealed).execute()
    done++
  }
  return done
}
