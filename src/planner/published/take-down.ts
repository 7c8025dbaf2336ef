/** Taking a published post down on its network, when a person asks. Safe to repeat: a network that no longer has it agrees. */
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { Platform } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import type { Calling } from '../channels/calling.ts'
import { findPublication } from '../posts/store.ts'
import { write } from '../publishing/journal.ts'
import { createdBy } from './created.ts'

export type TakeDownDeps = { db: Db; clock: Clock; platforms: ReadonlyMap<string, Platform>; call: Calling }

/** Takes the publication of a workspace down; resolves when the network has none of it. @throws Problem `not-found`, `conflict`, `network-failed` */
export type TakeDown = (ws: string, id: string) => Promise<void>

export const createTakeDown =
  (d: TakeDownDeps): TakeDown =>
  async (ws, id) => {
    const p = await findPublication(d.db, ws, id)
    if (!p) throw new Problem('not-found', 'There is no such publication.')
    if (p.removed_at) return
    if (p.state !== 'published') throw new Problem('conflict', `A publication that is ${p.state} cannot be taken down.`)
    const platform = d.platforms.get(p.platform)
    if (!platform?.remove)
      throw new Problem(
        'conflict',
        platform?.spec.why?.remove ?? 'Apps cannot take posts down on this network; take it down there.',
      )
    const created = await createdBy(d.db, id)
    if (created.length === 0 || created.some((c) => c.id === null))
      throw new Problem('conflict', 'The network never told us the id of this post; take it down there.')
    await write(d.db, p, { event: 'removing', at: new Date(d.clock.now()) })
    try {
      await d.call(p.channel_id, async (t) => {
        for (const c of created) await platform.remove!(t, c)
      })
    } catch (error) {
      if (!(error instanceof PlatformFailure)) throw error
      const { code, status, message } = error.failure
      const at = new Date(d.clock.now())
      await write(d.db, p, { event: 'remove-failed', at, message, data: { code, status } })
      throw new Problem('network-failed', `${message} It may still be there; try again.`)
    }
    const now = new Date(d.clock.now())
    await d.db.transaction().execute(async (trx) => {
      const message = 'Taken down on the network.'
      await trx
        .updateTable('publications')
        .set((e) => ({ removed_at: now, reason: 'removed', message, version: e('version', '+', 1), updated_at: now }))
        .where('id', '=', id)
        .execute()
      await write(trx, p, { event: 'removed', at: now, message })
      await notify(trx, topics.live, {
        workspaceId: ws,
        kind: 'publication',
        id,
        postId: p.post_id,
        state: p.state,
      })
    })
  }
