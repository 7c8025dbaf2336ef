/**
 * Publishing on TikTok. `publish_id` names a task, and its status is the witness of everything that follows (fact sheet
 * §3.6, §4). There is no idempotency key, so two ways are kept apart:
 *
 * - a file: `init` only opens an upload; the LAST chunk publishes. All chunks but the last go in `upload`, the last one
 *   belongs to `create`. The task is known before anything can be published, so a lost answer is always settled.
 * - fetched by TikTok (photos, videos by setting): `init` itself publishes. `create` writes down that it asks before it
 *   asks. After a lost answer the task has no name; only the account's public posts can be looked at.
 *
 * `create` ends when TikTok says PUBLISH_COMPLETE or SEND_TO_USER_INBOX; FAILED proves that nothing was posted.
 */
import { absent, done, found, notYet, step, steps, unsure } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { refusedByCreator } from './account.ts'
import { creatorInfo, fetchStatus, init, type TaskStatus } from './api.ts'
import { bodyOf, isPulled, kindOf, mediaOf, pullSource, type Switches } from './body.ts'
import { bounds, chunksDone } from './chunks.ts'
import { failedTask } from './failures.ts'
import type { Settings } from './spec.ts'
import { expired, openSession, type Session, sendChunk, startOver } from './upload.ts'
import { accessOf, createdFrom, listed, type T } from './witness.ts'

/** TikTok names no time; moderation takes a minute or hours (§3.6). */
const patience = { atMostMs: 24 * 3_600_000 }
/** A chunk that came in shows in the status a little later, so a task without it is believed only then (ms). */
const settleMs = 15_000
/** TikTok did not answer a question about a task it has in hand. Asking again costs nothing, so that is no failure. */
const unanswered = (error: unknown): boolean =>
  error instanceof PlatformFailure &&
  ['tiktok.server', 'http.timeout', 'http.no-answer', 'http.unreachable'].includes(error.failure.code)
const statusOf = async (t: T, publishId: string): Promise<TaskStatus | null> => {
  try {
    return await fetchStatus(accessOf(t), publishId)
  } catch (error) {
    if (unanswered(error)) return null
    throw error
  }
}
/** 5 s at first, a minute in the end. */
const nextLook = (t: T) => Math.min(60_000, Math.max(5_000, (t.now() - t.firstBegunAt) / 4))
const working = (t: T) => notYet(nextLook(t), 'TikTok is working on it. This takes minutes, with large videos longer.')

/** The account right before posting: its options may have changed since the post was written (§3.1). */
const prepare = step<Settings>('prepare', { again: 'safe', when: (t) => t.settings.mode === 'direct' }, async (t) => {
  const creator = await creatorInfo(accessOf(t))
  const refused = refusedByCreator(t, creator)
  if (refused) throw new PlatformFailure(refused)
  const off: Switches = {
    comment: creator.comment_disabled,
    duet: creator.duet_disabled,
    stitch: creator.stitch_disabled,
  }
  return done({ ...off, username: creator.creator_username })
})
const bodyNow = (t: T) => bodyOf(t, t.done<Switches>('prepare') ?? { comment: false, duet: false, stitch: false })

const open = (t: T): Promise<Session> =>
  openSession(accessOf(t), { kind: kindOf(t), body: bodyNow(t), media: mediaOf(t)[0]!, now: t.now() })

/** Ranges TikTok may correct us about in one run before the upload counts as confused. */
const mostCorrections = 2

/**
 * Sends chunks until TikTok has `upTo` of them, keeping count in the journal. A dead upload is journalled with `dead`
 * and raises `try-later`: the next run begins anew.
 */
const sendUpTo = async (
  t: T,
  session: Session,
  upTo: number,
  o: { keep: (s: Session) => Promise<void>; dead: () => Promise<void> },
): Promise<Session> => {
  let s = session
  let corrections = 0
  while (s.sent < upTo) {
    const sent = await sendChunk(t.http, s, mediaOf(t)[0]!)
    if (!('over' in sent) && sent.taken !== s.sent + 1) corrections++
    if ('over' in sent || corrections > mostCorrections) {
      await o.dead()
      throw startOver('over' in sent ? sent.over : 'TikTok and Clarion count its parts differently')
    }
    s = { ...s, sent: sent.taken }
    await o.keep(s)
  }
  return s
}

const upload = step<Settings>('upload', { again: 'safe', when: (t) => !isPulled(t) }, async (t) => {
  const saved = (t.saved ?? null) as Session | null
  const session = saved && !expired(saved, t.now()) ? saved : await open(t)
  if (session !== saved) await t.save(session)
  return done(await sendUpTo(t, session, session.count - 1, { keep: (s) => t.save(s), dead: () => t.save(null) }))
})

/**
 * opened: nothing of the last chunk has left. sent: it has left, and its task decides. taken: TikTok said that it has the
 * file. over: that task came to nothing, so the next run begins anew.
 */
type FileState = { session: Session; is: 'opened' | 'sent' | 'taken' } | { is: 'over' }

/** Does TikTok hold less than the whole file? Then nothing can be published yet. */
const incomplete = (s: Session, uploaded: number | undefined) => uploaded !== undefined && uploaded < s.size

