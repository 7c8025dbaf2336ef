/**
 * A container on its way: made -> (bytes sent) -> IN_PROGRESS -> FINISHED, or ERROR, or EXPIRED after 24 hours (fact sheet
 * §3.1). `advance` takes it one step on and says what to wait for; where it stands is kept in a slot, so that a
 * repetition goes on from there. Containers nobody publishes vanish, so making one again harms nobody.
 *
 * Videos are pulled by Instagram like pictures: that is documented for both logins, needs no state of ours, and pictures
 * need our public address anyway. When Instagram cannot fetch a video, its bytes are sent by rupload, with Facebook Login
 * only, where that is documented (§3.6).
 */
import type { StepMedia } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { ruploadBytes } from '../families/meta/rupload.ts'
import { type Access, bytesUploaded, type Made, readContainer } from './api.ts'

export type Slot = {
  id: string | null
  /** Containers made so far for this item. */
  made: number
  /** Epoch ms of the last one. */
  since: number
  /** Reads of the fresh container that were answered "no such object": a known fault of Meta's reads. */
  blind?: number
  /** rupload session; `sent`: all bytes are there. */
  uri?: string
  started?: boolean
  sent?: boolean
  /** Pulling failed: this one goes by bytes. */
  bytes?: boolean
}

export type Advanced = { ready: string } | { waitMs: number; reason: string }

export type Making = {
  c: Access
  now: () => number
  slot: Slot | undefined
  keep: (slot: Slot) => Promise<void>
  /** `POST /media`. */
  make: (bytes: boolean) => Promise<Made>
  /** The file of the item; absent for the parent of a carousel. */
  file?: StepMedia
}

/** New containers for one item before it is given up. */
const mostMade = 3
/** After this many unreadable reads the container is taken to be ready; publishing too early is answered harmlessly. */
const mostBlind = 6
/** Codes in the text of a failed container that mean "not fetched". */
const notFetched = /2207003|2207052|2207077/
/** Seen to pass with a new container. */
const worthAnother = /2207001|2207032|2207053|2207082/

export const failureCode = (error: unknown): string | undefined =>
  error instanceof PlatformFailure ? error.failure.code : undefined

const mayFallBack = (m: Making) => m.c.way === 'facebook-login' && m.file?.kind === 'video'

/** A new container; a video Instagram cannot fetch goes by bytes where that is possible, anything else is tried twice. */
const create = async (m: Making, old: Slot): Promise<Slot | Advanced> => {
  try {
    const { id, uri } = await m.make(old.bytes === true)
    const bytes = old.bytes ? { bytes: true, ...(uri ? { uri } : {}) } : {}
    return { id, made: old.made + 1, since: m.now(), ...bytes }
  } catch (error) {
    if (failureCode(error) !== 'instagram.fetch' || old.made + 1 >= mostMade) throw error
    if (mayFallBack(m) && !old.bytes) return { ...old, id: null, made: old.made + 1, bytes: true }
    if (old.made > 0) throw error
    await m.keep({ ...old, id: null, made: old.made + 1 })
    return { waitMs: 10_000, reason: 'Instagram could not fetch the file; it is asked once more' }
  }
}

/** Sends the bytes from where Instagram says it has them. */
const send = async (m: Making, slot: Slot): Promise<Slot> => {
  const file = await m.file!.blob()
  const offset = slot.started ? await bytesUploaded(m.c, slot.id!) : 0
  if (!slot.started) await m.keep({ ...slot, started: true })
  const url = slot.uri ?? `https://rupload.facebook.com/ig-api-upload/v25.0/${slot.id}`
  if (offset < file.size) await ruploadBytes({ http: m.c.http, access: m.c.access, url }, file, offset)
  return { ...slot, started: true, sent: true }
}

/** Pictures are ready at once, videos take minutes. */
const pause = (ageMs: number) => (ageMs < 30_000 ? 3000 : ageMs < 180_000 ? 10_000 : 30_000)

const unreachable =
  'Instagram could not fetch the video from this Clarion. Its public address must be reachable from the internet over https, without a login.'
const reasons: readonly [RegExp, string][] = [
  [
    /2207026/,
    'Instagram does not take this video. Check its length, size and shape, or export it as MP4 with H.264 and AAC.',
  ],
  [/2207057/, 'The moment chosen for the cover is after the end of the reel. Choose an earlier one.'],
  [/^Expired/, 'Instagram forgot the prepared post again and again. Publish it again.'],
]

const broken = (status: string | undefined): never => {
  const text = status?.replace(/^Error:\s*/i, '') ?? ''
  const message =
    reasons.find(([pattern]) => pattern.test(text))?.[1] ??
    `Instagram could not process the file (${text || 'it gave no reason'}). Export it anew: JPEG, or MP4 with H.264 and AAC.`
  throw new PlatformFailure({ kind: 'refused-media', code: 'instagram.processing', message })
}

/** Nothing is out, and our address may have been down for a moment: tried again with a new container, as long as the engine has patience. */
const unfetched = async (m: Making, fresh: Slot): Promise<never> => {
  await m.keep(fresh)
  throw new PlatformFailure({ kind: 'try-later', code: 'instagram.fetch', message: unreachable })
}

const look = async (m: Making, slot: Slot): Promise<Slot | Advanced> => {
  const id = slot.id!
  const age = m.now() - slot.since
  let seen: { status_code: string; status?: string }
  try {
    seen = await readContainer(m.c, id)
  } catch (error) {
    if (failureCode(error) !== 'instagram.object-missing') throw error
    const blind = (slot.blind ?? 0) + 1
    await m.keep({ ...slot, blind })
    return blind >= mostBlind ? { ready: id } : { waitMs: pause(age), reason: 'Instagram does not show the post yet' }
  }
  const fresh: Slot = { id: null, made: slot.made, since: slot.since, ...(slot.bytes ? { bytes: true } : {}) }
  switch (seen.status_code) {
    case 'FINISHED':
    case 'PUBLISHED':
      return { ready: id }
    case 'EXPIRED':
      return slot.made < mostMade ? fresh : broken('Expired')
    case 'ERROR': {
      const text = seen.status ?? ''
      const unread = notFetched.test(text)
      if (slot.made < mostMade && unread && mayFallBack(m) && !slot.bytes) return { ...fresh, bytes: true }
      if (slot.made < 2 && (unread || worthAnother.test(text))) return fresh
      return unread ? unfetched(m, fresh) : broken(text)
    }
    default:
      return { waitMs: pause(age), reason: 'Instagram is processing the file' }
  }
}

/** Takes the container on until it is ready or must be waited for. */
export const advance = async (m: Making): Promise<Advanced> => {
  let slot = m.slot ?? { id: null, made: 0, since: m.now() }
  // Each turn makes, sends or reads; `mostMade` bounds them.
  for (;;) {
    const next =
      slot.id === null
        ? await create(m, slot)
        : slot.bytes && !slot.sent
          ? await send({ ...m, slot }, slot)
          : await look(m, slot)
    if ('ready' in next || 'waitMs' in next) return next
    slot = next
    await m.keep(slot)
  }
}
