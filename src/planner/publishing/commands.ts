/**
 * What a person may do to a publication. Each command is one short transaction that locks the row, so that it either
 * comes before the engine's "create begins" write or is refused after it; there is no third case.
 */

import { type RawBuilder, sql, type Updateable } from 'kysely'
import { type IfMatch, isWanted } from '#contract/etag.ts'
import type { DroppedBecause } from '#contract/journal.ts'
import { Problem } from '#contract/problems.ts'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { Tables } from '#infra/db/tables.ts'
import { webAddress } from '#kit/facts/links.ts'
import { keepsPrepared } from './ahead.ts'
import { write } from './journal.ts'
import { dropPrepared, prepareFrom } from './prepared.ts'
import { next, type PublicationEvent, transitions } from './rules.ts'
import { may, stateAfter } from './transition.ts'

/** `ifMatch`: the versions of which it must still have one; absent or null: whichever it has. */
export type Target = { id: string; ws: string; now: Date; ifMatch?: IfMatch }

const lock = (trx: Db, id: string, ws: string) =>
  trx
    .selectFrom('publications')
    .selectAll()
    .where('id', '=', id)
    .where('workspace_id', '=', ws)
    .forUpdate()
    .executeTakeFirst()

type Row = NonNullable<Awaited<ReturnType<typeof lock>>>

/** Tells screens and the engine. */
const tell = async (trx: Db, p: Row, state: string) => {
  await notify(trx, topics.live, {
    workspaceId: p.workspace_id,
    kind: 'publication',
    id: p.id,
    postId: p.post_id,
    state,
  })
  await notify(trx, topics.due, '')
  if (state === transitions.schedule.to) await notify(trx, topics.plans, '')
}

const refuse = (p: Row, event: PublicationEvent): never => {
  if (p.begun && event === 'cancel')
    throw new Problem('cannot-cancel', 'Publishing has begun: the network may already have this post.')
  throw new Problem('conflict', `A publication that is ${p.state}${p.begun ? ' and has begun' : ''} cannot do that.`)
}

/** Locks, checks the state machine, runs `change` (which gives the new state), tells everyone. Throws `not-found`, `version-mismatch`, `conflict`, `cannot-cancel`. */
const command = async (
  db: Db,
  t: Target,
  event: PublicationEvent,
  change: (trx: Db, p: Row) => Promise<Row['state']>,
): Promise<void> => {
  const run = async (trx: Db) => {
    const p = await lock(trx, t.id, t.ws)
    if (!p) throw new Problem('not-found', 'There is no such publication.')
    if (!isWanted(t.ifMatch, p.version)) throw new Problem('version-mismatch')
    if (!next(p.state, event, p.begun)) return refuse(p, event)
    await tell(trx, p, await change(trx, p))
  }
  await (db.isTransaction ? run(db) : db.transaction().execute(run))
}

/** Fields that make a publication forget a try that never began: uploads are thrown away, the lease is taken from its worker. */
const fresh = {
  reason: null,
  message: null,
  frozen: null,
  lease_token: null,
  lease_until: null,
  worker: null,
  tries: 0,
  forecast: '[]',
  forecast_at: null,
  started_at: null,
  prepare_at: null,
  prepared_at: null,
  prepared_until: null,
  prepare_tries: 0,
  deaths: 0,
} as const

type Column = Updateable<Tables['publications']>
type Change = {
  [K in Exclude<keyof Column, 'id' | 'state' | 'version' | 'updated_at'>]?: Column[K] | RawBuilder<Column[K]>
}

/** Writes what an event does to a locked publication; gives the new state. */
const move = async (trx: Db, p: Row, event: PublicationEvent, now: Date, values: Change): Promise<Row['state']> => {
  const { numUpdatedRows } = await trx
    .updateTable('publications')
    .set({ ...values, state: stateAfter(event), version: p.version + 1, updated_at: now })
    .where('id', '=', p.id)
    .where(may(event))
    .executeTakeFirst()
  return numUpdatedRows === 1n ? transitions[event].to : refuse(p, event)
}

const forget = async (trx: Db, p: Row, now: Date, why: DroppedBecause) => {
  if (p.prepared_until) await write(trx, p, { event: 'prepare-dropped', at: now, data: { why } })
  await trx.deleteFrom('steps').where('publication_id', '=', p.id).execute()
  await trx
    .updateTable('attempts')
    .set({ ended_at: now, verdict: 'superseded' })
    .where('publication_id', '=', p.id)
    .where('ended_at', 'is', null)
    .execute()
}

/** Takes it off the plan. Throws `cannot-cancel` once the create step has begun. */
export const cancelPublication = (db: Db, t: Target): Promise<void> =>
  command(db, t, 'cancel', async (trx, p) => {
    await forget(trx, p, t.now, 'taken-back')
    await write(trx, p, { event: 'cancelled', at: t.now })
    return move(trx, p, 'cancel', t.now, { ...fresh, next_at: null })
  })

