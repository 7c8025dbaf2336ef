/**
 * What a network tells about a publication by itself. It may be late, twice or wrong, so it settles nothing: the engine
 * is woken and looks for itself. That a post is gone is written down when a look has shown it.
 */
import { sql } from 'kysely'
import { type Db, notify, topics } from '#infra/db/database.ts'
import { write } from './journal.ts'

const lock = (trx: Db, id: string) =>
  trx.selectFrom('publications').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
type Row = NonNullable<Awaited<ReturnType<typeof lock>>>

const tell = (trx: Db, p: Row) =>
  notify(trx, topics.live, {
    workspaceId: p.workspace_id,
    kind: 'publication',
    id: p.id,
    postId: p.post_id,
    state: p.state,
  })

/** Reasons to wait that end when the network has something to say; a rate limit does not. */
const listens = new Set(['processing', 'looking'])

/**
 * Makes a publication that waits for its network due now. `woken`; `busy`: an attempt is under way, tell again when it is
 * over; `ignored`: it waits for nothing the network could say. `message` (the network's sentence) goes to the journal.
 */
export const wakePublication = (
  db: Db,
  o: { id: string; message: string | null; now: Date },
): Promise<'woken' | 'busy' | 'ignored'> =>
  db.transaction().execute(async (trx) => {
    const p = await lock(trx, o.id)
    if (!p) return 'ignored'
    if (p.state === 'publishing') return 'busy'
    if (p.state !== 'waiting' || !listens.has(p.reason ?? '')) {
      if (o.message === null) return 'ignored'
      await write(trx, p, { event: 'network-said', at: o.now, message: o.message })
      await tell(trx, p)
      return 'ignored'
    }
    await trx
      .updateTable('publications')
      .set({ next_at: sql<Date>`least(next_at, ${o.now})`, version: p.version + 1, updated_at: o.now })
      .where('id', '=', p.id)
      .execute()
    await write(trx, p, { event: 'woken', at: o.now, message: o.message })
    await tell(trx, p)
    await notify(trx, topics.due, '')
    return 'woken'
  })

/** The network says that a published post is gone. False when it was not there (any more), or only a part of it went. */
export const markGone = (db: Db, o: { id: string; ref: string; message: string | null; now: Date }): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const p = await lock(trx, o.id)
    if (p?.state !== 'published' || p.removed_at) return false
    const message = o.message ?? 'The network says that the post is gone.'
    if (p.external_id !== null && p.external_id !== o.ref) {
      await write(trx, p, {
        event: 'network-said',
        at: o.now,
        message: `A part of it is gone (${o.ref}). ${o.message ?? ''}`.trim(),
        data: { ref: o.ref },
      })
      await tell(trx, p)
      return false
    }
    await trx
      .updateTable('publications')
      .set({ removed_at: o.now, reason: 'removed', message, version: p.version + 1, updated_at: o.now })
      .where('id', '=', p.id)
      .execute()
    await write(trx, p, { event: 'removed', at: o.now, message })
    await tell(trx, p)
    return true
  })

/** The link of a published post that had none until now. False when it has one, or is not published. */
export const nameLink = (db: Db, o: { id: string; url: string; now: Date }): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const p = await lock(trx, o.id)
    if (p?.state !== 'published' || p.permalink !== null || p.removed_at) return false
    await trx
      .updateTable('publications')
      .set({ permalink: o.url, version: p.version + 1, updated_at: o.now })
      .where('id', '=', p.id)
      .execute()
    await write(trx, p, { event: 'network-said', at: o.now, data: { permalink: o.url } })
    await tell(trx, p)
    return true
  })
