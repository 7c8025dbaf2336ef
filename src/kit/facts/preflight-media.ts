/** The media half of preflight: counts, sizes, shapes and kinds, in the vocabulary of `MediaLimits`, as tables of rules. Pure. */
import type { DraftMedia } from './draft.ts'
import { apart, bytesApart } from './measures.ts'
import { type Params, type Rule, type Taken, when } from './media-rule.ts'
import { goesMoving, ofMotion } from './moving.ts'
import type { AddFinding } from './preflight.ts'
import { ofVideoInside } from './preflight-inside.ts'
import type { DocumentLimits, ImageLimits, MediaLimits, PlatformSpec, VideoLimits } from './spec.ts'

type Post = { limits: MediaLimits; media: readonly DraftMedia[]; segment: number; takesVideo: boolean }
const over = (actual: number | null | undefined, limit: number | undefined): Params | undefined =>
  when(limit !== undefined && actual !== null && actual !== undefined && actual > limit, {
    limit: limit!,
    actual: actual!,
    over: actual! - limit!,
  })
const count = (media: readonly DraftMedia[], kind: DraftMedia['kind']): number =>
  media.filter((m) => m.kind === kind).length

const ofPost: readonly Rule<Post>[] = [
  {
    kind: 'media.count',
    says: '{actual} items; {platform} takes {limit} in one post.',
    fix: 'Remove {over}.',
    broken: ({ limits, media }) => over(media.length, limits.max),
  },
  {
    kind: 'media.required',
    says: '{platform} needs at least {limit} {what}.',
    fix: 'Add media.',
    broken: ({ limits, media, segment, takesVideo }) =>
      when(segment === 0 && media.length < (limits.min ?? 0), {
        limit: limits.min!,
        what: takesVideo ? 'picture or video' : 'picture',
      }),
  },
  {
    kind: 'video.count',
    says: '{actual} videos; {platform} takes {limit} in one post.',
    fix: 'Remove {over}.',
    broken: ({ limits, media }) => over(count(media, 'video'), limits.video?.max),
  },
  {
    kind: 'document.alone',
    says: 'A document stands alone in its post.',
    fix: 'Keep the document or the rest, not both.',
    broken: ({ media }) => when(count(media, 'document') > 0 && media.length > 1),
  },
  {
    kind: 'media.mix',
    says: 'On {platform} a video stands alone in its post.',
    fix: 'Keep the video or the pictures, not both.',
    broken: ({ limits, media }) => when(limits.mix === 'alone' && count(media, 'video') > 0 && media.length > 1),
  },
]

const tooSmall = ({
  item: { width, height },
  limits,
}: Taken<{ minWidth?: number; minHeight?: number }>): Params | undefined =>
  when(width && height && ((limits.minWidth ?? 0) > width || (limits.minHeight ?? 0) > height), {
    width: width!,
    height: height!,
    minWidth: limits.minWidth ?? 1,
    minHeight: limits.minHeight ?? 1,
  })

const misshapen = ({ item: { width, height }, limits: { aspect } }: Taken<ImageLimits | VideoLimits>) => {
  if (!width || !height || !aspect) return undefined
  const shape = width / height
  const broken = shape < aspect.min ? aspect.min : aspect.max
  return when(shape < aspect.min || shape > aspect.max, {
    min: aspect.min,
    max: aspect.max,
    actual: apart(shape, broken, 2),
  })
}

// A picture's type and size are no refusals: Clarion makes a rendition within the limits. Say so instead of surprising people.
const ofImage: readonly Rule<Taken<ImageLimits>>[] = [
  {
    kind: 'image.type',
    level: 'warning',
    says: '{actual} is not taken by {platform}.',
    fix: 'Clarion sends it as {to}.',
    broken: (x) =>
      when(!x.limits.types.includes(x.item.mime) && !goesMoving(x), {
        actual: x.item.mime,
        to: x.limits.types[0] ?? '',
      }),
  },
  {
    kind: 'image.bytes',
    level: 'warning',
    bytes: true,
    says: 'The picture is {actual}; {platform} takes {limit}.',
    fix: 'Clarion sends a smaller rendition.',
    broken: (x) => (goesMoving(x) ? undefined : over(x.item.bytes, x.limits.maxBytes)),
  },
  {
    kind: 'image.too-small',
    says: 'The picture is {width} x {height}; {platform} wants at least {minWidth} x {minHeight}.',
    fix: 'Use a larger picture.',
    broken: tooSmall,
  },
  {
    kind: 'image.advised-size',
    level: 'warning',
    says: 'The picture is {width} x {height}; {platform} advises at least {minWidth} x {minHeight}.',
    fix: 'Use a larger picture if you have one.',
    broken: ({ item, limits: { advised } }) => (advised ? tooSmall({ item, limits: advised }) : undefined),
  },
  {
    kind: 'image.aspect-ratio',
    says: "The picture's shape {actual}:1 is outside {min}:1 to {max}:1.",
    fix: 'Crop or pad the picture.',
    broken: misshapen,
  },
  {
    kind: 'image.alt',
    says: 'The alt text is {actual} long; {platform} takes {limit}.',
    fix: 'Shorten the alt text.',
    broken: ({ item, limits }) => over(item.alt.length, limits.altMax),
  },
  {
    kind: 'image.alt-missing',
    level: 'warning',
    says: 'This picture has no alt text.',
    fix: 'Describe it for people who cannot see it.',
    broken: ({ item, limits }) => when(limits.altMax && !item.alt.trim()),
  },
]

