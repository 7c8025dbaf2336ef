/** What the demo publishes: for every platform its first sample, or one post of every content type. */
import sharp from 'sharp'
import type { Channel } from '#contract/channels.ts'
import type { Media } from '#contract/media.ts'
import type { Post } from '#contract/posts.ts'
import type { Sample, SampleMedia } from '#kit/facts/samples.ts'
import { sampleFile } from '#kit/testing/media.ts'
import type { Client } from './client.ts'

export type Planned = {
  channel: Channel
  type: string /** Entries the network must hold afterwards. */
  expected: number
}
export type PlannedPost = { post: Post; parts: Planned[] }

const poster = (text: string, width: number, height: number) =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 1080 1080" preserveAspectRatio="xMidYMid slice"><defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="#1f6feb"/><stop offset="1" stop-color="#8b5cf6"/></linearGradient></defs><rect x="-1080" y="-1080" width="3240" height="3240" fill="url(#g)"/><circle cx="540" cy="470" r="210" fill="none" stroke="#fff" stroke-width="28"/><path d="M440 470l70 75 140-150" fill="none" stroke="#fff" stroke-width="36" stroke-linecap="round" stroke-linejoin="round"/><text x="540" y="830" font-family="sans-serif" font-size="72" fill="#fff" text-anchor="middle">${text}</text></svg>`,
    ),
  )
    .jpeg({ quality: 88 })
    .toBuffer()

/** Pictures of samples are drawn, so that the feed pages are worth looking at; other files are the test ones. */
const fileOf = async (media: SampleMedia, n: number) => {
  if (media.kind !== 'image' || media.type === 'image/gif') return sampleFile(media, n)
  const bytes = await poster(`exactly once · ${n}`, media.width ?? 1080, media.height ?? 1080)
  return { bytes, mime: 'image/jpeg', name: `poster-${n}.jpg` }
}

/**
 * Writes the posts: post k has the k-th sample of every platform, each channel with its own words and settings.
 * `mark` is in every text.
 */
export const writePosts = async (
  { call, upload }: Client,
  ws: string,
  channels: readonly Channel[],
  samples: Readonly<Record<string, readonly Sample[]>>,
  o: { allTypes: boolean; mark: string },
): Promise<PlannedPost[]> => {
  const cache = new Map<string, string>()
  let n = 0
  const put = async (media: SampleMedia, again: number): Promise<string> => {
    const key = `${again}/${JSON.stringify(media)}`
    const known = cache.get(key)
    if (known) return known
    const { bytes, mime, name } = await fileOf(media, ++n)
    const alt = media.alt ?? 'A white tick in a circle on blue and violet'
    const made = await upload<Media>(`${ws}/media`, new Blob([new Uint8Array(bytes)], { type: mime }), name, alt)
    cache.set(key, made.id)
    return made.id
  }

  const publicationOf = async (channel: Channel, sample: Sample) => {
    const first = async (list: string, params: Record<string, string> = {}) => {
      const query = new URLSearchParams(params)
      const { items } = await call<{ items: { value: string }[] }>(
        'GET',
        `${ws}/channels/${channel.id}/options/${list}?${query}`,
      )
      if (!items[0]) throw new Error(`${channel.platform} offers nothing to choose from in ${list}`)
      return items[0].value
    }
    const settings =
      typeof sample.settings === 'function'
        ? await sample.settings({ first, media: (m) => put(m, 0) })
        : (sample.settings ?? {})
    const segments = []
    for (const s of sample.segments) {
      const mediaIds: string[] = []
      for (const [i, media] of (s.media ?? []).entries()) mediaIds.push(await put(media, i))
      segments.push({ text: s.text === null ? '' : `${sample.type}: ${s.text} (${o.mark})`, mediaIds })
    }
    const firstComment = sample.firstComment && `${sample.firstComment} (${o.mark})`
    return { channelId: channel.id, settings, content: { segments, ...(firstComment ? { firstComment } : {}) } }
  }

  const platforms = [...new Set(channels.map((c) => c.platform))]
  const rounds = o.allTypes ? Math.max(...platforms.map((p) => samples[p]?.length ?? 0)) : 1
  const posts: PlannedPost[] = []
  for (let round = 0; round < rounds; round++) {
    const parts: Planned[] = []
    const publications = []
    for (const platform of platforms) {
      const sample = samples[platform]?.[round]
      if (!sample) continue
      const channel = channels.find((c) => c.platform === platform && (!sample.channel || c.kind === sample.channel))
      if (!channel) throw new Error(`${platform} connected no ${sample.channel}`)
      publications.push(await publicationOf(channel, sample))
      const expected = sample.posts ?? sample.segments.length + (sample.firstComment ? 1 : 0)
      parts.push({ channel, type: sample.type, expected })
    }
    const text = `A post goes out exactly once, on time, or a person is told why. (${o.mark})`
    const post = await call<Post>('POST', `${ws}/posts`, { content: { segments: [{ text }] }, publications })
    posts.push({ post, parts })
  }
  return posts
}
