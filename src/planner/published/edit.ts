/**
 * Changing the text of a published post on its network, when a person asks. Safe to repeat: it says what the text is to
 * be, so that a lost answer leaves either the old text or the new one, never a second post.
 */
import { sql } from 'kysely'
import type { Content } from '#contract/posts.ts'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { Platform } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { shownText } from '#kit/facts/text.ts'
import type { Calling } from '../channels/calling.ts'
import { checkCandidates } from '../posts/plan.ts'
import { createPreflight, refuseErrors } from '../posts/preflight.ts'
import { findPost, findPublication } from '../posts/store.ts'
import { write } from '../publishing/journal.ts'
import { createdBy } from './created.ts'

export type EditDeps = { db: Db; clock: Clock; platforms: ReadonlyMap<string, Platform>; call: Calling }

/** Gives the first post of a published publication a new text. @throws Problem `not-found`, `conflict`, `preflight`, `network-failed` */
export type Edit = (ws: string, id: string, text: string) => Promise<void>

export const createEdit = (d: EditDeps): Edit => {
  const preflight = createPreflight(d.platforms)

  return async (ws, id, given) => {
    const text = shownText(given)
    const p = await findPublication(d.db, ws, id)
    const post = p && (await findPost(d.db, ws, p.post_id))
    if (!p || !post) throw new Problem('not-found', 'There is no such publication.')
    if (p.state !== 'published' || p.removed_at)
      throw new Problem(
        'conflict',
        p.removed_at
          ? 'This post was taken down.'
          : `A publication that is ${p.state} is not on the network yet; change the post itself.`,
      )
    const platform = d.platforms.get(p.platform)
    if (!platform?.edit)
      throw new Problem(
        'conflict',
        platform?.spec.why?.edit ?? 'Apps cannot change posts on this network; change it there.',
      )
    // The root: replies of a thread stand after it.
    const root = (await createdBy(d.db, id)).at(-1)
    if (!root || root.id === null)
      throw new Problem('conflict', 'The network never told us the id of this post; change it there.')

    const before: Content = p.content ?? post.content
    const [first, ...rest] = before.segments
    const after: Content = { ...before, segments: [{ ...first!, text }, ...rest] }
    const now = new Date(d.clock.now())
    const candidate = { channelId: p.channel_id, base: post.content, own: after, settings: p.settings, dueAt: null }
    const checked = await checkCandidates(d.db, preflight, [candidate], now)
    // Only the words change: what has become of account, media and settings since is no reason to refuse them.
    refuseErrors(
      checked.map((c) => ({
        ...c,
        findings: c.findings.filter((f) => f.segment === 0 && f.media === undefined && f.kind.startsWith('text.')),
      })),
    )
    const settings = platform.spec.settings.schema.safeParse(p.settings)
    await write(d.db, p, { event: 'editing', at: now })
    try {
      await d.call(p.channel_id, (t) => platform.edit!(t, root, text, settings.success ? settings.data : p.settings))
    } catch (error) {
      if (!(error instanceof PlatformFailure)) throw error
      const { code, kind, status, message } = error.failure
      const at = new Date(d.clock.now())
      await write(d.db, p, { event: 'edit-failed', at, message, data: { code, status } })
      const unsure = kind === 'unknown-outcome' ? ' It may have changed all the same; sending it again is safe.' : ''
      throw new Problem('network-failed', `${message}${unsure}`)
    }
    await d.db.transaction().execute(async (trx) => {
      const at = new Date(d.clock.now())
      await trx
        .updateTable('publications')
        .set({
          content: JSON.stringify(after),
          version: sql<number>`version + 1`,
          updated_at: at,
        })
        .where('id', '=', id)
        .execute()
      const message = 'The text was changed on the network.'
      await write(trx, p, { event: 'edited', at, message, data: { before: first!.text.slice(0, 2000) } })
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
