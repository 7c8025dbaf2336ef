/** How a video is cut for upload (fact sheet §3.4). Pure. */

export type ChunkPlan = { size: number; chunk: number; count: number }

/** Up to this a video goes as one chunk. TikTok takes 64 MB; smaller ones lose less when a connection breaks (bytes). */
const singleUpTo = 20_000_000
/** At least 5 MB, at most 64 MB, at most 1,000 of them: 4 GB make 400. */
const chunkBytes = 10_000_000

/** TikTok's floor rule: `count = floor(size / chunk)`, and the last chunk carries the rest, so it is the longest. */
export const planOf = (size: number, chunk = size <= singleUpTo ? size : chunkBytes): ChunkPlan => ({
  size,
  chunk,
  count: Math.max(1, Math.floor(size / chunk)),
})

/** First byte, and the byte after the last, of chunk `n` (from 0). */
export const bounds = (p: ChunkPlan, n: number): { from: number; to: number } => ({
  from: n * p.chunk,
  to: n === p.count - 1 ? p.size : (n + 1) * p.chunk,
})

/** `Content-Range` of a chunk; its end is inclusive. */
export const contentRange = (p: ChunkPlan, n: number): string => {
  const { from, to } = bounds(p, n)
  return `bytes ${from}-${to - 1}/${p.size}`
}

/**
 * Chunks TikTok has, from the count of bytes it names; null: a count no chunk ends at, so the upload must begin anew.
 * A 416 names `bytes 0-{UPLOADED}/{TOTAL}` without saying whether UPLOADED is a count or the last byte: both are read.
 */
export const chunksDone = (p: ChunkPlan, uploaded: number): number | null => {
  if (uploaded <= 0) return 0
  for (const bytes of [uploaded, uploaded + 1]) {
    if (bytes >= p.size) return p.count
    if (bytes % p.chunk === 0 && bytes / p.chunk < p.count) return bytes / p.chunk
  }
  return null
}
