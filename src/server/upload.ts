/**
 * Reads one multipart file with the few fields that go with it. The file is handed on as a stream and goes to the disk as it
 * comes (`planner/media/intake.ts`).
 */
import type { FastifyRequest } from 'fastify'
import { mediaLimits } from '#contract/media.ts'
import { Problem } from '#contract/problems.ts'
import type { Media, Received } from '#planner/media/service.ts'
import { cleanText, decodeText } from './body.ts'
import { takeYourTime } from './patience.ts'
import { foreseen } from './problems.ts'

export type Receive = Media['receive']
/** `received` is thrown away when the answer is out, unless somebody kept it (`media.keep`). */
export type Upload = { received: Received; name: string; fields: Record<string, string> }

/** Limits of a multipart body; the parser stops reading where they end. */
export const uploadLimits = {
  fileSize: Math.max(mediaLimits.imageBytes, mediaLimits.mostVideoBytes, mediaLimits.documentBytes) + 1,
  files: 1,
  fields: 5,
  fieldSize: 20_000,
  parts: 6,
  headerPairs: 50,
} as const
/** What a multipart body has besides the file, at most (bytes). */
const around = 120_000
/** ms a refused sender may go on sending. */
const drainMs = 60_000

type Receiving = { over: boolean; received: Received | null }
const held = new WeakMap<FastifyRequest, Receiving>()
const holding = (request: FastifyRequest): Receiving => {
  const found = held.get(request) ?? { over: false, received: null }
  held.set(request, found)
  return found
}

/** Throws away what nobody kept; for every request of an upload route, however it ended. */
export const releaseUpload = (request: FastifyRequest): void => {
  const mine = holding(request)
  mine.over = true
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
  const timer = setTimeout(() => raw.destroy(), drainMs).unref()
  raw.once('close', () => clearTimeout(timer))
  raw.unpipe()
  raw.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) raw.destroy()
  })
  raw.on('error', () => undefined)
  raw.resume()
}

/** The parser's own words about what was sent are no fault of ours. */
const broken = (error: unknown) =>
  foreseen(error) ?? new Problem('validation', `The multipart body is broken: ${(error as Error).message}`)

type Part = Awaited<ReturnType<ReturnType<FastifyRequest['parts']>['next']>>['value']
/** The parts of the body; what breaks the reading of them is told as `validation`. */
const partsOf = async function* (request: FastifyRequest): AsyncGenerator<NonNullable<Part>> {
  const parts = request.parts({ limits: uploadLimits })
  for (;;) {
    const next = await parts.next().catch((error: unknown) => {
      throw broken(error)
    })
    if (next.done) return
    yield next.value
  }
}

/** The bytes of a file part; its end that never came is told the same way. */
const bytesOf = async function* (file: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* file
  } catch (error) {
    throw broken(error)
  }
}

const parse = async (request: FastifyRequest, receive: Receive, known: readonly string[]): Promise<Upload> => {
  const refuse = (field: string, message: string) =>
    new Problem('validation', undefined, { errors: [{ path: field, message }] })
  let file: Omit<Upload, 'fields'> | undefined
  const fields: Record<string, string> = {}
  const said = Number(request.headers['content-length'])
  for await (const part of partsOf(request)) {
    if (part.type === 'file') {
      if (part.fieldname !== 'file') throw refuse(part.fieldname, 'holds a file; the file goes in the field `file`')
      const received = await receive({
        source: bytesOf(part.file),
        declared: part.mimetype,
        ...(said > around ? { expected: said - around } : {}),
      })
      const mine = holding(request)
      if (mine.over) {
        await received.discard()
        throw cutOff()
      }
      mine.received = received
      file = { received, name: part.filename || 'file' }
    } else {
      if (part.fieldname === 'file') throw refuse('file', 'is text; send it as a file, with a file name')
      if (!known.includes(part.fieldname))
        throw refuse(part.fieldname, `is not known here; known: ${['file', ...known].join(', ')}`)
      if (part.fieldname in fields) throw refuse(part.fieldname, 'is given twice')
      if (part.valueTruncated) throw new Problem('too-large', `The field ${part.fieldname} is too long.`)
      fields[part.fieldname] = typeof part.value === 'string' ? part.value : decodeText(Buffer.from(String(part.value)))
    }
  }
  if (!file) throw refuse('file', 'is missing')
  if (!cleanText(fields) || !cleanText(file.name)) throw new Problem('bad-encoding')
  return { ...file, fields }
}

/**
 * The request's file `file`, with fields of `known` beside it. Raises `unsupported-media`, `too-large`, `no-space`, `validation`, `bad-encoding`,
 * `rate-limited`; nothing of the file stays then.
 */
export const readUpload = async (
  request: FastifyRequest,
  receive: Receive,
  known: readonly string[],
): Promise<Upload> => {
  if (!request.isMultipart()) throw new Problem('unsupported-media', 'Send multipart/form-data with a field `file`.')
  takeYourTime(request.raw)
  try {
    return await parse(request, receive, known)
  } catch (error) {
    // The sender went away: whatever that looked like to the parser.
    if (request.raw.destroyed && !request.raw.readableEnded && !(error instanceof Problem)) throw cutOff()
    drain(request)
    throw error
  }
}
