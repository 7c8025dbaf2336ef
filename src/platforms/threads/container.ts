/**
 * A container on its way: made -> IN_PROGRESS -> FINISHED, or ERROR, or EXPIRED after 24 hours (fact sheet threads.md §3.2).
 * `advance` takes it one step on and says what to wait for; where it stands is kept in a slot, so that a repetition goes on
 * from there. Containers nobody publishes vanish, so making one again harms nobody.
 */
import { PlatformFailure } from '#kit/facts/failures.ts'
import { type Access, readContainer } from './api.ts'

export type Slot = {
  id: string | null
  /** Containers made so far. */
  made: number
  /** Epoch ms of the last one. */
  since: number
  /** Reads of the fresh container that were answered "not found". */
  blind?: number
  /** Makings that were answered "not found": what it answers or holds has not spread yet. */
  misses?: number
  /** Threads refused the topic. */
  noTopic?: boolean
}

export type Advanced = { ready: string; noTopic?: boolean } | { waitMs: number; reason: string }

export type Making = {
  c: Access
  now: () => number
  slot: Slot | undefined
  keep: (slot: Slot) => Promise<void>
  /** `POST /threads`; gives the id. */
  make: (topic: boolean) => Promise<string>
  /** May it go out without its topic? */
  mayDropTopic?: boolean
}

/** New containers for one item before it is given up. */
const mostMade = 3
/** After this many unreadable reads the container is taken to be ready; publishing too early is answered harmlessly. */
const mostBlind = 6
const mostMisses = 5
const missWaitMs = 8000

export const failureCode = (error: unknown): string | undefined =>
  error instanceof PlatformFailure ? error.failure.code : undefined

/** Threads does not show it: neither proves anything. */
export const notShown = (error: unknown): boolean =>
  ['threads.media-not-found', 'threads.object-missing', 'threads.not-a-container'].includes(failureCode(error) ?? '')

const create = async (m: Making, old: Slot): Promise<Slot | Advanced> => {
  try {
    const id = await m.make(!old.noTopic)
    return { id, made: old.made + 1, since: m.now(), ...(old.noTopic ? { noTopic: true } : {}) }
  } catch (error) {
    if (failureCode(error) === 'threads.topic' && m.mayDropTopic && !old.noTopic) return { ...old, noTopic: true }
    if (failureCode(error) !== 'threads.media-not-found' || (old.misses ?? 0) >= mostMisses) throw error
    await m.keep({ ...old, misses: (old.misses ?? 0) + 1 })
    return { waitMs: missWaitMs, reason: 'Threads does not find the post before this one yet' }
  }
}

/** Texts are ready in a second or two, videos take minutes. */
const pause = (ageMs: number) => (ageMs < 30_000 ? 3000 : ageMs < 180_000 ? 10_000 : 30_000)

const notFetched = 'FAILED_DOWNLOADING_VIDEO'
/** Words of `error_message`; a spelling mistake among them is Meta's own. */
const reasons: Record<string, string> = {
  [notFetched]:
    'Threads could not fetch the video from this Clarion. Its public address must be reachable from the internet over https, without a login.',
  FAILED_PROCESSING_AUDIO: 'Threads could not read the sound of the video. Export it with AAC, 48 kHz, mono or stereo.',
  FAILED_PROCESSING_VIDEO:
    'Threads could not process the video. Export it as MP4 with H.264 and AAC, at most 1920 wide.',
  INVALID_ASPEC_RATIO: 'Threads does not take a video of this shape.',
  INVALID_ASPECT_RATIO: 'Threads does not take a video of this shape.',
  INVALID_BIT_RATE: 'The video has more than 100 Mbit a second. Export it with less.',
  // Also said of a video whose length Threads cannot tell.
  INVALID_DURATION:
    'Threads does not take the length of the video: it must be more than 0 s and at most 5 minutes, and the file must tell it. Export it again as a plain MP4.',
  INVALID_FRAME_RATE: 'Threads takes 23 to 60 frames a second.',
  INVALID_AUDIO_CHANNELS: 'The sound of the video must be mono or stereo.',
  INVALID_AUDIO_CHANNEL_LAYOUT: 'The sound of the video must be mono or stereo.',
}
/** Seen to pass with a new container. */
const worthAnother = [notFetched, 'UNKNOWN', '']

/** Nothing is out, and our address may have been down for a moment: tried again with a new container, as long as the engine has patience. */
const unreachable = async (m: Making, fresh: Slot): Promise<never> => {
  await m.keep(fresh)
  throw new PlatformFailure({ kind: 'try-later', code: 'threads.fetch', message: reasons[notFetched]! })
}

const broken = (word: string): never => {
  const message =
    reasons[word] ??
    (word === 'EXPIRED'
      ? 'Threads forgot the prepared post again and again. Publish it again.'
      : `Threads could not process the post (${word || 'it gave no reason'}). Export its files anew: JPEG, PNG, or MP4 with H.264 and AAC.`)
  throw new PlatformFailure({ kind: 'refused-media', code: 'threads.processing', message })
}

const look = async (m: Making, slot: Slot): Promise<Slot | Advanced> => {
  const id = slot.id!
  const ready: Advanced = { ready: id, ...(slot.noTopic ? { noTopic: true } : {}) }
  const age = m.now() - slot.since
  let seen: { status: string; error_message?: string }
  try {
    seen = await readContainer(m.c, id)
  } catch (error) {
    if (!notShown(error)) throw error
    const blind = (slot.blind ?? 0) + 1
    await m.keep({ ...slot, blind })
    return blind >= mostBlind ? ready : { waitMs: pause(age), reason: 'Threads does not show the post yet' }
  }
  const fresh: Slot = { ...slot, id: null, blind: 0 }
  switch (seen.status) {
    case 'FINISHED':
    case 'PUBLISHED':
      return ready
    case 'EXPIRED':
      return slot.made < mostMade ? fresh : broken('EXPIRED')
    case 'ERROR': {
      const word = seen.error_message ?? ''
      if (slot.made < 2 && worthAnother.includes(word)) return fresh
      return word === notFetched ? unreachable(m, fresh) : broken(word)
    }
    default:
      return { waitMs: pause(age), reason: 'Threads is preparing the post' }
  }
}

/** Takes the container on until it is ready or must be waited for. */
export const advance = async (m: Making): Promise<Advanced> => {
  let slot = m.slot ?? { id: null, made: 0, since: m.now() }
  // Each turn makes or reads; `mostMade` bounds them.
  for (;;) {
    const next = slot.id === null ? await create(m, slot) : await look(m, slot)
    if ('ready' in next || 'waitMs' in next) return next
    slot = next
    await m.keep(slot)
  }
}
