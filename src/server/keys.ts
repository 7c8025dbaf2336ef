/**
 * Changing the key that seals secrets, in three steps that each may be cut short: a new key is made and saved beside the
 * old ones; every value is sealed again with it, one by one; the old keys are forgotten once nothing needs them. Whatever
 * the moment of a crash, every value opens with a key that is saved, and the next run goes on where this one stopped.
 * Nothing else may run on the database meanwhile: another process knows only the keys it started with.
 */
import { sql } from 'kysely'
import type { Db } from '#infra/db/database.ts'
import { type KeyRing, SealBroken } from '#infra/secrets.ts'
import { countSealed, resealChannels, type SealedCount } from '#planner/channels/reseal.ts'
import { answerAad } from './idempotency.ts'

export type KeyStatus = {
  current: string
  /** Older keys that still open. */
  old: string[]
  /** Do the keys come from CLARION_KEYS? Then only a person can change them. */
  fixed: boolean
  sealed: SealedCount[]
}

/** Which key seals how many values where. */
export const keyStatus = async (db: Db, keys: KeyRing): Promise<KeyStatus> => {
  const { rows } = await sql<SealedCount>`
    select 'idempotency_keys' as place, split_part(reply #>> '{}', '.', 2) as kid, count(*)::int as count
    from idempotency_keys where reply is not null group by 2 order by 2`.execute(db)
  const [current, ...old] = keys.kids()
  return { current: current!, old, fixed: keys.fixed, sealed: [...(await countSealed(db)), ...rows] }
}

/** Stored answers sealed with an older key, sealed again. One that does not open is told to `broken`. */
const resealAnswers = async (
  db: Db,
  keys: KeyRing,
  broken: (aad: string, error: SealBroken) => void,
): Promise<number> => {
  let done = 0
  const rows = await db
    .selectFrom('idempotency_keys')
    .select(['actor', 'key', 'reply', 'created_at'])
    .where('reply', 'is not', null)
    .execute()
  for (const r of rows) {
    const sealed = r.reply as string
    const aad = answerAad(r)
    let next: string
    try {
      if (!keys.stale(sealed)) continue
      next = keys.seal(aad, keys.open<string>(aad, sealed))
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
      broken(aad, error)
      continue
    }
    const set = await db
      .updateTable('idempotency_keys')
      .set({ reply: JSON.stringify(next) })
      .where('actor', '=', r.actor)
      .where('key', '=', r.key)
      .where('created_at', '=', r.created_at)
      .executeTakeFirst()
    done += Number(set.numUpdatedRows)
  }
  return done
}

export type Rotation = {
  /** `new`: a key was made. `resumed`: a rotation that was cut short is finished with its key. `fixed`: the first of CLARION_KEYS is taken. */
  how: 'new' | 'resumed' | 'fixed'
  current: string
  resealed: number
  /** Old keys that are gone from the ring, or, where `how` is `fixed`, that may be taken out of CLARION_KEYS. */
  forgotten: string[]
  /** Old keys that were kept, since something still names them. */
  kept: string[]
  /** Places of values no key opens; none of them was changed. */
  broken: { place: string; message: string }[]
}

/** Rotates, or finishes what an earlier run began. Old keys go only when no value is sealed with them any more. */
export const rotateKeys = async (db: Db, keys: KeyRing, say: (line: string) => void): Promise<Rotation> => {
  const before = keys.kids()
  const how = keys.fixed ? 'fixed' : before.length > 1 ? 'resumed' : 'new'
  if (how === 'new') say(`made the key ${await keys.rotate()}`)
  if (how === 'resumed') say(`an earlier rotation did not end: going on with its key ${before[0]}`)
  if (how === 'fixed') say(`the keys come from CLARION_KEYS: sealing with its first, ${before[0]}`)

  const broken: Rotation['broken'] = []
  const tell = (place: string, error: SealBroken) => void broken.push({ place, message: error.message })
  const resealed = (await resealChannels(db, keys, tell)) + (await resealAnswers(db, keys, tell))
  say(`sealed ${resealed} values again`)

  const { current, old, sealed } = await keyStatus(db, keys)
  const needed = old.filter((kid) => sealed.some((s) => s.kid === kid))
  // The ring forgets all old keys or none: while one is needed, all stay.
  const stay = how === 'fixed' ? needed : needed.length > 0 ? old : []
  if (how !== 'fixed' && stay.length === 0 && old.length > 0) {
    await keys.forgetOld()
    say(`forgot ${old.join(', ')}`)
  }
  return { how, current, resealed, forgotten: old.filter((kid) => !stay.includes(kid)), kept: stay, broken }
}
