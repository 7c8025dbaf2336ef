/** Sending a video in chunks to the address TikTok gave (fact sheet §3.4). Nothing is published before the last chunk. */
import type { Http } from '#kit/client/http.ts'
import type { StepMedia } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { type Access, type InitKind, init, putChunk } from './api.ts'
import { type Body, fileSource } from './body.ts'
import { bounds, type ChunkPlan, chunksDone, contentRange, planOf } from './chunks.ts'

/** An upload under way, kept in the journal. `sent`: chunks TikTok has taken. `at`: epoch ms of its beginning. */
export type Session = ChunkPlan & { publishId: string; uploadUrl: string; sent: number; at: number }

/** The upload address lives one hour; a new one is asked a little earlier (ms). */
const sessionMs = 55 * 60_000
export const expired = (s: Session, now: number): boolean => now - s.at > sessionMs

/** Begins a task. A lost answer harms nobody: without the file nothing happens (§4). */
export const openSession = async (
  c: Access,
  o: { kind: InitKind; body: Body; media: StepMedia; now: number },
): Promise<Session> => {
  const plan = planOf(o.media.bytes)
  const { publishId, uploadUrl } = await init(c, o.kind, { ...o.body, source_info: fileSource(plan) })
  if (!uploadUrl)
    throw new PlatformFailure({
      kind: 'unknown-outcome',
      code: 'tiktok.no-upload-url',
      message: 'TikTok gave no address to upload the video to.',
    })
  return { ...plan, publishId, uploadUrl, sent: 0, at: o.now }
}

/** taken: TikTok has this many chunks now. over: the session is dead or does not know its own chunks. */
export type Sent = { taken: number } | { over: string }

/** Sends chunk `s.sent` once. */
export const sendChunk = async (http: Http, s: Session, media: StepMedia): Promise<Sent> => {
  const n = s.sent
  const { from, to } = bounds(s, n)
  const bytes = (await media.blob()).slice(from, to)
  const answer = await putChunk(http, s.uploadUrl, bytes, { mime: media.mime, range: contentRange(s, n) })
  if (answer.status < 300) return { taken: n + 1 }
  if (answer.status !== 416) return { over: `TikTok answered ${answer.status}` }
  const uploaded = /^bytes \d+-(\d+)\//.exec(answer.range ?? '')?.[1]
  const taken = uploaded === undefined ? null : chunksDone(s, Number(uploaded))
  return taken === null ? { over: 'TikTok has an unknown part of it' } : { taken }
}

/** The upload must begin anew; nothing of it is on the network. */
export const startOver = (why: string): PlatformFailure =>
  new PlatformFailure({
    kind: 'try-later',
    code: 'tiktok.upload-over',
    message: `The upload could not go on (${why}). Clarion begins it anew; nothing was posted.`,
  })
