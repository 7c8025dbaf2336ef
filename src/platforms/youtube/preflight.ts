/** What only YouTube's own rules can say, and the pure half of the platform for browser and server (fact sheet §3). */
import { type Draft, type Finding, findingList, type PlatformPure } from '#kit/facts/preflight.ts'
import type { PlatformSpec } from '#kit/facts/spec.ts'
import { isBlank } from '#kit/facts/text.ts'
import { isShort, settings, spec, tagsLength } from './spec.ts'
import { text } from './text.ts'

/** Channels that have not proved a phone number upload 15 minutes at most (fact sheet §10). */
const shortUploadsMs = 15 * 60_000
const tagsMax = 500
/** Not in Google's reference; YouTube's own form stops here. */
const commentMax = 10_000
const thumbnailMinWidth = 640

const limitsFor = (base: PlatformSpec, draft: Draft): Pick<PlatformSpec, 'text' | 'media'> => {
  const { longUploads } = draft.channel.facts
  const short = draft.segments[0]?.media.some((m) => m.kind === 'video' && isShort(m))
  const video = base.media.video && {
    ...base.media.video,
    ...(longUploads === 'eligible' || longUploads === 'disallowed' ? { maxMs: shortUploadsMs } : {}),
    ...(short ? { advised: { aspect: { value: 9 / 16, name: '9:16' } } } : {}),
  }
  return { text: base.text, media: { ...base.media, video } }
}

const check = (draft: Draft): Finding[] => {
  const { out, add } = findingList(spec.id)

  if (/[<>]/.test(draft.segments[0]?.text ?? ''))
    add('text.angles', 'error', 'YouTube takes no < and > in descriptions.', 'Write them as words.', {}, { segment: 0 })
  const parsed = settings.safeParse(draft.settings ?? {})
  if (!parsed.success) return out
  const s = parsed.data
  if (isBlank(s.title ?? ''))
    add('title.missing', 'error', 'A YouTube video needs a title.', 'Write one in the YouTube settings.')
  if (s.madeForKids === undefined)
    add(
      'kids.missing',
      'error',
      'YouTube must be told whether this video is made for kids.',
      'Choose yes or no in the YouTube settings. The law asks the person who publishes, so Clarion never guesses.',
    )
  const tags = tagsLength(s.tags)
  if (tags > tagsMax)
    add('tags.length', 'error', `The tags are ${tags} long together; YouTube takes ${tagsMax}.`, 'Remove some tags.', {
      limit: tagsMax,
      actual: tags,
    })
  if (s.publishAt && s.privacy !== 'private')
    add(
      'publish-at.private',
      'error',
      'YouTube publishes by itself only what is private until then.',
      'Set the visibility to private, or take the time away and let Clarion publish.',
    )
  commentFindings()
  thumbnailFindings()
  return out

  function commentFindings() {
    const comment = draft.firstComment?.trim() ?? ''
    if (!comment) return
    if (s.madeForKids)
      add(
        'comment.kids',
        'error',
        'Videos made for kids have no comments on YouTube.',
        'Remove the first comment for this channel.',
      )
    if (s.privacy === 'private')
      add(
        'comment.private',
        'error',
        'Nobody can comment on a private video.',
        'Make it public or unlisted, or remove the first comment.',
      )
    if (comment.length > commentMax)
      add(
        'comment.length',
        'error',
        `The first comment is ${comment.length} long; YouTube takes ${commentMax}.`,
        'Shorten the first comment.',
        { limit: commentMax, actual: comment.length, platform: spec.name },
      )
  }

  function thumbnailFindings() {
    const picture = s.thumbnail ? draft.attachments?.[s.thumbnail] : undefined
    if (!picture) return
    if (picture.kind !== 'image')
      add('thumbnail.kind', 'error', 'A thumbnail is a picture.', 'Choose a JPEG or PNG picture.')
    else if (picture.width !== null && picture.width < thumbnailMinWidth)
      add(
        'thumbnail.small',
        'warning',
        `The thumbnail is ${picture.width} wide; YouTube recommends 1280 x 720, and at least ${thumbnailMinWidth} wide.`,
        'Use a larger picture.',
        { actual: picture.width, limit: thumbnailMinWidth },
        { media: picture.id },
      )
    const video = draft.segments[0]?.media[0]
    if (picture.kind === 'image' && video && !isShort(video) && (picture.width ?? 2) <= (picture.height ?? 1))
      add(
        'thumbnail.shape',
        'warning',
        'YouTube shows thumbnails of videos in 16:9.',
        'Use a wide picture, best 1280 x 720.',
        {},
        { media: picture.id },
      )
  }
}

export const pure = { spec, text, limitsFor, check } satisfies PlatformPure
