/**
 * A small multipart/form-data reader (RFC 7578) over a body already in memory. The project's HTTP server uses a
 * streaming parser; an imitation judges whole requests, so forty lines serve and a broken body is refused, not guessed at.
 */

export type Part = { name: string; filename?: string; mime: string; bytes: Buffer }

/** The parts in order, or null when the body is not well-formed multipart with the boundary its type names. */
export const readMultipart = (contentType: string, body: Buffer): Part[] | null => {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  if (!/^multipart\/form-data/i.test(contentType) || !boundary) return null
  const mark = Buffer.from(`--${boundary[1] ?? boundary[2]}`)
  const parts: Part[] = []
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
    const name = /content-disposition:[^\r\n]*[;\s]name="([^"]*)"/i.exec(head)?.[1]
    if (name === undefined) return null
    const filename = /content-disposition:[^\r\n]*;\s*filename="([^"]*)"/i.exec(head)?.[1]
    const mime = /content-type:\s*([^\r\n;]+)/i.exec(head)?.[1]?.trim() ?? 'text/plain'
    parts.push({ name, mime, bytes: body.subarray(gap + 4, end), ...(filename === undefined ? {} : { filename }) })
    at = end + 2
  }
  return null
}