/**
 * Another time (UTC instant). What is prepared is kept where it still lives then and would be prepared by now. Throws
 * `conflict` once the create step has begun.
 */
export const reschedulePublication = (db: Db, t: Target & { dueAt: Date }): Promise<void> =>
  command(db, t, 'schedule', async (trx, p) => {
    const until = p.state === 'scheduled' ? (p.prepared_until?.getTime() ?? null) : null
    const time = { due_at: t.dueAt, next_at: t.dueAt }
    const keeps = keepsPrepared(until, t.dueAt.getTime(), t.now.getTime())
    if (!keeps) await forget(trx, p, t.now, 'moved')
    await write(trx, p, { event: 'scheduled', at: t.now, data: { dueAt: t.dueAt.toISOString() } })
    return move(
      trx,
      p,
      'schedule',
      t.now,
      keeps
        ? { ...time, forecast_at: null, prepare_at: p.prepared_at ? p.prepare_at : (p.prepare_at ?? t.now) }
        : { ...fresh, ...time, prepare_at: prepareFrom(sql`${t.dueAt}`) },
    )
  })

/**
 * Tries a failed, missed, held or cancelled publication again, now. Steps that are done stay done, so a half-published
 * thread goes on where it stopped; if nothing public happened yet, the content is taken anew from the post.
 */
export const retryPublication = (db: Db, t: Target): Promise<void> =>
  command(db, t, 'retry', async (trx, p) => {
    const open = await trx
      .selectFrom('steps')
      .select(['key', 'state'])
      .where('publication_id', '=', p.id)
      .where('name', '=', 'create')
      .where('state', 'in', ['done', 'begun', 'unknown'])
      .execute()
    const unsettled = open.length > 0
    if (!unsettled) await forget(trx, p, t.now, 'taken-back')
    // Uploads do not live for ever on the networks: what is still to come is uploaded anew, unless an answer is missing.
    else if (open.every((s) => s.state === 'done'))
      await trx
        .deleteFrom('steps')
        .where('publication_id', '=', p.id)
        .where('name', 'in', ['upload', 'process'])
        .execute()
    const keep = unsettled
      ? { frozen: p.frozen === null ? null : JSON.stringify(p.frozen), started_at: p.started_at }
      : { begun: false }
    await write(trx, p, { event: 'person-retry', at: t.now })
    // A person asked for it: it is due now, and no late policy applies.
    return move(trx, p, 'retry', t.now, {
      ...fresh,
      ...keep,
      next_at: t.now,
      due_at: p.reason === 'late' || p.state === 'missed' || !p.due_at || p.due_at > t.now ? t.now : p.due_at,
      started_at: t.now,
    })
  })

/** A person settles `unconfirmed`: it is there (`permalink` if they know it), or publish it again. */
export const resolvePublication = (
  db: Db,
  t: Target & ({ there: true; permalink?: string } | { again: true }),
): Promise<void> =>
  command(db, t, 'there' in t ? 'resolve-there' : 'resolve-again', async (trx, p) => {
    const open = await trx
      .selectFrom('steps')
      .selectAll()
      .where('publication_id', '=', p.id)
      .where('state', 'in', ['begun', 'unknown'])
      .orderBy('position')
      .executeTakeFirst()
    const set = (values: { state: 'done' | 'refused'; checkpoint?: string }) =>
      trx
        .updateTable('steps')
        // Nobody knows when it went out; right after it was begun is the best guess.
        .set({ ...values, failure: null, ended_at: values.state === 'done' ? (open?.begun_at ?? t.now) : t.now })
        .where('publication_id', '=', p.id)
        .where('key', '=', open?.key ?? '')
        .execute()
    const said = { at: t.now, step: open?.key }
    const due = { reason: null, message: null, tries: 0, deaths: 0, next_at: t.now }
    if (!('there' in t)) {
      await set({ state: 'refused' })
      await write(trx, p, { ...said, event: 'person-again' })
      return move(trx, p, 'resolve-again', t.now, due)
    }
    await set({ state: 'done', checkpoint: JSON.stringify({ id: null, url: t.permalink ?? null, by: 'person' }) })
    await write(trx, p, { ...said, event: 'person-there', data: { permalink: t.permalink } })
    const frozen = p.frozen as { plan?: string[] } | null
    const done = await trx
      .selectFrom('steps')
      .select(['key', 'name', 'ended_at', 'checkpoint'])
      .where('publication_id', '=', p.id)
      .where('state', '=', 'done')
      .orderBy('position')
      .execute()
    if (!(frozen?.plan ?? []).every((key) => done.some((d) => d.key === key)))
      return move(trx, p, 'resolve-there', t.now, { ...due, message: 'It is there; what follows it comes next.' })
    const first = done.find((s) => s.name === 'create')
    const went = first?.ended_at ?? t.now
    return move(trx, p, 'resolve-last', t.now, {
      ...due,
      next_at: null,
      published_at: went,
      lateness_ms: p.due_at && went.getTime() - p.due_at.getTime(),
      permalink: webAddress((first?.checkpoint as { url?: string | null } | undefined)?.url) ?? p.permalink,
    })
  })