const createByFile = step<Settings>(
  'create',
  {
    again: 'keyed',
    when: (t) => !isPulled(t),
    ...patience,
    believeEmptyAfterMs: settleMs,
    witness: async (t) => {
      const state = t.saved as FileState | undefined
      const session = state ? (state.is === 'over' ? undefined : state.session) : t.done<Session>('upload')
      if (!session) return absent
      const s = await fetchStatus(accessOf(t), session.publishId)
      if (s.status === 'FAILED' || (s.status === 'PROCESSING_UPLOAD' && incomplete(session, s.uploaded))) return absent
      const created = createdFrom(t, session.publishId, s)
      return created ? found(created) : unsure('TikTok has the whole video and is still working on it.')
    },
  },
  async (t) => {
    const saved = t.saved as FileState | undefined
    let state: FileState = saved ?? { session: t.done<Session>('upload')!, is: 'opened' }
    const keep = async (next: FileState) => {
      state = next
      await t.save(next)
    }
    const giveUp = async (failure: PlatformFailure): Promise<never> => {
      await keep({ is: 'over' })
      throw failure
    }
    if (state.is === 'over' || (state.is === 'opened' && expired(state.session, t.now())))
      await keep({ session: await open(t), is: 'opened' })
    if (state.is === 'over') throw startOver('there is no upload')
    let { session } = state

    // After a break the task is asked first: the chunk that publishes may be there already.
    const s = state.is === 'opened' ? null : await statusOf(t, session.publishId)
    if (!s && state.is !== 'opened') return working(t)
    if (s?.status === 'FAILED') return giveUp(failedTask(s.reason, t.now()))
    const created = s && createdFrom(t, session.publishId, s)
    if (created) return done(created)
    const missing = s?.status === 'PROCESSING_UPLOAD' && (s.uploaded === undefined || incomplete(session, s.uploaded))
    if (s && (state.is === 'taken' || !missing)) return working(t)
    if (s?.uploaded !== undefined) {
      const taken = chunksDone(session, s.uploaded)
      if (taken === null || expired(session, t.now())) return giveUp(startOver('TikTok has an unknown part of it'))
      session = { ...session, sent: taken }
    }

    session = await sendUpTo(t, session, session.count - 1, {
      keep: (next) => keep({ session: next, is: 'opened' }),
      dead: () => keep({ is: 'over' }),
    })
    await keep({ session, is: 'sent' })
    const sent = await sendChunk(t.http, session, mediaOf(t)[0]!)
    // A chunk refused may be one TikTok has: its task says so, and only then is the upload given up.
    if ('over' in sent || sent.taken < session.count) {
      const now = await fetchStatus(accessOf(t), session.publishId)
      if (now.status === 'FAILED') return giveUp(failedTask(now.reason, t.now()))
      if (now.status === 'PROCESSING_UPLOAD' && incomplete(session, now.uploaded))
        return giveUp(startOver('over' in sent ? sent.over : `byte ${bounds(session, sent.taken).from} is missing`))
      const there = createdFrom(t, session.publishId, now)
      if (there) return done(there)
    }
    await keep({ session, is: 'taken' })
    return working(t)
  },
)

/** asked: `init` left and has no answer. told: a look could not tell either, so from here only a person leads back. */
type PullState = { asked: number; told?: boolean } | { publishId: string }

const createByPull = step<Settings>(
  'create',
  {
    // A repetition never asks TikTok again by itself: it goes on with the task, or looks for what was asked.
    again: 'keyed',
    when: isPulled,
    ...patience,
    witness: async (t) => {
      const state = (t.saved ?? null) as PullState | null
      if (!state) return absent
      if ('publishId' in state) {
        const s = await fetchStatus(accessOf(t), state.publishId)
        if (s.status === 'FAILED') return absent
        const created = createdFrom(t, state.publishId, s)
        return created ? found(created) : unsure('TikTok is still working on it.')
      }
      const seen = await listed(t, state.asked)
      if (typeof seen !== 'string') return found(seen)
      if (!state.told) await t.save({ ...state, told: true })
      return unsure(seen)
    },
  },
  async (t) => {
    const state = (t.saved ?? null) as PullState | null
    if (state && 'publishId' in state) {
      const s = await statusOf(t, state.publishId)
      if (!s) return working(t)
      if (s.status === 'FAILED') {
        await t.save(null)
        throw failedTask(s.reason, t.now())
      }
      const created = createdFrom(t, state.publishId, s)
      return created ? done(created) : working(t)
    }
    if (state && !state.told) {
      const seen = await listed(t, state.asked)
      if (typeof seen !== 'string') return done(seen)
      throw new PlatformFailure({ kind: 'unknown-outcome', code: 'tiktok.lost-begin', message: seen })
    }
    const body = { ...bodyNow(t), source_info: await pullSource(t) }
    await t.save({ asked: t.now() })
    let publishId: string
    try {
      publishId = (await init(accessOf(t), kindOf(t), body)).publishId
    } catch (error) {
      // Only a refusal TikTok has a word for proves that no task began.
      if (error instanceof PlatformFailure && error.failure.kind !== 'unknown-outcome') await t.save(null)
      throw error
    }
    await t.save({ publishId })
    // Nothing else in this run: whatever failed now would stand between the task and its name.
    return working(t)
  },
)

export const publish = steps<Settings>(prepare, upload, createByFile, createByPull)
