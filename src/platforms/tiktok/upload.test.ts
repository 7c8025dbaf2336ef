import { expect, test } from 'vitest'
import type { Http } from '#kit/client/http.ts'
import { testVideo } from '#kit/testing/media.ts'
import { planOf } from './chunks.ts'
import { type Session, sendChunk } from './upload.ts'

const media = testVideo({ bytes: 25_000_000 }, 1, async () => '')
const session = (sent: number): Session => ({
  ...planOf(25_000_000),
  publishId: 'v_pub_file~1',
  uploadUrl: 'https://open-upload.tiktokapis.com/video/?upload_id=1',
  sent,
  at: 0,
})
/** What leaves, and an answer to it. */
const wire = (status: number, range?: string) => {
  const seen: { headers?: Record<string, string>; bytes: number }[] = []
  const http = (async (r: Parameters<Http>[0]) => {
    seen.push({ headers: r.headers, bytes: (r.bytes as Blob).size })
    return { status, headers: range ? { 'content-range': range } : {}, body: undefined, text: '' }
  }) as unknown as Http
  return { http, seen }
}

test('a chunk goes with its range and type, and without our token', async () => {
  const { http, seen } = wire(201)
  expect(await sendChunk(http, session(1), media)).toEqual({ taken: 2 })
  expect(seen).toEqual([
    {
      headers: { 'content-type': 'video/mp4', 'content-range': 'bytes 10000000-24999999/25000000' },
      bytes: 15_000_000,
    },
  ])
})

test('a 416 says what TikTok has; without it, or with nonsense, the upload is over', async () => {
  const at = async (range?: string) => sendChunk(wire(416, range).http, session(0), media)
  expect(await at('bytes 0-9999999/25000000')).toEqual({ taken: 1 })
  expect(await at('bytes 0-24999999/25000000')).toEqual({ taken: 2 })
  expect(await at('bytes 0-1234567/25000000')).toEqual({ over: expect.any(String) })
  expect(await at()).toEqual({ over: expect.any(String) })
})

test('an address that died ends the upload', async () => {
  for (const status of [400, 403, 404])
    expect(await sendChunk(wire(status).http, session(0), media)).toEqual({ over: `TikTok answered ${status}` })
})
