/** Files as people have them, uploaded and judged by the rules of the real networks, over HTTP. */
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { manualClock } from '#infra/clock.ts'
import { even, recording } from '#kit/testing/recordings.ts'
import { mp4 } from '#kit/testing/video.ts'
import { createPosts } from '#planner/posts/service.ts'
import { seeder } from '#planner/posts/testing.ts'
import { platforms } from '#platforms/registry/server.gen.ts'
import { registerPosts } from './routes/posts.ts'
import { type TestApp, testApp } from './testing.ts'

const clock = manualClock(Date.UTC(2027, 2, 1, 12, 0, 0))
const byId = new Map(platforms.map((p) => [p.spec.id, p]))
let t: TestApp
const channels: Record<string, string> = {}
beforeAll(async () => {
  t = await testApp({
    clock,
    register: ({ database: { db } }) => {
      const posts = createPosts({ db, clock, platforms: byId })
      return (bind) => registerPosts(bind, { posts })
    },
  })
  const seed = seeder(t.database.db, clock)
  for (const id of byId.keys()) channels[id] = await seed.channel(t.ws, id)
})
afterAll(() => t.close())

const keep = async (bytes: Buffer) =>
  (await t.media.upload({ ws: t.ws, userId: t.owner.userId, bytes, name: 'a', alt: 'a' })).id

type Finding = { kind: string; level: string; acceptable?: true }
/** `level kind` of what each network says about the file, of the kinds asked for. */
const told = async (id: string, kinds: RegExp, o: { accepts?: string[]; settings?: Record<string, unknown> } = {}) => {
  const content = { segments: [{ text: 'a', mediaIds: [id] }], ...(o.accepts ? { accepts: o.accepts } : {}) }
  const r = await t.call('postPreflight', {
    body: {
      content,
      publications: Object.values(channels).map((channelId) => ({ channelId, settings: {} })),
      tags: [],
      latePolicy: null,
    },
  })
  const answers = (r.body as unknown as { channels: { channelId: string; findings: Finding[] }[] }).channels
  return Object.fromEntries(
    Object.entries(channels).map(([platform, channelId]) => [
      platform,
      answers
        .find((c) => c.channelId === channelId)!
        .findings.filter((f) => kinds.test(f.kind))
        .map((f) => `${f.level} ${f.kind}`),
    ]),
  )
}

/** `frames` pictures of noise, so that a GIF has weight. */
const animated = async (width: number, height: number, frames: number, as: 'gif' | 'webp' = 'gif') => {
  const pictures = await Promise.all(
    Array.from({ length: frames }, (_, n) =>
      sharp({
        create: {
          width,
          height,
          channels: 3,
          background: { r: n * 20, g: 99, b: 99 },
          noise: { type: 'gaussian', mean: 120 + n, sigma: 60 },
        },
      })
        .png()
        .toBuffer(),
    ),
  )
  const joined = sharp(pictures, { join: { animated: true } })
  return as === 'gif' ? joined.gif({ effort: 1 }).toBuffer() : joined.webp({ effort: 0 }).toBuffer()
}

test('motion is lost nowhere without a word', { timeout: 60_000 }, async () => {
  const gif = await animated(900, 900, 9)
  expect(gif.length).toBeGreaterThan(5_000_000)
  const still = ['error image.still']
  const id = await keep(gif)
  const said = await told(id, /^image\.(still|bytes|type)$/)
  for (const moves of ['x-com', 'telegram', 'linkedin', 'reddit', 'pinterest'])
    expect([moves, said[moves]]).toEqual([moves, []])
  for (const stands of ['instagram', 'threads', 'facebook', 'tiktok', 'google-business', 'bluesky'])
    expect([stands, said[stands]?.slice(0, 1)]).toEqual([stands, still])
  const accepted = await told(id, /^image\.still$/, { accepts: ['image.still'] })
  expect(accepted.instagram).toEqual(['warning image.still'])
  // What goes to X is the very file; to Instagram its first frame.
  const { image } = byId.get('x-com')!.spec.media
  expect((await t.media.renditionFor(id, { name: 'x', ...image! })).bytes).toBe(gif.length)
  const webp = await keep(await animated(60, 60, 3, 'webp'))
  expect((await told(webp, /^image\.still$/))['x-com']).toEqual(still)
  expect(await t.media.get(t.ws, webp)).toMatchObject({ facts: { frames: 3 } })
})

test('an unknown word in `accepts` is refused', async () => {
  const r = await t.call('postPreflight', {
    body: {
      content: { segments: [{ text: 'a' }], accepts: ['everything'] },
      publications: [],
      tags: [],
      latePolicy: null,
    },
  })
  expect(r.problem?.code).toBe('validation')
})

test('codec, colours, index and shape of a video are judged where the sheets say so', { timeout: 60_000 }, async () => {
  const kinds = /^video\.(codec|advised|index|chroma)/
  const upright = await told(await keep(mp4()), kinds)
  for (const [platform, found] of Object.entries(upright)) expect([platform, found]).toEqual([platform, []])

  const asProRes = Buffer.from(mp4())
  asProRes.write('apch', asProRes.indexOf('avc1\0\0\0'), 'latin1')
  const proRes = await told(await keep(asProRes), kinds)
  expect(proRes['x-com']).toContain('error video.codec')
  expect(proRes.instagram).toContain('error video.chroma')
  expect(proRes.linkedin).toEqual(['warning video.advised-codec'])
  expect(proRes.youtube).toEqual([])

  const wide = await told(await keep(mp4({ width: 1920, height: 1080 })), /^video\.advised-shape/)
  expect(wide.instagram).toEqual(['warning video.advised-shape'])
  // A wide video is no Short; a square one is.
  expect(wide.youtube).toEqual([])
  const square = await told(await keep(mp4({ width: 1080, height: 1080 })), /^video\.advised-shape/)
  expect(square.youtube).toEqual(['warning video.advised-shape'])

  const late = Buffer.from(mp4({ bytes: 20_000 }))
  const ftyp = late.readUInt32BE(0)
  const moov = late.readUInt32BE(ftyp)
  const moved = Buffer.concat([late.subarray(0, ftyp), late.subarray(ftyp + moov), late.subarray(ftyp, ftyp + moov)])
  const end = await told(await keep(moved), kinds)
  expect([end.instagram, end.threads, end['x-com']]).toEqual([['warning video.index'], ['warning video.index'], []])
})

test('a 12-second recording of a browser is 12 seconds everywhere', { timeout: 60_000 }, async () => {
  const id = await keep(await recording({ as: 'live', times: even(30, 12), width: 720, height: 1280 }))
  expect(await t.media.get(t.ws, id)).toMatchObject({ mime: 'video/webm', durationMs: 12_000, facts: { fps: 30 } })
})

test('a wide photo keeps 1080 rows on TikTok', async () => {
  const { image } = byId.get('tiktok')!.spec.media
  const wide = sharp({ create: { width: 1920, height: 1080, channels: 3, background: '#0a7' } })
  const id = await keep(await wide.jpeg().toBuffer())
  expect(await t.media.renditionFor(id, { name: 'tiktok', ...image! })).toMatchObject({ width: 1920, height: 1080 })
})
