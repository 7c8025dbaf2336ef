/** What the matrix publishes: the samples of each platform, one of every content type. Nothing here knows a platform. */
import type { Content } from '#contract/posts.ts'
import type { Sample, SampleHelp, SampleMedia } from '#kit/facts/samples.ts'
import { sampleFile } from '#kit/testing/media.ts'

export type { Sample }

/** Uploads a file; gives its media id. */
export type UploadFile = (file: { bytes: Buffer; mime: string; name: string }, alt: string) => Promise<string>

const files = new Map<string, ReturnType<typeof sampleFile>>()
/** Made once per shape and number: the matrix uploads the same few files thousands of times. */
const fileOf = (media: SampleMedia, n: number) => {
  const key = `${n}/${JSON.stringify(media)}`
  const made = files.get(key) ?? sampleFile(media, n)
  files.set(key, made)
  return made
}

/** The content of a sample with `marker` in every text, and its settings. `first`: asks the platform's option lists. */
export const makeContent = async (
  sample: Sample,
  marker: string,
  upload: UploadFile,
  first: SampleHelp['first'],
): Promise<{ content: Content; settings: Record<string, unknown> }> => {
  let n = 0
  const put = (media: SampleMedia) => {
    n++
    return upload(fileOf(media, n), media.alt ?? '')
  }
  const settings =
    typeof sample.settings === 'function' ? await sample.settings({ first, media: put }) : sample.settings
  const segments: Content['segments'] = []
  for (const [i, s] of sample.segments.entries()) {
    const mediaIds: string[] = []
    for (const media of s.media ?? []) mediaIds.push(await put(media))
    segments.push({ text: s.text === null ? '' : `${marker} part ${i + 1} ${s.text}`.trim(), mediaIds })
  }
  const firstComment = sample.firstComment && `${marker} ${sample.firstComment}`
  return { content: { segments, ...(firstComment ? { firstComment } : {}) }, settings: settings ?? {} }
}
