/** Sends a stored file: HEAD, one range, validators. Nothing but what is on its way to the socket is in memory. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { rangeOf } from '#planner/media/rules.ts'
import type { StoredFile } from '#planner/media/service.ts'
import { uploadPolicy } from './security.ts'

/** RFC 6266: the name as it is for those who read UTF-8, and a plain one for the others. */
const disposition = (kind: 'inline' | 'attachment', name: string): string => {
  const plain = name.replace(/[^\x20-\x7e]|["\\]/g, '_')
  const coded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${kind}; filename="${plain}"; filename*=UTF-8''${coded}`
}

const listed = (header: string | undefined, etag: string): boolean =>
  header?.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag) ?? false

/**
 * Answers with the file: 200, 206, 304 or 416. What people uploaded leaves with its true type, never as a page that runs;
 * a PDF is saved rather than opened, as its viewer does not work under that policy.
 */
export const sendFile = async (
  request: FastifyRequest,
  reply: FastifyReply,
  file: StoredFile,
  cache: string,
): Promise<FastifyReply> => {
  const document = file.mime === 'application/pdf'
  reply
    .header('etag', file.etag)
    .header('accept-ranges', 'bytes')
    .header('cache-control', cache)
    .header('x-content-type-options', 'nosniff')
    .header('content-disposition', disposition(document ? 'attachment' : 'inline', file.name))
    .header('content-security-policy', uploadPolicy)
  if (listed(request.headers['if-none-match'], file.etag)) return reply.code(304).send()
  reply.type(file.mime)
  const { range, 'if-range': ifRange } = request.headers
  // A part of another version would be glued to this one; dates are not compared, so they never match.
  const wanted = ifRange === undefined || ifRange === file.etag ? rangeOf(range, file.bytes) : { all: true as const }
  if ('none' in wanted) {
    reply.code(416).header('content-range', `bytes */${file.bytes}`).removeHeader('content-type')
    return reply.send()
  }
  const part = 'from' in wanted ? wanted : undefined
  const length = part ? part.to - part.from + 1 : file.bytes
  if (part) reply.code(206).header('content-range', `bytes ${part.from}-${part.to}/${file.bytes}`)
  reply.header('content-length', length)
  if (request.method === 'HEAD' || length === 0) return reply.send()
  return reply.send(await file.open(part))
}
