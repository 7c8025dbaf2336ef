/**
 * The resumable upload (fact sheet §3.2). A session takes bytes in order; nothing exists on the channel before its last
 * byte, and asked for its state after that it answers with the finished video. So the session is the key that makes a
 * create happen once.
 */

import { z } from 'zod'
import type { Json } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { type Access, auth, uploadBase } from './api.ts'

/** A multiple of 256 KiB, as every piece but the last must be (bytes). Small, so that memory stays flat and a break costs little. */
export const pieceBytes = 16 * 256 * 1024

const pieceTimeoutMs = 300_000

/** Opens a session and gives its address, which is a secret of its own. Metadata, quota and upload limits are refused here. */
export const openSession = async (
  c: Access,
  o: { body: Json; part: string; bytes: number; mime: string; notifySubscribers: boolean },
): Promise<string> => {
  const reply = await c.http({
    method: 'POST',
    url: `${uploadBase}/videos`,
    query: { uploadType: 'resumable', part: o.part, notifySubscribers: o.notifySubscribers },
    headers: {
      ...auth(c),
      'content-type': 'application/json; charset=UTF-8',
      'x-upload-content-length': String(o.bytes),
      'x-upload-content-type': o.mime,
    },
    json: o.body,
    charge: { bucket: 'uploads', units: 1 },
  })
  const { location } = reply.headers
  if (location) return location
  throw unreadable(reply.status, 'it opened an upload without saying where')
}

/** What the session says: bytes it has, the finished video, or that there is no such session (any more). */
export type SessionState = { next: number } | { video: { id: string } } | 'gone'

/** Only the id is wanted: anything odd beside it must not turn a finished video into a doubt. */
const finished = z.object({ id: z.string().min(1) })

const readState = (reply: { status: number; headers: Record<string, string>; body: unknown }): SessionState => {
  if (reply.status === 404 || reply.status === 410) return 'gone'
  if (reply.status === 308) {
    // No Range: nothing is stored. It may also end before what was sent.
    const range = /^bytes=0-(\d+)$/.exec(reply.headers.range ?? '')
    return { next: range ? Number(range[1]) + 1 : 0 }
  }
  const parsed = finished.safeParse(reply.body)
  if (parsed.success) return { video: parsed.data }
  throw unreadable(reply.status, 'the upload ended without a video Clarion can read')
}

const accept = [308, 404, 410]

/** Sends the bytes `from` up to `to` (exclusive) of `total`. */
export const sendPiece = async (
  c: Access,
  session: string,
  o: { file: Blob; from: number; to: number; total: number; mime: string },
): Promise<SessionState> =>
  readState(
    await c.http({
      method: 'PUT',
      url: session,
      headers: { ...auth(c), 'content-type': o.mime, 'content-range': `bytes ${o.from}-${o.to - 1}/${o.total}` },
      bytes: o.file.slice(o.from, o.to, o.mime),
      timeoutMs: pieceTimeoutMs,
      accept,
    }),
  )

/** Asks the session how far it is, without sending anything. */
export const sessionState = async (c: Access, session: string, total: number): Promise<SessionState> =>
  readState(
    await c.http({
      method: 'PUT',
      url: session,
      headers: { ...auth(c), 'content-range': `bytes */${total}` },
      accept,
    }),
  )

const unreadable = (status: number, what: string) =>
  new PlatformFailure({
    kind: 'unknown-outcome',
    code: 'youtube.unreadable',
    message: `YouTube said ${status}, but ${what}.`,
    status,
  })
