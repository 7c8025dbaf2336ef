/**
 * Publishing on Google: one create, then the wait for Google's verdict. HTTP 200 is not publication: the answer may say
 * PROCESSING, or REJECTED at once (fact sheet §3), so the create step is over only when the post is live.
 *
 * Exactly once: what was on the profile before is kept, then that the create leaves, then the name Google gave. A
 * repetition goes on from there: it waits for the named post, or looks for it, and sends again only after looking for two
 * minutes in vain. So repeating the step is safe, and it counts as keyed.
 */
import { absent, done, found, notYet, type Outcome, step, steps, unsure, type Witness } from '#kit/client/steps.ts'
import { type FailureKind, PlatformFailure } from '#kit/facts/failures.ts'
import { createPost, type LocalPost, readPost } from './api.ts'
import { bodyOf } from './body.ts'
import { accessOf, parentOf } from './location.ts'
import type { Settings } from './spec.ts'
import {
  before,
  believeEmptyAfterMs,
  doubts,
  lookForPost,
  type Progress,
  postOf,
  progressOf,
  type T,
} from './witness.ts'

/** Google takes seconds, seldom hours; nobody has seen more than a day (ms). */
const patienceMs = 24 * 3_600_000
/** A post that was just named may not be readable yet (ms). */
const appearMs = 120_000
/** What the list showed is too old to tell earlier posts from ours (ms). */
const staleMs = 10_000

const fail = (kind: FailureKind, word: string, message: string) =>
  new PlatformFailure({ kind, code: `google-business.${word}`, message })

const nextLook = (waited: number) => (waited < 120_000 ? 10_000 : waited < 600_000 ? 60_000 : 300_000)

/** Out, still being checked, or refused (raised). Google gives no reason, so the usual ones are named. */
const verdict = (p: LocalPost): 'out' | 'checking' => {
  if (p.state === 'REJECTED')
    throw fail(
      'refused-content',
      'rejected',
      'Google rejected this post and shows it to nobody. It gives no reason; usual ones are a phone number in the text, a blurred or stock picture, or what its content policy forbids.',
    )
  return p.state === 'LIVE' || p.state === 'RECURRING' || p.state === 'SCHEDULED' ? 'out' : 'checking'
}

const outcomeOf = (t: T, p: LocalPost, since: number): Outcome =>
  verdict(p) === 'out' ? done(postOf(t, p)) : notYet(nextLook(t.now() - since), 'Google is checking the post')

/** The named post now; null: not readable (yet). */
const readNamed = async (t: T, name: string): Promise<LocalPost | null> => {
  try {
    return await readPost(accessOf(t), name)
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.kind === 'gone') return null
    throw error
  }
}

const waitFor = async (t: T, name: string, since: number): Promise<Outcome> => {
  const post = await readNamed(t, name)
  if (post) return outcomeOf(t, post, since)
  if (t.now() - since < appearMs) return notYet(10_000, 'Google does not show the post yet')
  throw fail('gone', 'gone', 'Google took the post and does not have it any more. Somebody may have deleted it.')
}

/** Refusals that came before anything could be done: the next send is the first one again. */
const provablyNothing: readonly FailureKind[] = ['too-fast', 'try-later', 'reconnect']

const send = async (t: T): Promise<Outcome> => {
  const seen = progressOf(t)
  const fresh = seen && seen.sentAt === null && t.now() - seen.ours < staleMs ? seen : await before(t)
  const body = await bodyOf(t)
  const sent: Progress = { ...fresh, sentAt: t.now() }
  await t.save(sent)
  let post: LocalPost
  try {
    post = await createPost(accessOf(t), parentOf(t.channel), body)
  } catch (error) {
    if (error instanceof PlatformFailure && provablyNothing.includes(error.failure.kind))
      await t.save({ ...fresh, sentAt: null })
    throw error
  }
  await t.save({ ...sent, name: post.name })
  return outcomeOf(t, post, t.now())
}

const create = async (t: T): Promise<Outcome> => {
  const p = progressOf(t)
  if (p?.name) return waitFor(t, p.name, p.sentAt ?? t.firstBegunAt)
  if (!p || p.sentAt === null) return send(t)
  const seen = await lookForPost(t, p)
  if (typeof seen === 'object') {
    await t.save({ ...p, name: seen.post.name })
    return outcomeOf(t, seen.post, p.sentAt)
  }
  if (seen !== 'none') throw fail('unknown-outcome', `look-${seen}`, doubts[seen])
  const left = p.sentAt + believeEmptyAfterMs - t.now()
  if (left > 0)
    return notYet(
      Math.min(left, 20_000),
      'Google did not answer; looking whether the post is there before sending again',
    )
  return send(t)
}

/** Of a rejected post nothing is to be found: nobody sees it. */
const witness = async (t: T): Promise<Witness> => {
  const p = progressOf(t)
  const named = p?.name ? await readNamed(t, p.name) : null
  const seen = p?.name ? (named ? { post: named } : 'none') : await lookForPost(t, p)
  if (typeof seen === 'object') return seen.post.state === 'REJECTED' ? absent : found(postOf(t, seen.post))
  return seen === 'none' ? absent : unsure(doubts[seen])
}

/** Only for a post the witness found while Google was still checking it; the create has waited otherwise. */
const processed = async (t: T): Promise<Outcome> => {
  const made = t.done<{ id: string | null; state?: string | null }>('create')
  if (!made?.id || (made.state && made.state !== 'PROCESSING')) return done({})
  return waitFor(t, made.id, t.firstBegunAt)
}

export const publish = steps<Settings>(
  step('create', { again: 'keyed', prepare: before, witness, believeEmptyAfterMs, atMostMs: patienceMs }, create),
  step('process', { again: 'safe', atMostMs: patienceMs }, processed),
)