/** Schedules every publication of a post that can still be scheduled; those already begun or published are left alone. Runs in the caller's transaction. */
export const schedulePublications = async (trx: Db, o: { postId: string; dueAt: Date; now: Date }): Promise<void> => {
  const rows = await trx
    .selectFrom('publications')
    .selectAll()
    .where('post_id', '=', o.postId)
    .orderBy('id')
    .forUpdate()
    .execute()
  for (const p of rows)
    if (p.state !== 'cancelled' && next(p.state, 'schedule', p.begun))
      await reschedulePublication(trx, { id: p.id, ws: p.workspace_id, now: o.now, dueAt: o.dueAt })
}

/** Back to draft, as far as publishing has not begun. Throws `conflict` when nothing could be taken back. */
export const unschedulePublications = async (trx: Db, postId: string, now: Date): Promise<void> => {
  const rows = await trx
    .selectFrom('publications')
    .selectAll()
    .where('post_id', '=', postId)
    .orderBy('id')
    .forUpdate()
    .execute()
  // A cancelled channel stays cancelled, unless the whole post was.
  const all = rows.every((p) => p.state === 'cancelled')
  const back = rows.filter(
    (p) => p.state !== 'draft' && (all || p.state !== 'cancelled') && next(p.state, 'unschedule', p.begun),
  )
  if (back.length === 0 && rows.some((p) => p.state !== 'draft'))
    throw new Problem('conflict', 'Publishing has begun on every channel; nothing can be taken back.')
  for (const p of back) {
    await forget(trx, p, now, 'taken-back')
    await write(trx, p, { event: 'unscheduled', at: now })
    await tell(trx, p, await move(trx, p, 'unschedule', now, { ...fresh, due_at: null, next_at: null }))
  }
}

/** After a channel was reconnected: what was held for it is due again. For the channels noun, in its transaction. */
export const releaseHeld = async (trx: Db, channelId: string, now: Date): Promise<void> => {
  const rows = await trx
    .updateTable('publications')
    .set({
      state: stateAfter('release'),
      reason: null,
      message: null,
      next_at: sql<Date>`greatest(due_at, ${now})`,
      prepare_at: prepareFrom(sql`due_at`),
      version: sql<number>`version + 1`,
      updated_at: now,
    })
    .where('channel_id', '=', channelId)
    .where(may('release'))
    .where('reason', 'in', ['reconnect', 'blocked', 'channel-removed'])
    .returningAll()
    .execute()
  for (const p of rows) {
    await write(trx, p, { event: 'released', at: now })
    await tell(trx, p, p.state)
  }
}

/** When a channel is removed or its token dies: everything waiting on it is held with a reason, never lost. */
export const holdChannel = async (
  trx: Db,
  channelId: string,
  reason: 'reconnect' | 'blocked' | 'channel-removed',
  message: string,
  now: Date,
): Promise<void> => {
  // What a removed channel's network was given in advance is nobody's any more.
  if (reason === 'channel-removed')
    await dropPrepared(trx, sql`publications.channel_id = ${channelId}`, 'disconnected', now)
  const rows = await trx
    .updateTable('publications')
    .set({
      state: stateAfter('hold'),
      reason,
      message,
      lease_token: null,
      lease_until: null,
      version: sql<number>`version + 1`,
      updated_at: now,
    })
    .where('channel_id', '=', channelId)
    .where(may('hold'))
    // What is in work is held by its worker, or by whoever comes after its lease.
    .where((eb) => eb.or([eb('state', '<>', stateAfter('claim')), eb('lease_until', '<=', now)]))
    .$if(reason !== 'channel-removed', (q) => q.where('next_at', '<=', now))
    .returningAll()
    .execute()
  for (const p of rows) {
    await write(trx, p, { event: 'held', at: now, message, data: { reason } })
    await tell(trx, p, p.state)
  }
}

/** A channel as it is now and stays until the transaction ends; a removed one is still there. */
export const lockChannel = async (trx: Db, channelId: string) => {
  const c = await trx
    .selectFrom('channels')
    .select(['state', 'state_reason', 'removed_at'])
    .where('id', '=', channelId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  return { ...c, works: c.state === 'ok' && c.removed_at === null }
}

/**
 * Holds what waits on a channel that cannot publish. The channel is asked again under its lock: a person who connects it
 * at this moment releases what is held before the channel counts as connected, and nothing would release what is held after.
 */
export const holdIfBroken = async (trx: Db, channelId: string, now: Date): Promise<void> => {
  const c = await lockChannel(trx, channelId)
  if (c.works) return
  const reason = c.removed_at !== null ? 'channel-removed' : c.state === 'blocked' ? 'blocked' : 'reconnect'
  await holdChannel(trx, channelId, reason, c.state_reason ?? 'The channel cannot publish now.', now)
}
