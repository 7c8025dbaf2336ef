/** How an attempt ends: every way out writes the verdict, frees the channel and throws `Settled`, so that nothing runs on. */

import type { Created, PlannedStep } from '#kit/client/steps.ts'
import type { Failure } from '#kit/spec/failures.ts'
import { holdChannel } from './commands.ts'
import type { PublishingDeps } from './deps.ts'
import { backlogAfterMs } from './rules.ts'
import { type Claim, type Finish, finish } from './store.ts'
import type { Walk } from './walk.ts'

/** The attempt is over and everything about it is written. */
export class Settled extends Error {}

/** Writes a verdict. Gives, so that callers outside a walk can go on. */
export const settle = async (
  d: PublishingDeps,
  c: Claim,
  f: Omit<Finish, 'now'>,
  last?: Walk['last'],
): Promise<void> => {
  const now = new Date(d.clock.now())
  await finish(d.db, c, { ...f, now }, last && { ...last, state: 'done', now: new Date(last.at) })
  d.observe?.settled?.({ publicationId: c.publicationId, platform: c.platform, state: f.state })
}

export const end = async (walk: Walk, f: Omit<Finish, 'now'>): Promise<never> => {
  await settle(walk.d, walk.w.claim, f)
  throw new Settled()
}

/** The token or the account is refused: the channel stops, and everything due on it is held with the reason. */
export const hold = async (walk: Walk, reason: 'reconnect' | 'blocked', failure: Failure): Promise<never> => {
  const { d } = walk
  const { channelId } = walk.w.claim
  if (reason === 'reconnect') await d.keeper.markReconnect(channelId, failure.message)
  else
    await d.db
      .updateTable('channels')
      .set({ state: 'blocked', state_reason: failure.message })
      .where('id', '=', channelId)
      .execute()
  await settle(d, walk.w.claim, { state: 'held', verdict: failure.kind, reason, message: failure.message, failure })
  await d.db
    .transaction()
    .execute((trx) => holdChannel(trx, channelId, reason, failure.message, new Date(d.clock.now())))
  throw new Settled()
}

/**
 * The step is over without success. What comes after the create (a comment, a pin) does not undo a published post: then
 * true, and the walk goes on.
 */
export const fail = async (walk: Walk, p: PlannedStep, failure: Failure): Promise<boolean> => {
  if (p.step.name === 'comment' || p.step.name === 'finish') {
    walk.missed ??= failure
    return true
  }
  const creates = walk.planned.filter((x) => x.step.name === 'create')
  const out = creates.filter((x) => walk.loaded.steps.get(x.key)?.state === 'done')
  const first = out[0] && (walk.loaded.steps.get(out[0].key)?.checkpoint as Created)
  const message =
    out.length > 0 ? `${out.length} of ${creates.length} posts are out. ${failure.message}` : failure.message
  return end(walk, {
    state: 'failed',
    verdict: failure.kind,
    reason: failure.code,
    message,
    externalId: first?.id,
    permalink: first?.url,
    failure,
  })
}

/** Nobody can know: a person looks. */
export const ask = (walk: Walk, failure: Failure | null): Promise<never> => {
  const message = `The answer of ${walk.platform.spec.name} was lost and Clarion cannot look there. Please look: is the post there, or should it be published again?`
  return end(walk, {
    state: 'unconfirmed',
    verdict: 'unconfirmed',
    reason: failure?.code ?? 'no-answer',
    message,
    failure,
  })
}

/** Every step is done. The time it went out is the end of its first create step. */
export const publish = async (walk: Walk): Promise<void> => {
  const { d, platform, loaded } = walk
  const c = walk.w.claim
  const at = d.clock.now()
  const row = loaded.steps.get(walk.planned.find((p) => p.step.name === 'create')!.key)
  const created = (row?.checkpoint ?? { id: null, url: null }) as Created
  const went = row?.endedAt ?? at
  const latenessMs = went - c.dueAt.getTime()
  const { missed } = walk
  await settle(
    d,
    c,
    {
      state: 'published',
      verdict: 'published',
      reason: missed?.code ?? null,
      message: missed ? `The post is out, but not everything after it worked: ${missed.message}` : null,
      failure: missed ?? null,
      externalId: created.id,
      permalink: created.url,
      publishedAt: new Date(went),
      latenessMs,
      resetTries: true,
      channelNotBefore: latenessMs > backlogAfterMs ? new Date(at + platform.spec.pace.backlogGapMs) : null,
    },
    walk.last,
  )
  d.observe?.published?.({ publicationId: c.publicationId, platform: c.platform, latenessMs })
}
