/**
 * Publishing on YouTube: open an upload session and send all but the last piece (`upload`), send the last piece, which
 * makes the video (`create`), wait until it is processed, then comment and the extras.
 *
 * Exactly once: the session is stored before the first byte and asked after every doubt; once it is complete it names the
 * video (fact sheet §4). Only when YouTube has forgotten the session does the list of uploads decide, after it has had
 * time to show what is there, and only then is another session opened.
 */
import { done, notYet, type Outcome, step, steps } from '#kit/client/steps.ts'
import { extras } from './after-upload.ts'
import { addComment } from './api.ts'
import { videoBody, videoOf } from './body.ts'
import { accessOf, type T, videoIn } from './context.ts'
import { processed } from './processing.ts'
import type { Settings } from './spec.ts'
import { openSession, pieceBytes, type SessionState, sendPiece, sessionState } from './upload.ts'
import {
  commented,
  listLagMs,
  lookForComment,
  lookForVideo,
  mayExist,
  newest,
  posted,
  type Session,
  type Trying,
  type Uploaded,
  witness,
} from './witness.ts'

/** An access token with less life than this is not used for another piece. */
const tokenSpareMs = 3 * 60_000

const open = async (t: T): Promise<Session> => {
  const media = videoOf(t)
  const known = (await newest(t)).map((i) => i.snippet.resourceId.videoId)
  const session = await openSession(accessOf(t), {
    ...videoBody(t),
    bytes: media.bytes,
    mime: media.mime,
    notifySubscribers: t.settings.notifySubscribers,
  })
  return { session, total: media.bytes, openedAt: t.now(), known }
}

const tired = (t: T) => t.grant.expiresAt !== undefined && Date.parse(t.grant.expiresAt) - t.now() < tokenSpareMs

/** Sends pieces from `at` while more than one is left; gives where the last one begins, or what came in between. */
const sendAllButLast = async (t: T, s: Session, at: number): Promise<{ from: number } | SessionState | 'tired'> => {
  const media = videoOf(t)
  const file = await media.blob()
  let from = at
  while (s.total - from > pieceBytes) {
    if (from > at && tired(t)) return 'tired'
    const to = from + pieceBytes
    const state = await sendPiece(accessOf(t), s.session, { file, from, to, total: s.total, mime: media.mime })
    if (state === 'gone' || 'video' in state) return state
    from = state.next
  }
  return { from }
}

const sendLast = async (t: T, s: Session, from: number): Promise<SessionState> => {
  const media = videoOf(t)
  const file = await media.blob()
  return sendPiece(accessOf(t), s.session, { file, from, to: s.total, total: s.total, mime: media.mime })
}

const renewing = notYet(1000, 'The sign-in is renewed before more of the video is sent')

const upload = step<Settings>('upload', { again: 'safe', atMostMs: 7 * 86_400_000 }, async (t) => {
  // Tried again for what comes after: the video is there, and must not be sent a second time.
  if (t.done('create')) return done({})
  let s = t.saved as Session | undefined
  // Without `saved` this is the first time; with it something broke, and the session knows how far it is.
  const state = s ? await sessionState(accessOf(t), s.session, s.total) : 'gone'
  if (!s || state === 'gone') {
    s = await open(t)
    await t.save(s)
  }
  const sent = await sendAllButLast(t, s, state !== 'gone' && 'next' in state ? state.next : 0)
  if (sent === 'tired') return renewing
  if (sent === 'gone') return notYet(1000, 'YouTube lost the upload; it starts again')
  return done({ ...s, from: 'from' in sent ? sent.from : s.total } satisfies Uploaded)
})

/** Sends what is left of the session; the last piece makes the video. */
const completeFrom = async (t: T, s: Trying, at: number): Promise<Outcome> => {
  const sent = await sendAllButLast(t, s, at)
  if (sent === 'tired') return renewing
  if (sent === 'gone') return forgotten(t, s)
  if ('video' in sent) return done(posted(t, sent.video.id))
  const trying = { ...s, triedAt: t.now() }
  await t.save(trying)
  const end = await sendLast(t, s, 'from' in sent ? sent.from : sent.next)
  if (end === 'gone') return forgotten(t, trying)
  if ('video' in end) return done(posted(t, end.video.id))
  return notYet(1000, 'YouTube has not stored the whole video yet')
}

/** The session is gone: was the video made? Only a look that had time to see it may lead to a new upload. */
const forgotten = async (t: T, s: Trying): Promise<Outcome> => {
  if (mayExist(s)) {
    const there = await lookForVideo(t, s)
    if (there) return done(posted(t, there.id))
    if (t.now() - s.triedAt < listLagMs)
      return notYet(15_000, 'YouTube lost the upload; looking whether the video is there before sending it again')
  }
  const fresh: Trying = { ...(await open(t)), triedAt: null }
  await t.save(fresh)
  return completeFrom(t, fresh, 0)
}

export const publish = steps<Settings>(
  upload,

  step('create', { again: 'keyed', witness, atMostMs: 7 * 86_400_000 }, async (t) => {
    const saved = t.saved as Trying | undefined
    const { from, ...session } = t.done<Uploaded>('upload')!
    if (!saved) return completeFrom(t, { ...session, triedAt: null }, from)
    const state = await sessionState(accessOf(t), saved.session, saved.total)
    if (state === 'gone') return forgotten(t, saved)
    return 'video' in state ? done(posted(t, state.video.id)) : completeFrom(t, saved, state.next)
  }),

  step('process', { again: 'safe', atMostMs: 2 * 86_400_000 }, processed),

  step(
    'comment',
    {
      again: 'ask',
      believeEmptyAfterMs: 30_000,
      when: (t) => Boolean(t.firstComment?.trim()),
      witness: lookForComment,
    },
    async (t) => {
      const { id } = videoIn(t)
      return done(commented(id, await addComment(accessOf(t), id, t.firstComment!.trim())))
    },
  ),

  step('finish', { again: 'safe' }, extras),
)
