/**
 * Reads one multipart file with the few fields that go with it. The file is handed on as a stream: what is large goes to
 * the disk as it comes (`planner/media/intake.ts`), so only pictures count as memory.
 */
import type { FastifyRequest } from 'fastify'
import { mediaLimits } from '#contract/media.ts'
import { Problem } from '#contract/problems.ts'
import type { Media, Received } from '#planner/media/service.ts'
import { cleanText, decodeText } from './body.ts'

export type Receive = Media['receive']
/** `received` is thrown away when the answer is out, unless somebody kept it (`media.keep`). */
export type Upload = { received: Received; name: string; fields: Record<string, string> }

/** Limits of a multipart body; the parser stops reading where they end. */
export const uploadLimits = {
  fileSize: Math.max(mediaLimits.imageBytes, mediaLimits.videoBytes, mediaLimits.documentBytes) + 1,
  files: 1,
  fields: 5,
  fieldSize: 20_000,
  parts: 6,
  headerPairs: 50,
} as const
/** What a multipart body has besides the file, at most (bytes). */
const around = 120_000
/** ms without a byte after which an upload counts as dead. */
const silentMs = 60_000

/** Pictures rest in memory until they are stored: what all uploads together may take in this process (bytes). */
export const inFlightLimit = 10 * mediaLimits.imageBytes
/** What a file that goes to the disk holds on its way (bytes). */
const streamRoom = 1_000_000
let inFlight = 0

type Held = { room: number; over: boolean; received: Received | null }
const held = new WeakMap<FastifyRequest, Held>()
const holding = (request: FastifyRequest): Held => {
  const found = held.get(request) ?? { room: 0, over: false, received: null }
  held.set(request, found)
  return found
}

/** Keeps room for the request's file until its answer is out (`releaseUpload`). Raises `rate-limited`. */
const reserve = (request: FastifyRequest, kind: 'image' | 'stream'): void => {
  const said = Number(request.headers['content-length'])
  const most = kind === 'image' ? mediaLimits.imageBytes : streamRoom
  const room = said > 0 ? Math.min(said, most) : most
  const mine = holding(request)
  if (mine.over) throw cutOff()
  if (inFlight + room > inFlightLimit)
    throw new Problem('rate-limited', 'Too many uploads at once. Try again in a few seconds.')
  inFlight += room
  mine.room += room
}
/** Gives the room back and throws away what nobody kept; for every request of an upload route, however it ended. */
export const releaseUpload = (request: FastifyRequest): void => {
  const mine = holding(request)
  mine.over = true
  inFlight -= mine.room
  mine.room = 0
  const { received } = mine
  mine.received = null
  // A file that cannot be removed is litter; the sweep of `incoming/` comes for it.
  void received?.discard().catch((err: unknown) => request.log.warn({ err }, 'an upload nobody kept stays for a while'))
}

const cutOff = () => new Problem('validation', 'The upload was cut off before its end.')

/**
 * A refused sender is still sending. A little is read and dropped, so that the answer arrives where clients send before
 * they listen; whoever goes on for long is hung up on.
 */
const drain = (request: FastifyRequest): void => {
  const { raw } = request
  let left = 64_000_000
  raw.unpipe()
  raw.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) raw.destroy()
  })
  raw.on('error', () => undefined)
  raw.resume()
}

/** The pieces of a file, with an end put to silence. */
async function* lively(request: FastifyRequest, file: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const timer = setTimeout(() => request.raw.destroy(), silentMs)
  try {
    for await (const chunk of file) {
      timer.refresh()
      yield chunk
      timer.refresh()
    }
  } finally {
    clearTimeout(timer)
  }
}

const parse = async (request: FastifyRequest, receive: Receive): Promise<Upload> => {
  let file: Omit<Upload, 'fields'> | undefined
  const fields: Record<string, string> = {}
  const said = Number(request.headers['content-length'])
  for await (const part of request.parts({ limits: uploadLimits })) {
    if (part.type === 'file') {
      if (part.fieldname !== 'file')
        throw new Problem('validation', 'The file goes in the field `file`.', {
          errors: [{ path: part.fieldname, message: 'is not known' }],
        })
      const received = await receive({
        source: lively(request, part.file),
        declared: part.mimetype,
        ...(said > around ? { expected: said - around } : {}),
        admit: (kind) => reserve(request, kind),
      })
      const mine = holding(request)
      if (mine.over) {
        await received.discard()
        throw cutOff()
      }
      mine.received = received
      file = { received, name: part.filename || 'file' }
    } else {
      if (part.valueTruncated) throw new Problem('too-large', `The field ${part.fieldname} is too long.`)
      fields[part.fieldname] = typeof part.value === 'string' ? part.value : decodeText(Buffer.from(String(part.value)))
    }
  }
  if (!file)
    throw new Problem('validation', 'There is no file in the request.', {
      errors: [{ path: 'file', message: 'is missing' }],
    })
  if (!cleanText(fields) || !cleanText(file.name)) throw new Problem('bad-encoding')
  return { ...file, fields }
}

/**
 * The request's file `file`. Raises `unsupported-media`, `too-large`, `no-space`, `validation`, `bad-encoding`,
 * `rate-limited`; nothing of the file stays then.
 */
export const readUpload = async (request: FastifyRequest, receive: Receive): Promise<Upload> => {
  if (!request.isMultipart()) throw new Problem('unsupported-media', 'Send multipart/form-data with a field `file`.')
  try {
    return await parse(request, receive)
  } catch (error) {
    // The sender went away: whatever that looked like to the parser.
    if (request.raw.destroyed && !request.raw.readableEnded && !(error instanceof Problem)) throw cutOff()
    drain(request)
    throw error
  }
}
