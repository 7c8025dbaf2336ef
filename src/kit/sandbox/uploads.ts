/**
 * A file that comes in pieces, as imitations keep it: pieces are blobs of their own, so that a gigabyte never lies in the
 * state. Plain JSON. Which piece may come next, and what a wrong one is answered, is each network's own business.
 */
import type { World } from './imitation.ts'
import { type Sniffed, sniff } from './sniff.ts'

export type PieceUpload = {
  mime: string /** Announced bytes; null: unknown. */
  size: number | null
  received: number
  pieces: string[]
}

export const openUpload = (mime: string, size: number | null): PieceUpload => ({ mime, size, received: 0, pieces: [] })

/** Puts a piece at the end; gives the bytes received so far. */
export const addPiece = (world: World<unknown>, upload: PieceUpload, bytes: Buffer): number => {
  upload.pieces.push(world.blobs.put(bytes, 'application/octet-stream'))
  upload.received += bytes.length
  world.changed()
  return upload.received
}

/** Above this the pieces are not put together: the feed then shows no picture of it (bytes). */
const wholeUpTo = 48 * 1024 * 1024

export type Assembled = {
  /** Blob key of the whole, or of the first piece when it is too big. */ key: string
  bytes: number
  sniffed: Sniffed
}

/** Puts the pieces together and says what the file is. */
export const assemble = (world: World<unknown>, upload: PieceUpload): Assembled => {
  const piece = (key: string | undefined) => (key && world.blobs.get(key)?.bytes) || Buffer.alloc(0)
  const whole = upload.received <= wholeUpTo ? Buffer.concat(upload.pieces.map(piece)) : piece(upload.pieces[0])
  const sniffed = sniff(whole)
  return { key: world.blobs.put(whole, sniffed.mime), bytes: upload.received, sniffed }
}

/** The body of an answer somebody else's server gave, at most `max` bytes of it; null when it is longer or breaks off. */
export const bodyUpTo = async (res: Response, max: number): Promise<Buffer | null> => {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of res.body ?? []) {
      size += part.length
      if (size > max) return null
      parts.push(part)
    }
  } catch {
    return null
  }
  return Buffer.concat(parts)
}

/** A file a network pulled from an address we gave, or why it could not (in our words; each network has its own). */
export type Pulled =
  | Assembled
  | { problem: 'unreachable' | 'redirected' | 'not-found' | 'too-big' | 'empty'; status?: number }

/** A network waits this long for a file (ms). */
const patienceMs = 15_000

/**
 * Fetches the address as pulling networks do: no redirects, no cookies, at most `maxBytes`. By the network's own clock too: one
 * that runs faster than the wall would otherwise be patient for minutes, and act on a call long after it was given up.
 */
export const pull = async (world: World<unknown>, url: string, maxBytes: number): Promise<Pulled> => {
  const began = world.now()
  const pulled = await fetchFile(world, url, maxBytes)
  return 'problem' in pulled || world.now() - began <= patienceMs ? pulled : { problem: 'unreachable' }
}

const fetchFile = async (world: World<unknown>, url: string, maxBytes: number): Promise<Pulled> => {
  let res: Response
  try {
    res = await world.fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(patienceMs) })
  } catch {
    return { problem: 'unreachable' }
  }
  if (res.status >= 300 && res.status < 400) return { problem: 'redirected', status: res.status }
  if (!res.ok) return { problem: 'not-found', status: res.status }
  const upload = openUpload(res.headers.get('content-type') ?? 'application/octet-stream', null)
  let held: Buffer[] = []
  let size = 0
  const put = () => {
    if (size > 0) addPiece(world, upload, Buffer.concat(held))
    held = []
    size = 0
  }
  for await (const part of res.body ?? []) {
    held.push(Buffer.from(part))
    size += part.length
    if (upload.received + size > maxBytes) {
      await res.body?.cancel().catch(() => undefined)
      return { problem: 'too-big' }
    }
    if (size >= 8 * 1024 * 1024) put()
  }
  put()
  return upload.received === 0 ? { problem: 'empty' } : assemble(world, upload)
}
