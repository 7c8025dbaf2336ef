/** How an attempt ends: every way out writes the verdict, frees the channel and throws `Settled`, so that nothing runs on. */

import { reasonOf } from '#contract/outcomes.ts'
import { type Db, notify, topics } from '#infra/db/database.ts'
import { passes } from '#infra/db/trouble.ts'
import type { Created, Json, PlannedStep } from '#kit/client/steps.ts'
import { answered, type Failure } from '#kit/facts/failures.ts'
import { webAddress } from '#kit/facts/links.ts'
import type { AttemptContext } from './attempt-context.ts'
import { holdChannel, lockChannel, releaseHeld } from './commands.ts'
import type { EngineDeps } from './deps.ts'
import type { StepRow } from './frozen.ts'
import { backlogAfterMs, transitions } from './rules.ts'
import { type Claim, idsOf } from './store.ts'
import { type Finish, finish, type GoOn } from './writes.ts'

/** The attempt is over and everything about it is written. */
export class Settled extends Error {}

const waits = [0, 200, 500, 1_000, 2_000, 4_000]

/**
 * Writes what we learnt from the network, again if the database stumbles: this knowledge is in our hands only, and
 * without it a post that went out well would look like a lost answer. Such writes may be repeated.
 */
export const surely = async <T>(
  d: Pick<EngineDeps, 'clock' | 'log'>,
  c: Claim,
  write: () => Promise<T>,
): Promise<T> => {
  for (const ms of waits) {
    try {
      return await write()
    } catch (err) {
      if (!passes(err)) throw err
      d.log.warn({ ...idsOf(c), err }, 'the database stumbled; writing it again')
      if (ms > 0) await d.clock.sleep(ms)
    }
  }
  return write()
}

/** Writes a verdict. Gives, so that callers outside a walk can go on; with `on` what the channel goes on with. */
export const writeVerdict = async (
  d: EngineDeps,
  c: Claim,
  f: Omit<Finish, 'now'>,
  last?: AttemptContext['last'],
  on?: GoOn,
): Promise<Claim | null> => {
  const now = new Date(d.clock.now())
  const end = last && { ...last, state: 'done' as const, now: new Date(last.at) }
  const next = await surely(d, c, () => d.writes.finish(c, { ...f, now }, end, on))
  d.hints.tell(c, transitions[f.event].to)
  const kind = f.failure?.kind ?? null
  d.observe?.settled?.({ publicationId: c.publicationId, platform: c.platform, state: transitions[f.event].to, kind })
  return next
}

/** How much of it is on the network already, whatever becomes of the rest. */
const outOf = (walk: AttemptContext) => {
  const creates = walk.planned.filter((x) => x.step.name === 'create')
  const out = creates.filter((x) => walk.loaded.steps.get(x.key)?.state === 'done')
  const first = out[0] && (walk.loaded.steps.get(out[0].key)?.checkpoint as Created)
  return { of: creates.length, out: out.length, where: { externalId: first?.id, permalink: webAddress(first?.url) } }
}

const sentOf = (walk: AttemptContext) => ({ sentAt: walk.sentAt === null ? null : new Date(walk.sentAt) })

export const end = async (walk: AttemptContext, f: Omit<Finish, 'now'>): Promise<never> => {
  if (walk.ahead) return walk.ahead(f)
  await writeVerdict(walk.d, walk.w.claim, { ...sentOf(walk), ...outOf(walk).where, ...f })
  throw new Settled()
}

/** The network refuses the account. False when the channel has been connected anew since this token was taken. */
const block = (
  db: Db,
  channelId: string,
  reason: string,
  generation: number | undefined,
  now: Date,
): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable('channels')
      .set((e) => ({ state: 'blocked', state_reason: reason, updated_at: now, version: e('version', '+', 1) }))
      .where('id', '=', channelId)
      .where('removed_at', 'is', null)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('channel_tokens')
              .select('channel_id')
              .where('channel_id', '=', channelId)
              .where('generation', '>', generation ?? Number.MAX_SAFE_INTEGER),
          ),
        ),
      )
      .returning('workspace_id')
      .executeTakeFirst()
    if (!row) return false
    await notify(trx, topics.live, { workspaceId: row.workspace_id, kind: 'channel', id: channelId, state: 'blocked' })
    return true
  })

/**
 * The token or the account is refused: the channel stops, and everything due on it is held with the reason. A person may
 * connect the channel again at the same moment; whoever commits last sees the other, so that nothing stays held on a
 * channel that works.
 */
