/** Writing and changing posts. Every change is one transaction that locks the post, so two edits of one version cannot both win. */
import { sql } from 'kysely'
import { type IfMatch, isWanted } from '#contract/etag.ts'
import type { Content, PostInput } from '#contract/posts.ts'
import { Problem } from '#contract/problems.ts'
import type { Db } from '#infra/db/database.ts'
import { newId } from '#infra/ids.ts'
import { mustPublishFor } from '../people/effect.ts'
import { cancelPublication, reschedulePublication } from '../publishing/commands.ts'
import { dropPrepared } from '../publishing/prepared.ts'
import { postState } from '../publishing/rules.ts'
import { checkCandidates, keepForecast, type PlanDeps, type Ws } from './plan.ts'
import { refuseErrors } from './preflight.ts'
import { aboutChannel, checkEdit, checkInput, deletable, locked, mediaOf, mediaPaths, same } from './rules.ts'
import {
  channelRows,
  lockPost,
  lockPublications,
  mediaRows,
  type PublicationRow,
  publicationsOf,
  tellPost,
  transact,
} from './store.ts'

/** A publication as it will be stored. */
type Wanted = {
  channelId: string
  content: Content | null
  /** Parsed; `given` is what the client sent. */
  settings: Record<string, unknown>
  given: Record<string, unknown>
  version: number
}

/** Ids that may be gone by now: whoever wrote them had them. */
type Known = { channels: ReadonlySet<string>; media: ReadonlySet<string> }
const nothing: Known = { channels: new Set(), media: new Set() }

const missing = (path: string, what: string) => {
  const message = `there is no such ${what} in this workspace`
  return new Problem('not-found', `${path}: ${message}`, { errors: [{ path, message }] })
}

/**
 * Checks the references of an input and parses its settings. Ids in `known` (already on the post) may meanwhile be
 * deleted or disconnected; preflight reports them. Throws `not-found` naming the field, `validation` for settings.
 */
export const resolveInput = async (
  db: Db,
  d: Pick<PlanDeps, 'preflight'>,
  ws: string,
  input: Pick<PostInput, 'content' | 'publications'>,
  known: Known = nothing,
): Promise<Wanted[]> => {
  const channels = await channelRows(
    db,
    input.publications.map((p) => p.channelId),
    ws,
  )
  const attached = input.publications.flatMap((p, i) =>
    d.preflight
      .attached(channels.get(p.channelId)?.platform ?? '', p.settings)
      .map((a) => ({ id: a.id, path: `publications.${i}.settings.${a.field}` })),
  )
  const paths = [...mediaPaths(input), ...attached]
  const media = await mediaRows(
    db,
    ws,
    paths.map((m) => m.id),
    { share: db.isTransaction },
  )
  for (const { id, path } of paths) {
    const row = media.get(id)
    if (!row || (row.deleted_at && !known.media.has(id))) throw missing(path, 'media')
  }
  return input.publications.map((p, i) => {
    const channel = channels.get(p.channelId)
    if (!channel || (channel.removed_at && !known.channels.has(p.channelId)))
      throw missing(`publications.${i}.channelId`, 'channel')
    const { settings, version } = d.preflight.settings(channel.platform, p.settings, `publications.${i}.settings`)
    return { channelId: p.channelId, content: p.content, settings, given: p.settings, version }
  })
}

/** Puts channels on a post as drafts, in order. */
const insert = async (trx: Db, ws: string, postId: string, list: readonly Wanted[], now: Date): Promise<void> => {
  if (list.length === 0) return
  const ids = list.map(() => newId(now.getTime())).sort()
  const rows = list.map((w, i) => ({
    id: ids[i]!,
    post_id: postId,
    workspace_id: ws,
    channel_id: w.channelId,
    content: w.content && JSON.stringify(w.content),
    settings: JSON.stringify(w.settings),
    settings_version: w.version,
    created_at: now,
    updated_at: now,
  }))
  await trx.insertInto('publications').values(rows).execute()
}

