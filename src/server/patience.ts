/**
 * How long a sender may take. A request must have come in whole within a short time, whoever sends it and wherever it leads,
 * also after it was refused; only the one who reads uploads may lift that for a request, and then judges its pace himself.
 */
import type { IncomingMessage, RequestListener, ServerOptions, ServerResponse } from 'node:http'
import { problems } from '#contract/problems.ts'

/** ms an upload may take in all: 4 GB over a slow line. */
const uploadMs = 12 * 60 * 60_000
/** What Node itself ends: heads that dribble (ms), looked for this often, and uploads that never end. */
export const serverPatience: ServerOptions = {
  headersTimeout: 20_000,
  connectionsCheckingInterval: 5_000,
  requestTimeout: uploadMs,
}

const timers = new WeakMap<IncomingMessage, NodeJS.Timeout>()

const hangUp = (req: IncomingMessage, res: ServerResponse): void => {
  if (req.complete) return
  const { status, title, fix } = problems['too-slow']
  if (!res.headersSent)
    res
      .writeHead(status, { 'content-type': 'application/problem+json; charset=utf-8', connection: 'close' })
      .end(JSON.stringify({ type: '/docs/problems#too-slow', code: 'too-slow', title, status, fix }))
  // The answer gets a moment to leave; what is still sent is not read.
  const { socket } = req
  setTimeout(() => socket.destroy(), 100).unref()
}

/** A request listener that hangs up on whoever has not sent all of a request within `bodyMs`. */
export const patient =
  (listener: RequestListener, bodyMs: number): RequestListener =>
  (req, res) => {
    timers.set(req, setTimeout(() => hangUp(req, res), bodyMs).unref())
    req.once('close', () => clearTimeout(timers.get(req)))
    listener(req, res)
  }

/** `silentMs` without a byte, or fewer than `bytesPerSecond` on average after its first `silentMs`: it is hung up on. */
export type Pace = { silentMs: number; bytesPerSecond: number; lookMs: number }
const uploadPace: Pace = { silentMs: 60_000, bytesPerSecond: 4_000, lookMs: 5_000 }

/** Lifts the limit for this request, an upload, as long as it keeps a pace. */
export const takeYourTime = (req: IncomingMessage, { silentMs, bytesPerSecond, lookMs }: Pace = uploadPace): void => {
  clearTimeout(timers.get(req))
  const { socket } = req
  const begun = performance.now()
  const first = socket.bytesRead
  let last = { bytes: first, at: begun }
  const timer = setInterval(() => {
    if (req.complete) return clearInterval(timer)
    const now = performance.now()
    if (socket.bytesRead > last.bytes) last = { bytes: socket.bytesRead, at: now }
    const due = ((now - begun - silentMs) / 1000) * bytesPerSecond
    if (now - last.at > silentMs || last.bytes - first < due) req.destroy()
  }, lookMs).unref()
  req.once('close', () => clearInterval(timer))
}