/**
 * How far a measured frame rate may lie off a limit. Phones write the time of each picture as it came, so that "60" measures
 * 59.9 to 60.1, and NTSC's rates are 0.1 % below whole ones; networks judge the rate a file names, not our average. No
 * usual rate (24, 25, 30, 48, 50, 60) lies within 0.5 % of another.
 */
const rateTolerance = 0.005

const rate = ({ item: { facts }, limits }: Taken<VideoLimits>): Params | undefined => {
  const fps = facts?.fps
  const { minFps, maxFps } = limits
  const above = maxFps !== undefined && fps !== undefined && fps > maxFps * (1 + rateTolerance)
  const below = minFps !== undefined && fps !== undefined && fps < minFps * (1 - rateTolerance)
  if (!fps || !(above || below)) return undefined
  return {
    min: minFps ?? 1,
    max: maxFps ?? 0,
    most: maxFps ?? 'any',
    actual: apart(fps, (above ? maxFps : minFps)!, 2),
  }
}

/** Seconds, with the decimals that tell the length from the limit. */
const seconds = (ms: number, limit: number): Params => ({ limit: limit / 1000, actual: apart(ms / 1000, limit / 1000) })

/** AVI, FLV, WMV and MPEG tell little of themselves. What could not be measured is no reason to refuse, and none to be silent. */
const unmeasured = ({ item, limits }: Taken<VideoLimits>): Params | undefined => {
  const length = item.durationMs === null && (limits.maxMs ?? limits.minMs) !== undefined
  const size = !item.width && (limits.aspect ?? limits.minWidth ?? limits.maxWidth) !== undefined
  return when(length || size, { actual: item.mime })
}

const ofVideo: readonly Rule<Taken<VideoLimits>>[] = [
  {
    kind: 'video.unmeasured',
    level: 'warning',
    says: 'Clarion could not measure this file, so that the limits of {platform} on length and size are unchecked.',
    fix: 'Export it as MP4, or try: Clarion tells you what {platform} says.',
    broken: unmeasured,
  },
  {
    kind: 'video.type',
    says: '{actual} is not taken by {platform}.',
    fix: 'Export it as {names}.',
    broken: ({ item, limits }) =>
      when(!limits.types.includes(item.mime), {
        actual: item.mime,
        to: limits.types[0] ?? '',
        names: limits.types.map((t) => t.split('/')[1]).join(' or '),
      }),
  },
  {
    kind: 'video.codec',
    says: 'The video is coded as {actual}; {platform} takes {to}.',
    fix: 'Export it as {best}.',
    broken: ({ item: { facts }, limits: { codecs } }) =>
      when(facts?.videoCodec && codecs && !codecs.includes(facts.videoCodec), {
        actual: facts?.videoCodec ?? '',
        to: codecs?.join(', ') ?? '',
        best: codecs?.[0] ?? '',
      }),
  },
  {
    kind: 'video.frame-rate',
    fact: 'fps',
    says: 'The video has {actual} frames a second; {platform} takes {min} to {most}.',
    fix: 'Export it with another frame rate.',
    broken: rate,
  },
  {
    kind: 'video.too-small',
    says: 'The video is {width} x {height}; {platform} wants at least {minWidth} x {minHeight}.',
    fix: 'Export it larger.',
    broken: tooSmall,
  },
  {
    kind: 'video.too-large',
    says: 'The video is {width} x {height}; {platform} takes at most {widest} x {highest}.',
    fix: 'Export it smaller.',
    broken: ({ item: { width, height }, limits: { maxWidth, maxHeight } }) =>
      when(width && height && ((maxWidth && width > maxWidth) || (maxHeight && height > maxHeight)), {
        width: width!,
        height: height!,
        maxWidth: maxWidth ?? 0,
        maxHeight: maxHeight ?? 0,
        widest: maxWidth ?? 'any',
        highest: maxHeight ?? 'any',
      }),
  },
  {
    kind: 'video.aspect-ratio',
    says: "The video's shape {actual}:1 is outside {min}:1 to {max}:1.",
    fix: 'Crop or pad the video.',
    broken: misshapen,
  },
  {
    kind: 'video.bytes',
    bytes: true,
    says: 'The video is {actual}; {platform} takes {limit}.',
    fix: 'Export it smaller.',
    broken: ({ item, limits }) => over(item.bytes, limits.maxBytes),
  },
  {
    kind: 'video.duration',
    fact: 'durationMs',
    says: 'The video is {actual} s; {platform} takes {limit} s.',
    fix: 'Trim it.',
    broken: ({ item: { durationMs: ms }, limits: { maxMs } }) =>
      ms !== null && maxMs && ms > maxMs ? seconds(ms, maxMs) : undefined,
  },
  {
    kind: 'video.too-short',
    fact: 'durationMs',
    says: 'The video is {actual} s; {platform} wants at least {limit} s.',
    fix: 'Use a longer one.',
    broken: ({ item: { durationMs: ms }, limits: { minMs } }) =>
      ms !== null && minMs && ms < minMs ? seconds(ms, minMs) : undefined,
  },
]

