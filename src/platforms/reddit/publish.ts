/**
 * Publishing on Reddit: files go to S3 by a lease each, then one submit, then the first comment, then one look whether
 * Reddit took the post down at once.
 *
 * The submit of a picture or video answers without an id: its post appears when Reddit has worked on the file. `create`
 * then waits and looks for the asset id; it never submits the same file twice while it may still appear. There are two
 * `create` steps of which a plan has one, for an empty look means something after half a minute for text, after ten for files.
 */
import {
  absent,
  done,
  found,
  type Json,
  mediaAt,
  namedBy,
  notYet,
  type Outcome,
  type StepContext,
  type StepView,
  step,
  steps,
  type Witness,
} from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf } from './access.ts'
import { commentsOf, postInfo, sendComment } from './api.ts'
import { type CreatedPost, kindOf, mediaOf, postOf, send } from './post.ts'
import type { Settings } from './spec.ts'
import { textKey } from './text.ts'
import { sendFile } from './upload.ts'
import { before, believeMediaAfterMs, believeTextAfterMs, lookForPost, type Memory } from './witness.ts'

type T = StepContext<Settings>

const ofFiles = (t: Pick<StepView<Settings>, 'segments'>) => mediaOf(t).length > 0
const isFilm = (t: Pick<StepView<Settings>, 'segments' | 'settings'>) => kindOf(t).startsWith('video')

/** Reddit works on a file for seconds, on a long video for minutes. */
const pollMs = (waited: number) => (waited < 60_000 ? 5000 : waited < 300_000 ? 15_000 : 60_000)
/** After this, a file that was taken and made no post is one Reddit could not read. */
const hopelessMs = 20 * 60_000
/** A look taken before a try grows old when that try was refused and comes again later: twins may have been posted meanwhile. */
const staleMs = 10_000

/** `before`: the look right before this try. `sentAt`: Reddit took the file then (epoch ms). */
type Saved = { before?: Memory; sentAt?: number }

const create = async (t: T): Promise<Outcome> => {
  const saved = (t.saved ?? {}) as Saved
  if (saved.sentAt !== undefined) return appeared(t, saved.sentAt)
  if (t.now() - t.firstBegunAt > staleMs) await t.save({ before: await before(t) } satisfies Saved as Json)
  const { fullname, url } = await send(t)
  if (fullname) return done(postOf(t, fullname, url))
  const sentAt = t.now()
  await t.save({ ...((t.saved ?? {}) as Saved), sentAt } as Json)
  return notYet(pollMs(0), 'Reddit is working on the file')
}

const appeared = async (t: T, sentAt: number): Promise<Outcome> => {
  const seen = await lookForPost(t)
  if ('found' in seen) return done(seen.found)
  const waited = t.now() - sentAt
  if (waited < hopelessMs) return notYet(pollMs(waited), 'Reddit is working on the file')
  throw new PlatformFailure({
    kind: 'refused-media',
    code: 'reddit.processing',
    message:
      'Reddit took the file but made no post of it. Usually it could not read the file: pictures must be JPEG, PNG or GIF, videos H.264 of 2 seconds to 15 minutes.',
  })
}

/** A person who answered "it is there" may have given only the link. */
const parentOf = (t: T): string =>
  namedBy<CreatedPost>(t, 'create', (url) => {
    const id = /(?:\/comments\/|redd\.it\/)([a-z0-9]+)/i.exec(url)?.[1]
    return id ? `t3_${id.toLowerCase()}` : undefined
  }).id

const commentUrl = (permalink: string | null | undefined, parent: string, id: string) =>
  permalink
    ? `https://www.reddit.com${permalink}`
    : `https://www.reddit.com/comments/${parent.slice(3)}/comment/${id.slice(3)}/`

/** The post is new and ours: a comment of ours with these words on its first level is this one. */
const lookForComment = async (t: T): Promise<Witness> => {
  const parent = parentOf(t)
  const mine = (await commentsOf(accessOf(t), parent)).filter(
    (c) => c.author?.toLowerCase() === t.channel.handle.toLowerCase() && textKey(c.body) === textKey(t.firstComment),
  )
  const hit = mine.sort((a, b) => a.created_utc - b.created_utc)[0]
  return hit ? found({ id: hit.name, url: commentUrl(hit.permalink, parent, hit.name) }) : absent
}

/**
 * A spam filter takes posts down silently: the account goes on seeing them, nobody else does. Asked once, right after
 * publishing; the numbers tell it later.
 */
const checkRemoved = async (t: T): Promise<Outcome> => {
  const id = t.done<CreatedPost>('create')?.id
  const info = id ? await postInfo(accessOf(t), id) : undefined
  const by = info?.removed_by_category
  if (!by || by === 'author' || by === 'deleted') return done({ removed: by ?? null })
  throw new PlatformFailure({
    kind: 'refused-content',
    code: 'reddit.removed',
    message:
      by === 'reddit'
        ? 'Reddit’s spam filter took the post down at once; only this account sees it. Ask the moderators to approve it.'
        : `The community holds the post back (${by}) until a moderator approves it; only this account sees it.`,
  })
}

export const publish = steps<Settings>(
  step('upload', { again: 'safe', each: 'media' }, async (t) =>
    done(await sendFile(accessOf(t), mediaAt(t, t.index).media)),
  ),
  step('prepare', { again: 'safe', when: (t) => isFilm(t) && t.settings.posterId !== undefined }, async (t) => {
    const poster = t.attachments[t.settings.posterId!]
    if (!poster)
      throw new PlatformFailure({
        kind: 'refused-content',
        code: 'reddit.poster-missing',
        message: 'The poster of the video is not there any more. Choose another picture.',
      })
    return done(await sendFile(accessOf(t), poster))
  }),
  step(
    'create',
    {
      again: 'ask',
      when: (t) => !ofFiles(t),
      prepare: before,
      witness: lookForPost,
      believeEmptyAfterMs: believeTextAfterMs,
    },
    create,
  ),
  step(
    'create',
    {
      again: 'ask',
      when: ofFiles,
      prepare: before,
      witness: lookForPost,
      believeEmptyAfterMs: believeMediaAfterMs,
      atMostMs: 2 * hopelessMs,
    },
    create,
  ),
  step(
    'comment',
    {
      again: 'ask',
      when: (t) => Boolean(t.firstComment?.trim()),
      witness: lookForComment,
      believeEmptyAfterMs: believeTextAfterMs,
    },
    async (t) => {
      const parent = parentOf(t)
      const made = await sendComment(accessOf(t), parent, t.firstComment!.trim())
      return done({ id: made.name, url: commentUrl(made.permalink, parent, made.name) })
    },
  ),
  step('finish', { again: 'safe' }, checkRemoved),
)
