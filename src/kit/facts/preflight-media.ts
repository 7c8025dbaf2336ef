/** The media half of preflight: counts, sizes, shapes and kinds, in the vocabulary of `MediaLimits`. Pure. */
import type { DraftMedia, Finding } from './draft.ts'
import type { DocumentLimits, ImageLimits, MediaLimits, PlatformSpec, VideoLimits } from './spec.ts'

export type Add = (
  kind: string,
  level: Finding['level'],
  message: string,
  remedy: string,
  params: Finding['params'],
  at?: { segment?: number; media?: string },
) => void

const mb = (bytes: number) => `${Math.round(bytes / 10_000) / 100} MB`

type Post = { spec: PlatformSpec; limits: MediaLimits; media: readonly DraftMedia[]; segment: number; add: Add }

/** What is wrong with the media of one post. `segment`: its place in the thread. */
export const mediaFindings = ({ spec, limits: m, media, segment, add }: Post): void => {
  if (media.length > m.max)
    add(
      'media.count',
      'error',
      `${media.length} items; ${spec.name} takes ${m.max} in one post.`,
      `Remove ${media.length - m.max}.`,
      { limit: m.max, actual: media.length, platform: spec.name },
      { segment },
    )
  if (segment === 0 && media.length < (m.min ?? 0))
    add(
      'media.required',
      'error',
      `${spec.name} needs at least ${m.min} picture${spec.media.video ? ' or video' : ''}.`,
      'Add media.',
      { limit: m.min ?? 0, platform: spec.name },
      { segment },
    )
  const videos = media.filter((x) => x.kind === 'video')
  const documents = media.filter((x) => x.kind === 'document').length
  if (m.video?.max !== undefined && videos.length > m.video.max)
    add(
      'video.count',
      'error',
      `${videos.length} videos; ${spec.name} takes ${m.video.max} in one post.`,
      `Remove ${videos.length - m.video.max}.`,
      { limit: m.video.max, actual: videos.length, platform: spec.name },
      { segment },
    )
  if (documents > 0 && media.length > 1)
    add(
      'document.alone',
      'error',
      'A document stands alone in its post.',
      'Keep the document or the rest, not both.',
      { platform: spec.name },
      { segment },
    )
  if (m.mix === 'alone' && videos.length > 0 && media.length > 1)
    add(
      'media.mix',
      'error',
      `On ${spec.name} a video stands alone in its post.`,
      'Keep the video or the pictures, not both.',
      { platform: spec.name },
      { segment },
    )
  for (const item of media) {
    if (item.kind === 'image') imageFindings(item, m.image, segment)
    else if (item.kind === 'video') videoFindings(item, m.video, segment)
    else documentFindings(item, m.document, segment)
  }

  function imageFindings(item: DraftMedia, limit: ImageLimits | undefined, segment: number) {
    const at = { segment, media: item.id }
    if (!limit)
      return add(
        'image.unsupported',
        'error',
        `${spec.name} takes no pictures here.`,
        'Remove the picture.',
        { platform: spec.name },
        at,
      )
    const { width: w, height: h } = item
    // Type and size are not refusals: Clarion makes a rendition within the limits. Say so instead of surprising people.
    if (!limit.types.includes(item.mime))
      add(
        'image.type',
        'warning',
        `${item.mime} is not taken by ${spec.name}.`,
        `Clarion sends it as ${limit.types[0]}.`,
        { actual: item.mime, to: limit.types[0]!, platform: spec.name },
        at,
      )
    if (item.bytes > limit.maxBytes)
      add(
        'image.bytes',
        'warning',
        `The picture is ${mb(item.bytes)}; ${spec.name} takes ${mb(limit.maxBytes)}.`,
        'Clarion sends a smaller rendition.',
        { limit: limit.maxBytes, actual: item.bytes, platform: spec.name },
        at,
      )
    if (w && h && ((limit.minWidth && w < limit.minWidth) || (limit.minHeight && h < limit.minHeight)))
      add(
        'image.too-small',
        'error',
        `The picture is ${w} x ${h}; ${spec.name} wants at least ${limit.minWidth ?? 1} x ${limit.minHeight ?? 1}.`,
        'Use a larger picture.',
        { width: w, height: h, minWidth: limit.minWidth ?? 1, minHeight: limit.minHeight ?? 1, platform: spec.name },
        at,
      )
    if (w && h && limit.aspect && (w / h < limit.aspect.min || w / h > limit.aspect.max))
      add(
        'image.aspect-ratio',
        'error',
        `The picture's shape ${(w / h).toFixed(2)}:1 is outside ${limit.aspect.min}:1 to ${limit.aspect.max}:1.`,
        'Crop or pad the picture.',
        { min: limit.aspect.min, max: limit.aspect.max, actual: Number((w / h).toFixed(3)), platform: spec.name },
        at,
      )
    if (limit.altMax && item.alt.length > limit.altMax)
      add(
        'image.alt',
        'error',
        `The alt text is ${item.alt.length} long; ${spec.name} takes ${limit.altMax}.`,
        'Shorten the alt text.',
        { limit: limit.altMax, actual: item.alt.length, platform: spec.name },
        at,
      )
    if (limit.altMax && !item.alt.trim())
      add(
        'image.alt-missing',
        'warning',
        'This picture has no alt text.',
        'Describe it for people who cannot see it.',
        {},
        at,
      )
  }

  function videoFindings(item: DraftMedia, limit: (VideoLimits & { max?: number }) | undefined, segment: number) {
    const at = { segment, media: item.id }
    if (!limit)
      return add(
        'video.unsupported',
        'error',
        `${spec.name} takes no video from Clarion yet.`,
        'Remove the video for this channel.',
        { platform: spec.name },
        at,
      )
    const { width: w, height: h, facts } = item
    // What was counted in a part of the file may be wrong about the whole: it never refuses.
    const level = (fact: 'durationMs' | 'fps') => (facts?.estimated?.includes(fact) ? 'warning' : 'error')
    if (!limit.types.includes(item.mime))
      add(
        'video.type',
        'error',
        `${item.mime} is not taken by ${spec.name}.`,
        `Export it as ${limit.types.map((t) => t.split('/')[1]).join(' or ')}.`,
        { actual: item.mime, to: limit.types[0]!, platform: spec.name },
        at,
      )
    if (facts?.videoCodec && limit.codecs && !limit.codecs.includes(facts.videoCodec))
      add(
        'video.codec',
        'error',
        `The video is coded as ${facts.videoCodec}; ${spec.name} takes ${limit.codecs.join(', ')}.`,
        `Export it as ${limit.codecs[0]}.`,
        { actual: facts.videoCodec, to: limit.codecs.join(', '), platform: spec.name },
        at,
      )
    if (facts?.fps && ((limit.maxFps && facts.fps > limit.maxFps) || (limit.minFps && facts.fps < limit.minFps)))
      add(
        'video.frame-rate',
        level('fps'),
        `The video has ${facts.fps} frames a second; ${spec.name} takes ${limit.minFps ?? 1} to ${limit.maxFps ?? 'any'}.`,
        'Export it with another frame rate.',
        { min: limit.minFps ?? 1, max: limit.maxFps ?? 0, actual: facts.fps, platform: spec.name },
        at,
      )
    if (w && h) {
      const small = (limit.minWidth && w < limit.minWidth) || (limit.minHeight && h < limit.minHeight)
      const large = (limit.maxWidth && w > limit.maxWidth) || (limit.maxHeight && h > limit.maxHeight)
      if (small)
        add(
          'video.too-small',
          'error',
          `The video is ${w} x ${h}; ${spec.name} wants at least ${limit.minWidth ?? 1} x ${limit.minHeight ?? 1}.`,
          'Export it larger.',
          { width: w, height: h, minWidth: limit.minWidth ?? 1, minHeight: limit.minHeight ?? 1, platform: spec.name },
          at,
        )
      if (large)
        add(
          'video.too-large',
          'error',
          `The video is ${w} x ${h}; ${spec.name} takes at most ${limit.maxWidth ?? 'any'} x ${limit.maxHeight ?? 'any'}.`,
          'Export it smaller.',
          { width: w, height: h, maxWidth: limit.maxWidth ?? 0, maxHeight: limit.maxHeight ?? 0, platform: spec.name },
          at,
        )
      if (limit.aspect && (w / h < limit.aspect.min || w / h > limit.aspect.max))
        add(
          'video.aspect-ratio',
          'error',
          `The video's shape ${(w / h).toFixed(2)}:1 is outside ${limit.aspect.min}:1 to ${limit.aspect.max}:1.`,
          'Crop or pad the video.',
          { min: limit.aspect.min, max: limit.aspect.max, actual: Number((w / h).toFixed(3)), platform: spec.name },
          at,
        )
    }
    if (item.bytes > limit.maxBytes)
      add(
        'video.bytes',
        'error',
        `The video is ${mb(item.bytes)}; ${spec.name} takes ${mb(limit.maxBytes)}.`,
        'Export it smaller.',
        { limit: limit.maxBytes, actual: item.bytes, platform: spec.name },
        at,
      )
    const ms = item.durationMs
    if (ms !== null && limit.maxMs && ms > limit.maxMs)
      add(
        'video.duration',
        level('durationMs'),
        `The video is ${Math.round(ms / 1000)} s; ${spec.name} takes ${limit.maxMs / 1000} s.`,
        'Trim it.',
        { limit: limit.maxMs / 1000, actual: Math.round(ms / 1000), platform: spec.name },
        at,
      )
    if (ms !== null && limit.minMs && ms < limit.minMs)
      add(
        'video.too-short',
        level('durationMs'),
        `The video is ${Math.round(ms / 1000)} s; ${spec.name} wants at least ${limit.minMs / 1000} s.`,
        'Use a longer one.',
        { limit: limit.minMs / 1000, actual: Math.round(ms / 1000), platform: spec.name },
        at,
      )
  }

  function documentFindings(item: DraftMedia, limit: DocumentLimits | undefined, segment: number) {
    const at = { segment, media: item.id }
    const pages = item.facts?.pages
    if (!limit?.types.includes(item.mime))
      return add(
        'document.unsupported',
        'error',
        `${spec.name} takes no such document here.`,
        'Remove the document for this channel.',
        { actual: item.mime, platform: spec.name },
        at,
      )
    if (item.bytes > limit.maxBytes)
      add(
        'document.bytes',
        'error',
        `The document is ${mb(item.bytes)}; ${spec.name} takes ${mb(limit.maxBytes)}.`,
        'Export it smaller.',
        { limit: limit.maxBytes, actual: item.bytes, platform: spec.name },
        at,
      )
    if (pages && limit.maxPages && pages > limit.maxPages)
      add(
        'document.pages',
        'error',
        `The document has ${pages} pages; ${spec.name} takes ${limit.maxPages}.`,
        `Remove ${pages - limit.maxPages} pages.`,
        { limit: limit.maxPages, actual: pages, platform: spec.name },
        at,
      )
  }
}
