/**
 * What is done with the large file, in order. A phase gets the stand (a running Clarion and somebody signed in), does one
 * thing through real HTTP, and leaves in the stand what later ones need.
 */
import { request } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Channel } from '#contract/channels.ts'
import type { Post, Publication } from '#contract/posts.ts'
import type { Platform } from '#kit/client/platform.ts'
import type { Sample } from '#kit/facts/samples.ts'
import { mp4 } from '#kit/testing/video.ts'
import type { Client } from '../../tools/demo/client.ts'

export type Stand = {
  url: string
  /** `/api/v1/workspaces/<id>` */
  ws: string
  client: Client
  cookie: string
  /** Bytes of the file. */
  bytes: number
  /** Set by the upload. */
  mediaId?: string
}
export type Phase = { name: string; run: (stand: Stand) => Promise<void> }

const boundary = 'clarion-bench'
/** A real MP4 that is mostly one `free` box, made piece by piece: this process holds none of it either. */
async function* video(bytes: number): AsyncGenerator<Buffer> {
  const head = mp4({ ms: 60_000 })
  const free = Buffer.alloc(8)
  free.writeUInt32BE(bytes - head.length, 0)
  free.write('free', 4, 'latin1')
  yield head
  yield free
  const zeros = Buffer.alloc(256 * 1024)
  for (let left = bytes - head.length - 8; left > 0; left -= zeros.length)
    yield left < zeros.length ? zeros.subarray(0, left) : zeros
}

const upload: Phase = {
  name: 'upload',
  run: async (stand) => {
    const start = Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="alt"\r\n\r\n\r\n--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="large.mp4"\r\ncontent-type: video/mp4\r\n\r\n`,
    )
    const end = Buffer.from(`\r\n--${boundary}--\r\n`)
    const req = request(`${stand.url}${stand.ws}/media`, {
      method: 'POST',
      headers: {
        cookie: stand.cookie,
        origin: stand.url,
        'idempotency-key': crypto.randomUUID(),
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': start.length + stand.bytes + end.length,
      },
    })
    const answer = new Promise<{ status: number; text: string }>((resolve, reject) => {
      req.on('error', reject)
      req.on('response', async (res) => {
        let text = ''
        for await (const chunk of res) text += chunk
        resolve({ status: res.statusCode ?? 0, text })
      })
    })
    await pipeline(async function* () {
      yield start
      yield* video(stand.bytes)
      yield end
    }, req)
    const { status, text } = await answer
    if (status !== 201) throw new Error(`the upload was answered ${status}: ${text}`)
    const media = JSON.parse(text) as { id: string; bytes: number; durationMs: number }
    if (media.bytes !== stand.bytes || media.durationMs !== 60_000) throw new Error(`the upload became ${text}`)
    stand.mediaId = media.id
  },
}

const download: Phase = {
  name: 'download',
  run: async (stand) => {
    const res = await fetch(`${stand.url}${stand.ws}/media/${stand.mediaId}/content`, {
      headers: { cookie: stand.cookie },
    })
    let bytes = 0
    for await (const chunk of res.body ?? []) bytes += chunk.length
    if (res.status !== 200 || bytes !== stand.bytes) throw new Error(`the download gave ${bytes} bytes, ${res.status}`)
  },
}

/** Publishing the file on a network that takes one so large; the sandbox is a process of its own. */
const publishOn = (platform: string, sample: Sample): Phase => ({
  name: `publish ${platform}`,
  run: async ({ client, ws, mediaId, bytes }) => {
    const { items } = await client.call<{ items: Channel[] }>('GET', `${ws}/channels`)
    const channel = items.find((c) => c.platform === platform && (!sample.channel || c.kind === sample.channel))
    if (!channel) throw new Error(`${platform} has no channel`)
    const post = await client.call<Post>('POST', `${ws}/posts`, {
      // Networks refuse a text they had already: the small file went before.
      content: { segments: [{ text: `${sample.segments[0]!.text ?? ''} ${bytes} bytes`, mediaIds: [mediaId] }] },
      publications: [{ channelId: channel.id, settings: sample.settings ?? {} }],
    })
    await client.call('POST', `${ws}/posts/${post.id}/schedule`, { now: true })
    for (;;) {
      const p = await client.call<Publication>('GET', `${ws}/publications/${post.publications[0]!.id}`)
      if (p.state === 'published') return
      if (!['scheduled', 'publishing', 'waiting'].includes(p.state))
        throw new Error(`${platform} ended ${p.state}: ${p.reason} ${p.message}`)
      await new Promise((r) => setTimeout(r, 500))
    }
  },
})

/** A sample with one video, no more to ask, on a platform that takes `bytes`. */
const large = (platforms: readonly Platform[], samples: Readonly<Record<string, readonly Sample[]>>, bytes: number) =>
  platforms.flatMap(({ spec }) => {
    const most = spec.media.video?.maxBytes ?? 0
    const sample = samples[spec.id]?.find(
      (s) =>
        s.segments.length === 1 &&
        s.segments[0]!.media?.length === 1 &&
        s.segments[0]!.media[0]!.kind === 'video' &&
        typeof s.settings !== 'function',
    )
    return sample && most >= bytes ? [{ platform: spec.id, sample, most }] : []
  })

/**
 * Up, down, and out to networks. `only`: platform ids; without them the one that takes the largest files.
 */
export const phasesFor = (
  platforms: readonly Platform[],
  samples: Readonly<Record<string, readonly Sample[]>>,
  o: { bytes: number; only: readonly string[] },
): Phase[] => {
  const able = large(platforms, samples, o.bytes).sort((a, b) => b.most - a.most)
  const chosen = o.only.length > 0 ? able.filter((x) => o.only.includes(x.platform)) : able.slice(0, 1)
  return [upload, download, ...chosen.map((x) => publishOn(x.platform, x.sample))]
}
