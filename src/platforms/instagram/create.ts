/**
 * `media_publish`, with the container as the key (fact sheet §4). Before every call the container is asked what became of
 * it: PUBLISHED ends the matter, FINISHED says that nothing went out, EXPIRED that it must be prepared again. What a
 * second call on a published container does is not documented, so none is ever sent.
 *
 * Life of a container here: ready -> sent (noted before the call) -> published; sent and still FINISHED -> after
 * `settleMs` sent again; EXPIRED or ERROR -> anew -> ready. "Not shown" (a fault of Meta's reads) proves nothing: once
 * something was sent, only the account's list may end the doubt.
 */
import { absent, done, found, type Json, notYet, type Outcome, unsure, type Witness } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf, publishContainer, readContainer } from './api.ts'
import { failureCode } from './container.ts'
import { isCarousel, type T } from './container-form.ts'
import { type Anew, containerOf, remake } from './prepare.ts'
import { locate, type Posted, permalink, posted } from './witness.ts'

/** `sent`: epoch ms right before the last call. `media`: the answer came. `anew`, `ready`: the first container had expired. */
type Progress = { sent?: number; media?: string; anew?: Anew; ready?: string }
const progress = (t: T) => (t.saved ?? {}) as Progress

const current = (t: T): string =>
  progress(t).ready ?? containerOf(t, isCarousel(t) ? 'process' : `upload:${t.index}`) ?? ''

/** A call whose answer was lost may still be at work; an unpublished container is believed only after this long (ms). */
export const settleMs = 30_000
/** How long a published post may be missing in the account's list before it is taken as one without a known id (ms). */
const listLagMs = 60_000

type State = 'published' | 'open' | 'over' | 'working' | 'unseen'
const states: Record<string, State> = {
  PUBLISHED: 'published',
  FINISHED: 'open',
  ERROR: 'over',
  EXPIRED: 'over',
  IN_PROGRESS: 'working',
}

/** What the container says of itself. `unseen`: Meta's reads do not show it, which proves nothing. */
const stateOf = async (t: T, container: string): Promise<State> => {
  try {
    return states[(await readContainer(accessOf(t), container)).status_code] ?? 'unseen'
  } catch (error) {
    if (failureCode(error) === 'instagram.object-missing') return 'unseen'
    throw error
  }
}

/** Published for sure; the id as far as it can be known. Null: the list may still lag. */
const whichOne = async (t: T, container: string): Promise<Posted | null> =>
  (await locate(t, container)) ??
  (t.now() - (progress(t).sent ?? t.firstBegunAt) < listLagMs ? null : posted(t, container, null, null))

const unlisted = 'Instagram has published the post and does not list it yet'
const hidden = 'Instagram does not show what became of the post. Look at the profile.'

/** Over, or a wait; null: it may be sent. */
const settled = async (t: T, container: string): Promise<Outcome | null> => {
  const { sent } = progress(t)
  const sinceMs = sent === undefined ? Number.POSITIVE_INFINITY : t.now() - sent
  switch (await stateOf(t, container)) {
    case 'published': {
      const there = await whichOne(t, container)
      return there ? done(there) : notYet(10_000, unlisted)
    }
    case 'working':
      return notYet(5000, 'Instagram is still preparing the post')
    case 'over':
      // It expired or broke unpublished, so a new one cannot make a second post.
      await t.save({ anew: { items: {} } })
      return notYet(0, 'The prepared post has expired and is prepared again')
    case 'open':
      return sinceMs < settleMs
        ? notYet(settleMs - sinceMs, 'The answer was lost; Instagram may still be at work')
        : null
    case 'unseen': {
      if (sent === undefined) return null
      const there = await locate(t, container)
      if (there) return done(there)
      throw new PlatformFailure({ kind: 'unknown-outcome', code: 'instagram.unseen', message: hidden })
    }
  }
}

export const create = async (t: T): Promise<Outcome> => {
  const at = progress(t)
  const save = (p: Progress) => t.save(p as Json)
  if (at.media) return done(posted(t, current(t), at.media, await permalink(t, at.media)))
  if (at.anew && !at.ready) {
    const a = await remake(t, at.anew, (anew) => save({ anew }))
    if ('waitMs' in a) return notYet(a.waitMs, a.reason)
    await save({ anew: at.anew, ready: a.ready })
    return notYet(0, 'The post is prepared again')
  }
  const container = current(t)
  const end = await settled(t, container)
  if (end) return end
  await save({ ...at, sent: t.now() })
  try {
    const media = await publishContainer(accessOf(t), container)
    await save({ ...at, media })
    return done(posted(t, container, media, await permalink(t, media)))
  } catch (error) {
    // A spam block is sometimes answered for a post that went live, and must not be tried again: it is looked at here.
    if (failureCode(error) !== 'instagram.action-blocked' || (await stateOf(t, container)) !== 'published') throw error
    return done((await locate(t, container)) ?? posted(t, container, null, null))
  }
}

export const witness = async (t: T): Promise<Witness> => {
  const { media } = progress(t)
  const container = current(t)
  if (media) return found(posted(t, container, media, await permalink(t, media)))
  const state = await stateOf(t, container)
  if (state === 'open' || state === 'over') return absent
  if (state === 'working') return unsure('Instagram is still working on the post.')
  const there = state === 'published' ? await whichOne(t, container) : await locate(t, container)
  return there ? found(there) : unsure(state === 'published' ? `${unlisted}.` : hidden)
}