const ofDocument: readonly Rule<Taken<DocumentLimits>>[] = [
  {
    kind: 'document.bytes',
    bytes: true,
    says: 'The document is {actual}; {platform} takes {limit}.',
    fix: 'Export it smaller.',
    broken: ({ item, limits }) => over(item.bytes, limits.maxBytes),
  },
  {
    kind: 'document.pages',
    says: 'The document has {actual} pages; {platform} takes {limit}.',
    fix: 'Remove {over} pages.',
    broken: ({ item, limits }) => over(item.facts?.pages, limits.maxPages),
  },
]

/** A kind of file that the network takes not at all here. */
const notHere = {
  image: { kind: 'image.unsupported', says: '{platform} takes no pictures here.', fix: 'Remove the picture.' },
  video: {
    kind: 'video.unsupported',
    says: '{platform} takes no video from Clarion yet.',
    fix: 'Remove the video for this channel.',
  },
  document: {
    kind: 'document.unsupported',
    says: '{platform} takes no such document here.',
    fix: 'Remove the document for this channel.',
  },
} as const

const filled = (sentence: string, params: Params): string =>
  sentence.replace(/\{(\w+)\}/g, (_, hole: string) => String(params[hole]))

type Call = { spec: PlatformSpec; limits: MediaLimits; media: readonly DraftMedia[]; segment: number; add: AddFinding }

/** What is wrong with the media of one post. `segment`: its place in the thread. */
export const mediaFindings = ({ spec, limits, media, segment, add }: Call): void => {
  const say = (rule: Omit<Rule<never>, 'broken'>, found: Params, item?: DraftMedia) => {
    const params: Params = { ...found, platform: spec.name }
    const told = { ...params }
    if (rule.bytes) [told.actual, told.limit] = bytesApart(Number(found.actual), Number(found.limit))
    const unsure = rule.fact !== undefined && item?.facts?.estimated?.includes(rule.fact)
    const level = unsure ? 'warning' : (rule.level ?? 'error')
    const at = { segment, ...(item ? { media: item.id } : {}) }
    add(rule.kind, level, filled(rule.says, told), filled(rule.fix, told), params, at)
  }
  const check = <X>(rules: readonly Rule<X>[], x: X, item?: DraftMedia) => {
    for (const rule of rules) {
      const params = rule.broken(x)
      if (params) say(rule, params, item)
    }
  }
  check(ofPost, { limits, media, segment, takesVideo: Boolean(spec.media.video) })
  for (const item of media) {
    const { image, video, document } = limits
    if (item.kind === 'image' && image) check([...ofMotion, ...ofImage], { item, limits: image }, item)
    else if (item.kind === 'video' && video) check([...ofVideo, ...ofVideoInside], { item, limits: video }, item)
    else if (item.kind === 'document' && document?.types.includes(item.mime))
      check(ofDocument, { item, limits: document }, item)
    else say(notHere[item.kind], { actual: item.mime }, item)
  }
}
