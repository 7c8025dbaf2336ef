/**
 * Publishing on LinkedIn: upload the files, create the post, then the first comment.
 *
 * LinkedIn has no idempotency key. For a page a lost create is looked for in the page's list, which lags. For a person
 * there is no list (see `look.ts`): the very same body is sent again, and LinkedIn's refusal of doubles is the key. It
 * names the post that is there; the number in that name tells whether this attempt made it.
 */
import { done, mediaAt, namedBy, notYet, type Outcome, type StepView, step, steps } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { createComment, createPost } from './api.ts'
import { bodyOf } from './content.ts'
import { accessOf } from './rest.ts'
import { postUrn, type Settings } from './spec.ts'
import { atMostMs, type T, upload } from './upload.ts'
import {
  commented,
  lookAtComments,
  lookAtPage,
  mayComment,
  namedDouble,
  permalink,
  posted,
  twinsBefore,
} from './witness.ts'

/** How long LinkedIn is given to notice a post before the same is sent again (ms). Not documented; generous. */
const guardSettlesMs = 30_000

const isPage = (t: StepView<Settings>) => t.channel.kind === 'organization'
const thumbnailOf = (t: StepView<Settings>) => {
  const id = t.settings.article?.thumbnail
  return id ? t.attachments[id] : undefined
}

/** Sends the post. Only what was sent before can be the double that LinkedIn names. */
const send = async (t: T, sentBefore: boolean): Promise<Outcome> => {
  let urn: string | null
  try {
    urn = await createPost(accessOf(t), bodyOf(t))
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error
    return refused(t, error, sentBefore)
  }
  if (urn) return done(posted(urn))
  throw new PlatformFailure({
    kind: 'unknown-outcome',
    code: 'linkedin.no-id',
    message: 'LinkedIn took the post without saying under which id.',
  })
}

/** What a create that did not go through means here; raises what the engine must decide. */
const refused = async (t: T, error: PlatformFailure, sentBefore: boolean): Promise<Outcome> => {
  const { failure } = error
  // Provably not taken: the next send is the first one again.
  if (!sentBefore && (failure.kind === 'too-fast' || failure.kind === 'try-later')) await t.save(null)
  if (failure.code === 'linkedin.media-not-ready') return notYet(5000, 'LinkedIn is processing the file')
  const double = failure.kind === 'duplicate' ? namedDouble(t, failure) : null
  if (!double) throw error
  if (sentBefore && double.ours) return done(posted(double.urn))
  throw new PlatformFailure({
    ...failure,
    older: true,
    code: 'linkedin.duplicate-of-older',
    message: `LinkedIn refuses this because an earlier post says the same: ${permalink(double.urn)}. Change the text, or delete the earlier post.`,
  })
}

/** Journals that it is sent, before it is. For a person, sends again only after LinkedIn had time to notice the first. */
const create = async (t: T): Promise<Outcome> => {
  const before = (t.saved ?? null) as { sentAt: number } | null
  if (before && !isPage(t)) {
    const left = before.sentAt + guardSettlesMs - t.now()
    if (left > 0) return notYet(left, 'giving LinkedIn time to notice the first try')
  }
  await t.save({ sentAt: t.now() })
  return send(t, before !== null)
}

const postOf = (t: T) => namedBy(t, 'create', (url) => postUrn.exec(decodeURIComponent(url))?.[0]).id

export const publish = steps<Settings>(
  step('upload', { again: 'safe', each: 'media', atMostMs }, (t) => upload(t, mediaAt(t, t.index).media)),
  // The picture of a link card.
  step('upload', { again: 'safe', atMostMs, when: (t) => thumbnailOf(t) !== undefined }, (t) =>
    upload(t, thumbnailOf(t)!),
  ),
  step(
    'create',
    { again: 'ask', when: isPage, prepare: twinsBefore, witness: lookAtPage, believeEmptyAfterMs: 45_000, atMostMs },
    create,
  ),
  step('create', { again: 'keyed', atMostMs, when: (t) => !isPage(t) }, create),
  step(
    'comment',
    {
      again: 'ask',
      when: (t) => Boolean(t.firstComment?.trim()) && mayComment(t.channel),
      witness: (t) => lookAtComments(t, postOf(t)),
      believeEmptyAfterMs: 45_000,
    },
    async (t) => {
      const post = postOf(t)
      const made = await createComment(accessOf(t), {
        actor: t.channel.externalId,
        post,
        text: t.firstComment!.trim(),
      })
      if (made.id) return done(commented(post, made.id, made.urn))
      throw new PlatformFailure({
        kind: 'unknown-outcome',
        code: 'linkedin.no-id',
        message: 'LinkedIn took the comment without saying under which id.',
      })
    },
  ),
)
