/** What only Instagram's own rules can say, and the pure half of the platform for browser and server. */
import { sureLength } from '#kit/facts/draft.ts'
import {
  type AddFinding,
  type Draft,
  type DraftMedia,
  type Finding,
  findingList,
  type PlatformPure,
} from '#kit/facts/preflight.ts'
import type { PlatformSpec } from '#kit/facts/spec.ts'
import { carouselVideo, type Settings, settings, spec, storyImage, storyVideo } from './spec.ts'
import { hashtags, links, mentions, shouts, text } from './text.ts'

const isStory = (draft: Draft) => (draft.settings as { placement?: unknown } | null | undefined)?.placement === 'story'
const mediaOf = (draft: Draft): readonly DraftMedia[] => draft.segments[0]?.media ?? []

/** Stories, carousels and reels take different videos (fact sheet §10). */
const limitsFor = (base: PlatformSpec, draft: Draft): Pick<PlatformSpec, 'text' | 'media'> => {
  if (isStory(draft)) return { text: base.text, media: { ...base.media, image: storyImage, video: storyVideo } }
  if (mediaOf(draft).length > 1) return { text: base.text, media: { ...base.media, video: carouselVideo } }
  return base
}

/** [limit, from which on people are warned] */
const captionTags = { max: 30, advised: 5 }
const captionMentions = 20
const commentMax = { length: 300, hashtags: 4, links: 1 }

const caption = (add: AddFinding, source: string) => {
  const tags = hashtags(source).length
  const people = mentions(source).length
  if (tags > captionTags.max)
    add(
      'text.hashtags',
      'error',
      `The caption has ${tags} hashtags; Instagram takes ${captionTags.max}.`,
      `Remove ${tags - captionTags.max}.`,
      { limit: captionTags.max, actual: tags, over: tags - captionTags.max },
    )
  else if (tags > captionTags.advised)
    add(
      'text.hashtags-many',
      'warning',
      `The caption has ${tags} hashtags; the Instagram app allows about ${captionTags.advised}.`,
      `Keep the best ${captionTags.advised}.`,
      { limit: captionTags.advised, actual: tags },
    )
  if (people > captionMentions)
    add(
      'text.mentions',
      'error',
      `The caption mentions ${people} people; Instagram takes ${captionMentions}.`,
      `Remove ${people - captionMentions}.`,
      { limit: captionMentions, actual: people, over: people - captionMentions },
    )
}

const comment = (add: AddFinding, source: string) => {
  const over = [
    ['comment.length', 'is %a characters long', text.count(source), commentMax.length, 'Shorten the first comment.'],
    ['comment.hashtags', 'has %a hashtags', hashtags(source).length, commentMax.hashtags, 'Remove some hashtags.'],
    ['comment.links', 'has %a links', links(source).length, commentMax.links, 'Keep one link.'],
  ] as const
  for (const [kind, says, actual, limit, fix] of over)
    if (actual > limit)
      add(kind, 'error', `The first comment ${says.replace('%a', String(actual))}; Instagram takes ${limit}.`, fix, {
        limit,
        actual,
      })
  if (shouts(source))
    add(
      'comment.capitals',
      'error',
      'Instagram refuses a comment in capital letters only.',
      'Write it in small letters.',
    )
}

const story = (add: AddFinding, draft: Draft, s: Settings) => {
  if (draft.segments[0]?.text.trim())
    add('story.text', 'warning', 'A story carries no text.', 'Put the words into the picture; the text is left out.')
  if (draft.firstComment?.trim())
    add('story.comment', 'warning', 'A story takes no comment.', 'The story goes out without it.')
  if (s.collaborators.length > 0 || s.locationId)
    add(
      'story.settings',
      'warning',
      'A story takes neither collaborators nor a location from apps.',
      'They are left out.',
    )
  for (const m of mediaOf(draft))
    if (m.width && m.height && (m.width / m.height > 0.65 || m.width / m.height < 0.5))
      add(
        'story.shape',
        'warning',
        `A story fills the screen at 9:16; this one is ${m.width} x ${m.height}.`,
        'Crop it to 9:16, or Instagram puts bars around it.',
        { width: m.width, height: m.height },
        { media: m.id },
      )
}

