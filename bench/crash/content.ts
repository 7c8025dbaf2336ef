/** What the matrix publishes, drawn from each platform's own limits; nothing here knows a platform. */
import sharp from 'sharp'
import type { Content } from '#contract/posts.ts'
import type { PlatformSpec } from '#kit/spec/spec.ts'

/** Texts per segment come from the marker; `pictures` per segment. */
export type Sample = { name: string; pictures: number[]; settings: Record<string, unknown> }

/** A text, a picture, several pictures, a thread, a thread with pictures: whatever the platform takes. */
export const samplesOf = (spec: PlatformSpec): Sample[] => {
  const images = spec.media.image ? spec.media.max : 0
  const shapes: [string, number[]][] = [
    ['text', [0]],
    ['picture', [1]],
    ['pictures', [Math.min(3, images)]],
    ['thread', [0, 0, 0]],
    ['thread-pictures', [1, 0, Math.min(2, images)]],
  ]
  const least = spec.media.min ?? 0
  return shapes
    .filter(([, p]) => p.length <= spec.thread.max && p.every((n) => n <= images && n >= (p.length === 1 ? least : 0)))
    .filter(
      ([name, p], i, all) =>
        all.findIndex(([, q]) => q.join() === p.join()) === i && (name === 'text' || p.length > 1 || p[0]! > 0),
    )
    .map(([name, pictures]) => ({ name, pictures, settings: {} }))
}

const pixels = new Map<number, Promise<Buffer>>()
/** A small plain picture, one per number. */
const picture = (n: number): Promise<Buffer> => {
  const hue = { r: (n * 70) % 255, g: 120, b: 200 }
  const made =
    pixels.get(n) ??
    sharp({ create: { width: 320, height: 320, channels: 3, background: hue } })
      .png()
      .toBuffer()
  pixels.set(n, made)
  return made
}

export const makeContent = async (
  sample: Sample,
  marker: string,
  upload: (bytes: Buffer, alt: string) => Promise<{ id: string }>,
): Promise<Content> => ({
  segments: await Promise.all(
    sample.pictures.map(async (n, i) => ({
      text: `${marker} part ${i + 1}`,
      mediaIds: await Promise.all(
        Array.from({ length: n }, async (_, k) => (await upload(await picture(i * 4 + k), `Picture ${k + 1}`)).id),
      ),
    })),
  ),
})
