/**
 * rupload.facebook.com: one request carries a whole file from an offset on (reels, stories, Instagram's resumable
 * containers; fact sheet facebook.md §3.5). A broken upload goes on where the network says it stopped.
 */
import { z } from 'zod'
import type { Http } from '#kit/client/http.ts'

export type Rupload = {
  http: Http
  access: string
  /** As the network handed it out. */
  url: string
}

const answer = z.looseObject({ success: z.boolean().optional(), message: z.string().optional() })

/** Sends the bytes from `offset` on. The body streams from its file. `timeoutMs`: default 30 minutes. */
export const ruploadBytes = async (u: Rupload, file: Blob, offset: number, timeoutMs = 30 * 60_000): Promise<void> => {
  await u.http({
    method: 'POST',
    url: u.url,
    headers: {
      authorization: `OAuth ${u.access}`,
      offset: String(offset),
      file_size: String(file.size),
      'content-type': 'application/octet-stream',
    },
    bytes: file.slice(offset),
    timeoutMs,
    expect: answer,
  })
}
