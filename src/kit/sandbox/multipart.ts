/**
 * A small reader of multipart bodies (RFC 2046, 7578) already in memory. The project's HTTP server uses a streaming
 * parser; an imitation judges whole requests, so forty lines serve and a broken body is refused, not guessed at.
 */

export type Part = { name: string; filename?: string; mime: string; bytes: Buffer }

type RawPart = { head: string; mime: string | undefined; bytes: Buffer }

const rawParts = (kind: RegExp, contentType: string, body: Buffer): RawPart[] | null => {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  if (!kind.test(contentType) || !boundary) return null
  const mark = Buffer.from(`--${boundary[1] ?? boundary[2]}`)
  const parts: RawPart[] = []
  let at = body.indexOf(mark)
  while (at >= 0) {
    let start = at + mark.length
    if (body.subarray(start, start + 2).toString() === '--') return parts
    if (body.subarray(start, start + 2).toString() !== '\r\n') return null
    start += 2
    const end = body.indexOf(Buffer.concat([Buffer.from('\r\n'), mark]), start - 2)
    const gap = body.indexOf('\r\n\r\n', start)
    if (end < 0 || gap < 0 || gap > end) return null
    const head = body.subarray(start, gap).toString('utf8')
    const mime = /content-type:\s*([^\r\n;]+)/i.exec(head)?.[1]?.trim()
    parts.push({ head, mime, bytes: body.subarray(gap + 4, end) })
    at = end + 2
  }
  return null
}

/** Of the content disposition; quoted or, as some clients write it, bare. */
const parameter = (head: string, name: string): string | undefined => {
  const line = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? ''
  const found = new RegExp(`[;\\s]${name}=(?:"([^"]*)"|([^;\\s]+))`, 'i').exec(line)
  return found?.[1] ?? found?.[2]
}

/** The parts of a form in order, or null when the body is not well-formed multipart with the boundary its type names. */
export const readMultipart = (contentType: string, body: Buffer): Part[] | null => {
  const raw = rawParts(/^multipart\/form-data/i, contentType, body)
  if (!raw) return null
  const parts: Part[] = []
  for (const { head, mime, bytes } of raw) {
    const name = parameter(head, 'name')
    if (name === undefined) return null
    const filename = parameter(head, 'filename')
    parts.push({ name, mime: mime ?? 'text/plain', bytes, ...(filename === undefined ? {} : { filename }) })
  }
  return parts
}

/** The parts of a `multipart/related` body (RFC 2387): Google's uploads in one request. Null as above. */
export const readRelated = (contentType: string, body: Buffer): { mime: string; bytes: Buffer }[] | null =>
  rawParts(/^multipart\/related/i, contentType, body)?.map((p) => ({
    mime: (p.mime ?? 'application/octet-stream').toLowerCase(),
    bytes: p.bytes,
  })) ?? null
