/**
 * Publishing on Instagram (fact sheet §3, §4): one container per item, for a carousel one more over them, then
 * `media_publish`, then the first comment, then comments off where that is wanted. A story of several items is several
 * publishes, in order.
 *
 * Exactly once: the container is the key of the publish (`create.ts`), and Instagram answers 400 and 500 to posts it has
 * published, so no refusal of that call is believed before the container has been asked. Comments have no key: they are
 * looked for under the post.
 */
import { absent, done, found, type Json, namedBy, step, steps, type Witness } from '#kit/client/steps.ts'
import { accessOf, createComment, listComments, setComments } from './api.ts'
import { isCarousel, isStory, type T } from './container-form.ts'
import { create, settleMs, witness } from './create.ts'
import { combine, upload } from './prepare.ts'
import type { Settings } from './spec.ts'
import { sameText } from './text.ts'
import { knownBefore, type Posted } from './witness.ts'

const clockSlackMs = 2 * 60_000
const commentParent = (t: T) => namedBy<Posted>(t, 'create:0')
const commented = (id: string, under: Posted): Json => ({ id, url: under.url, comment: true })

const commentWitness = async (t: T): Promise<Witness> => {
  const under = commentParent(t)
  const mine = (x: { username?: string; from?: { id?: string; username?: string } }) => {
    const names = [x.username, x.from?.username].filter((n) => n !== undefined)
    return x.from?.id === t.channel.externalId || names.length === 0 || names.includes(t.channel.handle)
  }
  const hit = (await listComments(accessOf(t), under.id)).find(
    (x) =>
      mine(x) &&
      sameText(x.text, t.firstComment!) &&
      (x.timestamp === undefined || Date.parse(x.timestamp) >= t.firstBegunAt - clockSlackMs),
  )
  return hit ? found(commented(hit.id, under)) : absent
}

/** Long videos take their time (ms). */
const prepareAtMostMs = 3_600_000
/** A publication may be held for days and its containers made again. */
const createAtMostMs = 72 * 3_600_000

export const publish = steps<Settings>(
  step('upload', { again: 'safe', each: 'media', atMostMs: prepareAtMostMs }, upload),
  step('process', { again: 'safe', when: isCarousel, atMostMs: prepareAtMostMs }, combine),
  step(
    'create',
    {
      again: 'keyed',
      each: 'media',
      when: (t, index) => index === 0 || isStory(t),
      prepare: knownBefore,
      witness,
      believeEmptyAfterMs: settleMs,
      atMostMs: createAtMostMs,
    },
    create,
  ),
  step(
    'comment',
    {
      again: 'ask',
      when: (t) => Boolean(t.firstComment?.trim()) && !isStory(t),
      witness: commentWitness,
      believeEmptyAfterMs: settleMs,
    },
    async (t) => {
      const under = commentParent(t)
      return done(commented(await createComment(accessOf(t), under.id, t.firstComment!.trim()), under))
    },
  ),
  step('finish', { again: 'safe', when: (t) => !t.settings.comments && !isStory(t) }, async (t) => {
    await setComments(accessOf(t), commentParent(t).id, false)
    return done()
  }),
)
