/** Rules about what is inside a video file: codecs, rates, how it is written. A fact that could not be read breaks none. Pure. */
import { type Rule, type Taken, when } from './media-rule.ts'
import type { VideoLimits } from './spec.ts'

type V = Taken<VideoLimits>

const foreign = (actual: string | undefined, taken: readonly string[] | undefined) =>
  when(actual && taken && !taken.includes(actual), {
    actual: actual ?? '',
    to: taken?.join(', ') ?? '',
    best: taken?.[0] ?? '',
  })

/** Mbit/s with one decimal, rounded away from the limit. */
const mbit = (bits: number) => Math.ceil(bits / 100_000) / 10

/** Wider or higher than 2 % off the shape a network shows whole. */
const offShape = ({ item: { width, height }, limits: { advised } }: V) => {
  const wanted = advised?.aspect
  if (!width || !height || !wanted) return undefined
  return when(Math.abs(width / height / wanted.value - 1) > 0.02, { width, height, to: wanted.name })
}

export const ofVideoInside: readonly Rule<V>[] = [
  {
    kind: 'video.chroma',
    says: 'The colours of the video are sampled {actual}; {platform} takes {to}.',
    fix: 'Export it as {to} (yuv420p), the usual choice.',
    broken: ({ item, limits }) => foreign(item.facts?.chroma, limits.chroma),
  },
  {
    kind: 'video.bitrate',
    fact: 'videoBitrate',
    says: 'The video has {actual} Mbit a second; {platform} takes {limit}.',
    fix: 'Export it with a lower bit rate.',
    broken: ({ item: { facts }, limits: { maxBitrate } }) =>
      when(facts?.videoBitrate && maxBitrate && facts.videoBitrate > maxBitrate, {
        actual: mbit(facts?.videoBitrate ?? 0),
        limit: (maxBitrate ?? 0) / 1_000_000,
      }),
  },
  {
    kind: 'video.sound-codec',
    says: 'The sound is coded as {actual}; {platform} takes {to}.',
    fix: 'Export it with {best}.',
    broken: ({ item, limits }) => foreign(item.facts?.audioCodec, limits.audioCodecs),
  },
  {
    kind: 'video.sound-rate',
    says: 'The sound has {actual} kHz; {platform} takes {limit}.',
    fix: 'Export it with 48 kHz.',
    broken: ({ item: { facts }, limits: { maxAudioRate } }) =>
      when(facts?.audioRate && maxAudioRate && facts.audioRate > maxAudioRate, {
        actual: (facts?.audioRate ?? 0) / 1000,
        limit: (maxAudioRate ?? 0) / 1000,
      }),
  },
  {
    kind: 'video.sound-channels',
    says: 'The sound has {actual} channels; {platform} takes {limit}.',
    fix: 'Export it in stereo.',
    broken: ({ item: { facts }, limits: { maxAudioChannels } }) =>
      when(facts?.audioChannels && maxAudioChannels && facts.audioChannels > maxAudioChannels, {
        actual: facts?.audioChannels ?? 0,
        limit: maxAudioChannels ?? 0,
      }),
  },
  {
    kind: 'video.index',
    level: 'warning',
    says: 'The index stands at the end of the file; {platform} asks for it at the front.',
    fix: 'If {platform} refuses it, export it for the web ("fast start").',
    broken: ({ item, limits }) => when(limits.advised?.indexFirst && item.facts?.indexFirst === false),
  },
  {
    kind: 'video.edits',
    level: 'warning',
    says: 'The file leaves out or delays a part of the video (an edit list); {platform} asks for none.',
    fix: 'If {platform} refuses it or shows it shifted, export it again instead of trimming it.',
    broken: ({ item, limits }) => when(limits.advised?.uncut && item.facts?.edited),
  },
  {
    kind: 'video.advised-codec',
    level: 'warning',
    says: 'The video is coded as {actual}; {platform} advises {to}.',
    fix: 'If {platform} refuses it, export it as {best}.',
    broken: ({ item, limits }) => foreign(item.facts?.videoCodec, limits.advised?.codecs),
  },
  {
    kind: 'video.advised-sound',
    level: 'warning',
    says: 'The sound is coded as {actual}; {platform} advises {to}.',
    fix: 'If {platform} refuses it, export it with {best}.',
    broken: ({ item, limits }) => foreign(item.facts?.audioCodec, limits.advised?.audioCodecs),
  },
  {
    kind: 'video.advised-shape',
    level: 'warning',
    says: 'The video is {width} x {height}; {platform} shows {to} here and fills the rest with bars or cuts it.',
    fix: 'Crop it to {to} if that matters.',
    broken: offShape,
  },
]
