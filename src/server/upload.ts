/** Reads one multipart file under the size limit, with the few fields that go with it. */
import type { FastifyRequest } from 'fastify'
import { mediaLimits } from '#contract/media.ts'
import { Problem } from '#contract/problems.ts'
import { cleanText, decodeText } from './body.ts'

export type Upload = { bytes: Buffer; name: string; mime: string; fields: Record<string, string> }

/** Limits of a multipart body; the parser stops reading where they end. */
export const uploadLimits = {
  fileSize: mediaLimits.imageBytes,
  files: 1,
  fields: 5,
  fieldSize: 20_000,
  parts: 6,
  headerPairs: 50,
} as const
const tooLarge = () =>
  new Problem('too-large', `A picture may have at most ${mediaLimits.imageBytes.toLocaleString('en')} bytes.`)

/** Uploads rest in memory until they are stored: what all of them together may take in this process (bytes). */
export const inFlightLimit = 10 * mediaLimits.imageBytes
let inFlight = 0
const reserved = new WeakMap<FastifyRequest, number>()

/** Keeps room for the request's file until its answer is out (`releaseUpload`). Raises `rate-limited`. */
const reserve = (request: FastifyRequest): void => {
  const said = Number(request.headers['content-length'])
  const room = said > 0 ? Math.min(said, mediaLimits.imageBytes) : mediaLimits.imageBytes
  if (inFlight + room > inFlightLimit)
    throw new Problem('rate-limited', 'Too many uploads at once. Try again in a few seconds.')
  inFlight += room
  reserved.set(request, room)
}
/** Gives the room back; for every request of an upload route, however it ended. */
export const releaseUpload = (request: FastifyRequest): void => {
  inFlight -= reserved.get(request) ?? 0
  reserved.delete(request)
}

/** The request's file `file`. Raises `unsupported-media`, `too-large`, `validation`, `bad-encoding`, `rate-limited`. */
export const readUpload = async (request: FastifyRequest): Promise<Upload> => {
  if (!request.isMultipart()) throw new Problem('unsupported-media', 'Send multipart/form-data with a field `file`.')
  reserve(request)
  let file: Omit<Upload, 'fields'> | undefined
  const fields: Record<string, string> = {}
  for await (const part of request.parts({ limits: uploadLimits })) {
    if (part.type === 'file') {
      if (part.fieldname !== 'file')
        throw new Problem('validation', 'The file goes in the field `file`.', {
          errors: [{ path: part.fieldname, message: 'is not known' }],
        })
      const bytes = await part.toBuffer()
      if (part.file.truncated) throw tooLarge()
      file = { bytes, name: part.filename || 'file', mime: part.mimetype }
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
