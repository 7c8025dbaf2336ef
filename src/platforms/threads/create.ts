/**
 * `threads_publish`, with the container as the key (fact sheet threads.md §4). Before every call the container is asked what
 * became of it: PUBLISHED ends the matter, FINISHED says that nothing went out, EXPIRED that it must be prepared again. What a
 * second call on a published container does is not documented, so none is ever sent.
 *
 * Life of a piece here: (built) -> ready -> sent (noted before the call) -> published; sent and still FINISHED -> after
 * `settleMs` sent again; "media not found" though FINISHED -> asked again after a while; EXPIRED or ERROR -> built anew.
 * "Not shown" proves nothing: once something was sent, only the profile's list may end the doubt.
 */
import { absent, done, found, type Json, notYet, type Outcome, unsure, type Witness } from '#kit/client/steps.ts'
import { type FailureKind, PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf, publishContainer, readContainer } from './api.ts'
import { failureCode, notShown } from './container.ts'
import type { Piece, T } from './container-form.ts'
import { afterExpiry, type Build, build, firstRound, nextRound, type Processed } from './piece-containers.ts'
import { locate, type Posted, permalink } from './witness.ts'

/** `sent`: epoch ms right before a call whose answer did not come. `media`: the answer came. */
type Progress = { build?: Build; ready?: string; sent?: number; media?: string; misses?: number }
const progress = (t: T) => (t.saved ?? {}) as Progress

/** A call whose answer was lost may still be at work; an unpublished container is believed only after this long (ms). */
export const settleMs = 30_000
/** How long a published post may be missing in the list before it is taken as one without a known id (ms). Replies need the id. */
const listLagMs = 3 * 60_000
/** "Media not found" of a finished container: the publishing machine has not heard of it yet. */
const mostMisses = 20
const missWaitMs = 10_000

type State = 'published' | 'open' | 'broken' | 'expired' | 'working' | 'unseen'
const states: Record<string, State> = {
  PUBLISHED: 'published',
  FINISHED: 'open',
  ERROR: 'broken',
  EXPIRED: 'expired',
  IN_PROGRESS: 'working',
}

/** What the container says of itself. */
const stateOf = async (t: T, container: string): Promise<State> => {
  try {
    return states[(await readContainer(accessOf(t), container)).status] ?? 'unseen'
  } catch (error) {
    if (notShown(error)) return 'unseen'
    throw error
  }
}

const current = (t: T, p: Piece): string | undefined => {
  const at = progress(t)
  return at.ready ?? (at.build || p.under !== null ? undefined : t.done<Processed>('process:0')?.container)
}

const posted = (container: string, id: string | null, url: string | null): Posted => ({ id, url, container })
const seen = async (t: T, p: Piece, container: string): Promise<Posted | null> => {
  const m = await locate(t, p)
  return m && posted(container, m.id, m.permalink ?? null)
}

/** Published for sure; the id as far as it can be known. Null: the list may still lag. */
const whichOne = async (t: T, p: Piece, container: string): Promise<Posted | null> =>
  (await seen(t, p, container)) ??
  (t.now() - (progress(t).sent ?? t.firstBegunAt) < listLagMs ? null : posted(container, null, null))

const unlisted = 'Threads has published the post and does not list it yet'
const hidden = 'Threads does not show what became of the post. Look at the profile.'

/** Over, or a wait; null: it may be sent. */
const settled = async (t: T, p: Piece, container: string): Promise<Outcome | null> => {
  const at = progress(t)
  const sinceMs = at.sent === undefined ? Number.POSITIVE_INFINITY : t.now() - at.sent
  const state = await stateOf(t, container)
  switch (state) {
    case 'published': {
      const there = await whichOne(t, p, container)
      return there ? done(there) : notYet(10_000, unlisted)
    }
    case 'working':
      return notYet(5000, 'Threads is still preparing the post')
    case 'expired':
    case 'broken': {
      // It ended unpublished, so a new one cannot make a second post.
      const old = at.build ?? firstRound
      await t.save({ build: state === 'expired' ? afterExpiry(old) : nextRound(old) } as Json)
      return notYet(0, 'The prepared post has expired and is prepared again')
    }
    case 'open':
      return sinceMs < settleMs ? notYet(settleMs - sinceMs, 'The answer was lost; Threads may still be at work') : null
    case 'unseen': {
      if (at.sent === undefined) return null
      const there = await seen(t, p, container)
      if (there) return done(there)
      throw new PlatformFailure({ kind: 'unknown-outcome', code: 'threads.unseen', message: hidden })
    }
  }
}

/** Refusals of a publish that may be lies: the container is asked before they are believed. */
const verdicts: ReadonlySet<FailureKind> = new Set([
  'refused-account',
  'refused-content',
  'refused-media',
  'not-permitted',
  'duplicate',
  'gone',
  'our-bug',
])

const send = async (t: T, p: Piece, container: string): Promise<Outcome> => {
  const at = progress(t)
  const save = (next: Progress) => t.save(next as Json)
  await save({ ...at, sent: t.now() })
  try {
    const media = await publishContainer(accessOf(t), container, p.under ? 'replies' : 'posts')
    await save({ ...at, media })
    return done(posted(container, media, await permalink(t, media)))
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error
    const misses = (at.misses ?? 0) + 1
    if (failureCode(error) === 'threads.media-not-found' && misses <= mostMisses) {
      // `sent` stays: should Threads have acted all the same, the container says so at the next look.
      await save({ ...at, sent: t.now() - settleMs, misses })
      return notYet(missWaitMs, 'Threads does not find the prepared post yet')
    }
    if (!verdicts.has(error.failure.kind) || (await stateOf(t, container)) !== 'published') throw error
    return done((await seen(t, p, container)) ?? posted(container, null, null))
  }
}

/** Publishes one piece, and builds it first where that is not done. */
export const create = async (t: T, p: Piece): Promise<Outcome> => {
  const at = progress(t)
  const container = current(t, p)
  if (at.media && container) return done(posted(container, at.media, await permalink(t, at.media)))
  if (container === undefined) {
    let kept = at.build ?? firstRound
    const a = await build(t, p, kept, async (b) => {
      kept = b
      await t.save({ build: b } as Json)
    })
    if ('waitMs' in a) return notYet(a.waitMs, a.reason)
    await t.save({ build: kept, ready: a.ready } as Json)
    return notYet(0, 'The post is prepared')
  }
  return (await settled(t, p, container)) ?? send(t, p, container)
}

export const witness = async (t: T, p: Piece): Promise<Witness> => {
  const { media } = progress(t)
  const container = current(t, p)
  // Nothing is published before it has a container.
  if (container === undefined) return absent
  if (media) return found(posted(container, media, await permalink(t, media)))
  const state = await stateOf(t, container)
  if (state === 'open' || state === 'expired' || state === 'broken') return absent
  if (state === 'working') return unsure('Threads is still working on the post.')
  const there = state === 'published' ? await whichOne(t, p, container) : await seen(t, p, container)
  return there ? found(there) : unsure(state === 'published' ? `${unlisted}.` : hidden)
}