/** Writes a draft; gives its id. Throws what `checkInput` and `resolveInput` throw. */
export const createPost = async (
  d: PlanDeps,
  ws: Ws,
  authorId: string,
  input: PostInput,
  known: Known = nothing,
): Promise<string> => {
  checkInput(input)
  return transact(d.db, async (trx) => {
    const wanted = await resolveInput(trx, d, ws.id, input, known)
    const now = new Date(d.clock.now())
    const id = newId(now.getTime())
    await trx
      .insertInto('posts')
      .values({
        id,
        workspace_id: ws.id,
        author_id: authorId,
        content: JSON.stringify(input.content),
        tags: input.tags,
        late_policy: input.latePolicy && JSON.stringify(input.latePolicy),
        created_at: now,
        updated_at: now,
      })
      .execute()
    await insert(trx, ws.id, id, wanted, now)
    await tellPost(trx, ws.id, id, 'draft')
    return id
  })
}

/** Takes channels off a post. What was tried keeps its row, cancelled, with its trail; what never was leaves none. */
const takeOff = async (trx: Db, ws: string, rows: readonly PublicationRow[], now: Date): Promise<void> => {
  for (const p of rows) {
    if (p.state !== 'cancelled') await cancelPublication(trx, { id: p.id, ws, now })
    if (p.attempt === 0) await trx.deleteFrom('publications').where('id', '=', p.id).execute()
  }
}

/** States of a planned publication that an edit leaves planned: its new words must pass preflight. */
const planned = (p: PublicationRow) => p.state === 'scheduled'

/**
 * Replaces content, channels, tags and late policy; a planned post only for who may publish. A channel new to a scheduled post gets the post's time; a scheduled
 * post's new words pass preflight or the edit is refused. Throws `not-found`, `version-mismatch`, `conflict` for what has
 * left already, `preflight`, and what `checkInput` and `resolveInput` throw.
 */
export const replacePost = async (
  d: PlanDeps,
  ws: Ws,
  id: string,
  input: PostInput,
  ifMatch: IfMatch,
): Promise<void> => {
  checkInput(input)
  await transact(d.db, async (trx) => {
    const post = await lockPost(trx, ws.id, id)
    if (!post) throw new Problem('not-found', 'There is no such post.')
    if (ifMatch === null) throw new Problem('version-required')
    if (!isWanted(ifMatch, post.version)) throw new Problem('version-mismatch')
    const now = new Date(d.clock.now())
    // Only edits under the post's lock add or remove publications, so this list is whole. Their rows are locked after
    // the new ones are inserted: an insert waits for the engine's lock on the channel, and must hold nothing it wants.
    const before = await publicationsOf(trx, [id])
    const known = {
      channels: new Set(before.map((p) => p.channel_id)),
      media: new Set([
        ...mediaOf(post.content),
        ...before.flatMap((p) => mediaOf(p.content)),
        ...before.flatMap((p) => d.preflight.attached(p.platform, p.settings).map((a) => a.id)),
      ]),
    }
    const wanted = await resolveInput(trx, d, ws.id, input, known)
    await insert(
      trx,
      ws.id,
      id,
      wanted.filter((w) => !known.channels.has(w.channelId)),
      now,
    )
    const rows = await lockPublications(trx, id)
    mustPublishFor(ws, rows)
    const old = rows.filter((p) => known.channels.has(p.channel_id))
    const from = { content: post.content, publications: old.map((p) => ({ ...p, channelId: p.channel_id })) }
    checkEdit(from, { content: input.content, publications: wanted })

    const goes = (p: PublicationRow) => !wanted.some((w) => w.channelId === p.channel_id)
    await takeOff(trx, ws.id, old.filter(goes), now)
    await trx
      .updateTable('posts')
      .set({
        content: JSON.stringify(input.content),
        tags: input.tags,
        late_policy: input.latePolicy && JSON.stringify(input.latePolicy),
        version: post.version + 1,
        updated_at: now,
      })
      .where('id', '=', id)
      .execute()
    for (const w of wanted) {
      const p = old.find((x) => x.channel_id === w.channelId)
      if (p && !locked(p)) await rewrite(trx, p, w, !same(post.content, input.content), now)
    }
    const kept = old.filter((p) => !goes(p) && planned(p))
    const joins = joining(
      rows.filter((p) => !known.channels.has(p.channel_id)),
      kept,
      post.due_at,
      now,
    )
    const checking = wanted.filter((w) => [...kept, ...joins].some((p) => p.channel_id === w.channelId))
    const dueOf = (channelId: string) => kept.find((p) => p.channel_id === channelId)?.due_at ?? post.due_at
    const checked = await checkCandidates(
      trx,
      d.preflight,
      checking.map((w) => ({
        channelId: w.channelId,
        base: input.content,
        own: w.content,
        settings: w.settings,
        dueAt: dueOf(w.channelId),
        id: rows.find((p) => p.channel_id === w.channelId)?.id,
      })),
      now,
    )
    // An account in trouble must not keep people from correcting a planned text; a channel that joins is checked whole.
    const joined = new Set(joins.map((p) => p.channel_id))
    refuseErrors(
      checked.map((c) => ({ ...c, findings: c.findings.filter((f) => joined.has(c.channelId) || !aboutChannel(f)) })),
    )
    if (post.due_at)
      for (const p of joins) await reschedulePublication(trx, { id: p.id, ws: ws.id, dueAt: post.due_at, now })
    await keepForecast(trx, id, checked, now)
    await tellPost(trx, ws.id, id, postState(await publicationsOf(trx, [id])))
  })
}

