/** Taking a published post down on its network, when a person asks. Safe to repeat: a network that no longer has it agrees. */
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { Platform } from '#kit/client/platform.ts'
import type { Created, Grant } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { secretsOf } from '../channels/http.ts'
import type { ChannelHttpPort, KeeperPort } from '../publishing/deps.ts'
import { write } from '../publishing/journal.ts'
import { findPublication } from './store.ts'

export type TakedownDeps = {
  db: Db
  clock: Clock
  platforms: ReadonlyMap<string, Platform>
  keeper: Pick<KeeperPort, 'grant' | 'renew'>
  http: ChannelHttpPort
}

/** Takes the publication of a workspace down; resolves when the network has none of it. Throws `not-found`, `conflict`. */
export type TakeDown = (ws: string, id: string) => Promise<void>

/** What the create steps left on the network, last first: replies go before what they answer. */
export const createdBy = async (db: Db, id: string): Promise<Created[]> => {
  const rows = await db
    .selectFrom('steps')
    .select('checkpoint')
    .where('publication_id', '=', id)
    .where('state', '=', 'done')
    .where('name', '=', 'create')
    .orderBy('position', 'desc')
    .execute()
  return rows.map((r) => r.checkpoint as Created)
}

export const createTakeDown = (d: TakedownDeps): TakeDown => {
  const removeAll = async (channelId: string, platform: Platform, created: readonly Created[]): Promise<void> => {
    const channel = await d.db.selectFrom('channels').selectAll().where('id', '=', channelId).executeTakeFirstOrThrow()
    const { external_id: externalId, kind, handle, name, facts } = channel
    const call = async ({ grant, credentials }: { grant: Grant; credentials: Record<string, string> }) => {
      const secrets = secretsOf(platform, grant, credentials)
      const http = d.http({ platform, realm: channel.realm, channelId, secrets })
      const t = {
        http,
        grant,
        credentials,
        channel: { externalId, kind, handle, name, facts },
        now: () => d.clock.now(),
      }
      for (const c of created) await platform.remove?.(t, c)
    }
    try {
      await call(await d.keeper.grant(channelId))
    } catch (error) {
      if (!(error instanceof PlatformFailure) || error.failure.kind !== 'reconnect') throw error
      await call(await d.keeper.renew(channelId))
    }
  }

  return async (ws, id) => {
    const p = await findPublication(d.db, ws, id)
    if (!p) throw new Problem('not-found', 'There is no such publication.')
    if (p.removed_at) return
    if (p.state !== 'published') throw new Problem('conflict', `A publication that is ${p.state} cannot be taken down.`)
    const platform = d.platforms.get(p.platform)
    if (!platform?.remove)
      throw new Problem(
        'conflict',
        platform?.spec.why?.remove ?? 'Apps cannot take posts down on this network; remove it there.',
      )
    const created = await createdBy(d.db, id)
    if (created.length === 0 || created.some((c) => c.id === null))
      throw new Problem('conflict', 'The network never told us the id of this post; remove it there.')
    await write(d.db, p, { event: 'removing', at: new Date(d.clock.now()) })
    try {
      await removeAll(p.channel_id, platform, created)
    } catch (error) {
      if (!(error instanceof PlatformFailure)) throw error
      const { code, status, message } = error.failure
      await write(d.db, p, {
        event: 'remove-failed',
        at: new Date(d.clock.now()),
        message,
        data: { code, status },
      })
      throw new Problem('conflict', `${error.failure.message} It may still be there; try again.`)
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
}