export const hold = async (walk: AttemptContext, reason: 'reconnect' | 'blocked', failure: Failure): Promise<never> => {
  const { d, auth } = walk
  const c = walk.w.claim
  const { channelId } = c
  const { message } = failure
  if (reason === 'blocked') await block(d.db, channelId, message, auth?.generation, new Date(d.clock.now()))
  // Without a token in hand it was the keeper who refused, and it has marked the channel itself.
  else if (auth) await d.keeper.markReconnect(channelId, message, auth.generation)
  if (walk.ahead) return walk.ahead({ event: 'hold', reason, message, failure })
  const held = {
    event: 'hold',
    verdict: failure.kind,
    reason,
    message,
    failure,
    ...sentOf(walk),
    ...outOf(walk).where,
  } as const
  await surely(d, c, () =>
    d.db.transaction().execute(async (trx) => {
      const now = new Date(d.clock.now())
      await finish(trx, c, { ...held, now })
      const channel = await lockChannel(trx, channelId)
      if (channel.works) await releaseHeld(trx, channelId, now)
      else await holdChannel(trx, channelId, reason, message, now)
    }),
  )
  d.hints.tell(c, transitions.hold.to)
  const { publicationId, platform } = c
  d.observe?.settled?.({ publicationId, platform, state: transitions.hold.to, kind: failure.kind })
  throw new Settled()
}

/**
 * The step is over without success. What comes after the create (a comment, a pin) does not undo a published post: then
 * true, and the walk goes on.
 */
export const fail = async (walk: AttemptContext, p: PlannedStep, failure: Failure): Promise<boolean> => {
  if (p.step.name === 'comment' || p.step.name === 'finish') {
    walk.missed ??= failure
    return true
  }
  const { of, out } = outOf(walk)
  const message = out > 0 ? `${out} of ${of} posts are out. ${failure.message}` : failure.message
  return end(walk, { event: 'fail', verdict: failure.kind, reason: reasonOf(failure), message, failure })
}

/**
 * Nobody can know: a person looks. What comes last (a pin, who may reply) is not worth a question: then true, and the
 * walk goes on to say that it may be missing.
 */
export const ask = async (walk: AttemptContext, p: PlannedStep, failure: Failure | null): Promise<boolean> => {
  const { name } = walk.platform.spec
  if (p.step.name === 'finish') {
    const message = `${name} did not answer, so the last touch (${p.key}) may be missing.`
    walk.missed ??= failure ?? { kind: 'unknown-outcome', code: 'no-answer', message }
    return true
  }
  const { of, out } = outOf(walk)
  const doubt = answered(failure)
    ? `${failure.message} Clarion cannot tell by itself what became of it.`
    : `The answer of ${name} was lost and Clarion cannot tell by itself what happened.`
  const what =
    p.step.name === 'comment'
      ? 'The post is out. Only what follows it (first comment or second message) is unclear: is that there too, or should it be sent again?'
      : out > 0
        ? `${out} of ${of} posts are out. Please look: is the next one there, or should it be published again?`
        : 'Please look: is the post there, or should it be published again?'
  return end(walk, {
    event: 'ask',
    verdict: 'unconfirmed',
    reason: failure ? reasonOf(failure) : 'no-answer',
    message: `${doubt} ${what}`,
    failure,
  })
}

/** Every step is done. The time it went out is the end of its first create step. Gives what the channel goes on with. */
export const publish = async (walk: AttemptContext): Promise<Claim | null> => {
  const { d, platform, loaded } = walk
  const c = walk.w.claim
  const at = d.clock.now()
  const row = loaded.steps.get(walk.planned.find((p) => p.step.name === 'create')!.key)
  const created = (row?.checkpoint ?? { id: null, url: null }) as Created
  const went = row?.endedAt ?? at
  // What the column holds: 24 days. Later than that it is no question of milliseconds.
  const latenessMs = Math.min(went - c.dueAt.getTime(), 2 ** 31 - 1)
  const sentAt = walk.sentAt ?? row?.firstBegunAt ?? went
  const { missed } = walk
  const next = await writeVerdict(
    d,
    c,
    {
      event: 'publish',
      verdict: 'published',
      reason: missed ? reasonOf(missed) : null,
      message: missed ? `The post is out, but not everything after it worked: ${missed.message}` : null,
      failure: missed ?? null,
      externalId: created.id,
      permalink: webAddress(created.url),
      publishedAt: new Date(went),
      sentAt: new Date(sentAt),
      latenessMs,
      resetTries: true,
      channelNotBefore: latenessMs > backlogAfterMs ? new Date(at + platform.spec.pace.backlogGapMs) : null,
    },
    walk.last,
    walk.w.goOn(),
  )
  const oursMs = sentAt - c.dueAt.getTime()
  d.observe?.published?.({ publicationId: c.publicationId, platform: c.platform, latenessMs, oursMs })
  return next
}

/** Journals the end of a step; the last step's end goes with the attempt's, in one commit. */
export const stepDone = async (
  walk: AttemptContext,
  p: PlannedStep,
  row: StepRow,
  checkpoint: Json,
  event: 'step-done' | 'step-found',
): Promise<void> => {
  const at = walk.d.clock.now()
  if (p.key === walk.planned.at(-1)!.key) walk.last = { key: p.key, times: row.times, checkpoint, event, at }
  else
    await surely(walk.d, walk.w.claim, () =>
      walk.d.writes.end(walk.w.claim, {
        key: p.key,
        times: row.times,
        state: 'done',
        checkpoint,
        event,
        now: new Date(at),
      }),
    )
  walk.loaded.steps.set(p.key, { ...row, state: 'done', checkpoint, failure: null, endedAt: at })
}
