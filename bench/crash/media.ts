/** Media of the matrix: put in like an upload, and served under signed addresses to the networks that pull. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Media } from '#planner/media/service.ts'

export type MediaFile = { bytes: Buffer; mime: string; name: string; alt: string }

export const uploadMedia = async (media: Media, o: MediaFile & { ws: string; userId: string }): Promise<string> => {
  const source = (async function* () {
    yield o.bytes
  })()
  const received = await media.receive({ source, declared: o.mime, expected: o.bytes.length })
  return (await media.keep(received, { ws: o.ws, userId: o.userId }, { name: o.name, alt: o.alt })).id
}

/** `GET /media/:id/:profile?exp&sig`, as the server's own door answers it; no ranges, as no imitation asks for one. */
export const serveMedia = async (media: Media, req: IncomingMessage, res: ServerResponse): Promise<void> => {
  try {
    const url = new URL(req.url ?? '/', 'http://lane')
    const [, , mediaId = '', profile = ''] = url.pathname.split('/')
    const file = await media.openSigned({
      mediaId,
      profile,
      exp: url.searchParams.get('exp') ?? '',
      sig: url.searchParams.get('sig') ?? '',
    })
    res.writeHead(200, { 'content-type': file.mime, 'content-length': file.bytes })
    if (req.method === 'HEAD') res.end()
    else await pipeline(await file.open(), res)
  } catch {
    if (!res.headersSent) res.writeHead(404)
    res.end()
  }
}
