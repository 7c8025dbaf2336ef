/**
 * Publishing on Threads (fact sheet threads.md §3, §4): containers for the items of carousels, the container of the first
 * post, then one publish per post of the thread, each answering the one before, and the first comment as one more answer.
 *
 * Exactly once: the container is the key of every publish (`create.ts`). Containers of later posts are made only when the
 * post above is out, for they name it.
 */
import { mediaAt, type StepView, step, steps } from '#kit/client/steps.ts'
import { commentPiece, isCarousel, segmentPiece, type T } from './container-form.ts'
import { create, settleMs, witness } from './create.ts'
import { prepareFirst, upload } from './piece-containers.ts'
import type { Settings } from './spec.ts'
import { knownBefore } from './witness.ts'

/** Long videos take their time (ms). */
const prepareAtMostMs = 3_600_000
/** A publication may be held for days and its containers made again. */
const createAtMostMs = 72 * 3_600_000

/** A picture or video alone belongs to the container of its post. */
const inCarousel = (t: StepView<Settings>, index: number) => isCarousel(segmentPiece(t, mediaAt(t, index).segment))
const part = (t: T) => segmentPiece(t, t.index)
const keyed = { again: 'keyed', believeEmptyAfterMs: settleMs, atMostMs: createAtMostMs } as const

export const publish = steps<Settings>(
  step('upload', { again: 'safe', each: 'media', when: inCarousel, atMostMs: prepareAtMostMs }, upload),
  step(
    'process',
    { again: 'safe', each: 'segment', when: (_, index) => index === 0, atMostMs: prepareAtMostMs },
    prepareFirst,
  ),
  step(
    'create',
    { ...keyed, each: 'segment', prepare: (t) => knownBefore(t, part(t)), witness: (t) => witness(t, part(t)) },
    (t) => create(t, part(t)),
  ),
  step(
    'comment',
    {
      ...keyed,
      when: (t) => Boolean(t.firstComment?.trim()),
      prepare: (t) => knownBefore(t, commentPiece(t)),
      witness: (t) => witness(t, commentPiece(t)),
    },
    (t) => create(t, commentPiece(t)),
  ),
)