const feed = (add: AddFinding, draft: Draft, s: Settings) => {
  const media = mediaOf(draft)
  const reel = media.length === 1 && media[0]!.kind === 'video'
  const shapes = media.flatMap((m) => (m.width && m.height ? [m.width / m.height] : []))
  if (media.length > 1 && Math.max(...shapes) - Math.min(...shapes) > 0.02)
    add(
      'carousel.shape',
      'warning',
      'The items of this carousel differ in shape.',
      'Instagram crops all of them to the shape of the first.',
    )
  if (!reel && (s.coverId || s.thumbOffsetMs !== undefined || s.audioName || s.trial !== 'off'))
    add(
      'reel.only',
      'warning',
      'Cover, sound and trial are for reels: one video alone.',
      'They are left out of this post.',
    )
  const length = media[0] && sureLength(media[0])
  if (reel && !s.coverId && s.thumbOffsetMs !== undefined && length && s.thumbOffsetMs >= length)
    add(
      'reel.thumb-offset',
      'error',
      `The cover is taken at ${s.thumbOffsetMs} ms, but the reel ends at ${length} ms.`,
      'Choose an earlier moment.',
      { limit: length, actual: s.thumbOffsetMs },
    )
  for (const m of media) {
    if (m.kind === 'image' && m.width && m.width < 320)
      add(
        'image.narrow',
        'warning',
        `The picture is ${m.width} pixels wide; Instagram enlarges it to 320.`,
        'Use a larger picture.',
        { actual: m.width, limit: 320 },
        { media: m.id },
      )
    if (m.kind === 'video' && m.alt.trim())
      add(
        'video.alt',
        'warning',
        'Instagram takes alt text for pictures only.',
        'The description of the video is left out.',
        {},
        { media: m.id },
      )
  }
}

const tags = (add: AddFinding, draft: Draft, s: Settings) => {
  const media = mediaOf(draft)
  const inStory = s.placement === 'story'
  for (const tag of s.userTags) {
    const item = media[tag.item - 1]
    const params = { username: tag.username, item: tag.item }
    if (!item)
      add(
        'tags.item',
        'error',
        `${tag.username} is tagged in item ${tag.item}, which does not exist.`,
        'Choose another item.',
        params,
      )
    else if (item.kind === 'video' && media.length > 1 && !inStory)
      add(
        'tags.video',
        'error',
        `${tag.username} is tagged in a video of a carousel.`,
        'Tag people in the pictures.',
        params,
        { media: item.id },
      )
    else if (item.kind === 'image' && !inStory && (tag.x === undefined || tag.y === undefined))
      add(
        'tags.position',
        'error',
        `Instagram wants to know where ${tag.username} is in the picture.`,
        'Set the position.',
        params,
        { media: item.id },
      )
  }
}

const check = (draft: Draft): Finding[] => {
  const { out, add: put } = findingList(spec.id)
  const add: AddFinding = (kind, level, message, remedy, params, at) =>
    put(kind, level, message, remedy, params, { segment: 0, ...at })
  if (!isStory(draft)) {
    caption(add, draft.segments[0]?.text ?? '')
    if (draft.firstComment?.trim()) comment(add, draft.firstComment.trim())
  }
  const parsed = settings.safeParse(draft.settings ?? {})
  if (!parsed.success) return out
  if (
    draft.channel.facts.mayComment === false &&
    !isStory(draft) &&
    (draft.firstComment?.trim() || !parsed.data.comments)
  )
    add(
      'comment.permission',
      'error',
      'Clarion was not given the permission to manage comments of this account.',
      'Connect it again with every permission ticked, or leave the comment and the comment setting alone.',
    )
  if (isStory(draft)) story(add, draft, parsed.data)
  else feed(add, draft, parsed.data)
  tags(add, draft, parsed.data)
  return out
}

export const pure = { spec, text, limitsFor, check } satisfies PlatformPure