/** New channels of a post that is still going out as planned: they go with the others. */
const joining = (
  fresh: readonly PublicationRow[],
  kept: readonly PublicationRow[],
  dueAt: Date | null,
  now: Date,
): readonly PublicationRow[] => (dueAt !== null && dueAt > now && kept.length > 0 ? fresh : [])

/** Stores a publication's own words. Its forecast is of the old ones. */
const rewrite = async (trx: Db, p: PublicationRow, w: Wanted, baseChanged: boolean, now: Date): Promise<void> => {
  const changed = baseChanged || !same(p.content, w.content) || !same(p.settings, w.settings)
  if (!changed && p.settings_version === w.version) return
  await trx
    .updateTable('publications')
    .set({
      content: w.content && JSON.stringify(w.content),
      settings: JSON.stringify(w.settings),
      settings_version: w.version,
      forecast: '[]',
      forecast_at: null,
      version: p.version + 1,
      updated_at: now,
    })
    .where('id', '=', p.id)
    .execute()
  // What the network was given in advance says the old words.
  await dropPrepared(trx, sql`publications.id = ${p.id}`, 'changed', now)
}

/**
 * Deletes a post (it is kept, out of sight); what has not begun is cancelled. Throws `not-found`, `version-mismatch`,
 * `conflict` when something is out or may be.
 */
export const removePost = (d: PlanDeps, ws: Ws, id: string, ifMatch: IfMatch): Promise<void> =>
  transact(d.db, async (trx) => {
    const post = await lockPost(trx, ws.id, id)
    if (!post) throw new Problem('not-found', 'There is no such post.')
    if (!isWanted(ifMatch, post.version)) throw new Problem('version-mismatch')
    const now = new Date(d.clock.now())
    const rows = await lockPublications(trx, id)
    mustPublishFor(ws, rows)
    const out = rows.find(
      (p) => !deletable({ state: p.state, begun: p.begun, externalId: p.external_id, permalink: p.permalink }),
    )
    if (out)
      throw new Problem(
        'conflict',
        `Publishing has begun on channel ${out.channel_id} (${out.state}); a post that is out, or may be, is kept.`,
      )
    for (const p of rows)
      if (p.state !== 'cancelled' && !p.begun) await cancelPublication(trx, { id: p.id, ws: ws.id, now })
    await trx
      .updateTable('posts')
      .set({ deleted_at: now, updated_at: now, version: post.version + 1 })
      .where('id', '=', id)
      .execute()
    await tellPost(trx, ws.id, id)
  })
