/** What Facebook refuses beyond the kit's vocabulary: a reel is one upright video, a story one item without words. */
import { type Draft, type Finding, findingList, type PlatformPure } from '#kit/facts/preflight.ts'
import type { PlatformSpec } from '#kit/facts/spec.ts'
import { imageLimits, reelLimits, type Settings, settings, spec, storyLimits } from './spec.ts'
import { text } from './text.ts'

const settingsOf = (draft: Draft): Settings => {
  const parsed = settings.safeParse(draft.settings ?? {})
  return parsed.success ? parsed.data : settings.parse({})
}

const limitsFor = (base: PlatformSpec, draft: Draft): Pick<PlatformSpec, 'text' | 'media'> => {
  const { format } = settingsOf(draft)
  if (format === 'reel')
    return { text: base.text, media: { max: 1, min: 1, mix: 'alone', video: { ...reelLimits, max: 1 } } }
  if (format === 'story')
    return {
      text: base.text,
      media: { max: 1, min: 1, mix: 'alone', image: imageLimits, video: { ...storyLimits, max: 1 } },
    }
  return base
}

/** Longest comment taken (fact sheet §10). */
const commentMax = 8000

const check = (draft: Draft): Finding[] => {
  const { out, add } = findingList(spec.id)
  const s = settingsOf(draft)
  const media = draft.segments[0]?.media ?? []
  const comment = draft.firstComment?.trim() ?? ''
  if (s.format === 'story' && draft.segments[0]?.text.trim())
    add('story.text', 'warning', 'A story shows no text.', 'The story goes out without the text.', {}, { segment: 0 })
  if (s.format === 'story' && s.delivery !== 'now')
    add(
      'story.delivery',
      'error',
      'Facebook keeps no drafts or schedules of stories.',
      'Publish the story now, or as a post.',
    )
  if (comment && s.format === 'story')
    add('comment.story', 'warning', 'A story takes no comments.', 'The story goes out without the first comment.')
  if (comment && s.format !== 'story' && s.delivery !== 'now')
    add(
      'comment.delivery',
      'warning',
      'A post that Facebook holds takes no comments yet.',
      'It goes out without the first comment.',
    )
  if (comment.length > commentMax)
    add(
      'comment.length',
      'error',
      `The first comment is ${comment.length} long; Facebook takes ${commentMax}.`,
      'Shorten the first comment.',
      { limit: commentMax, actual: comment.length, platform: spec.name },
    )
  if (s.link && media.length > 0)
    add(
      'link.media',
      'warning',
      'A post with pictures or video shows no link card.',
      'Write the link into the text; the card is left out.',
    )
  if (s.link && isFacebook(s.link))
    add(
      'link.own',
      'error',
      'Facebook takes no cards of its own addresses from apps.',
      'Use another link, or write it into the text.',
    )
  if (s.delivery === 'schedule' && s.delayMinutes === undefined)
    add('settings.delayMinutes', 'error', 'Facebook must know when to publish it.', 'Say after how many minutes.', {
      field: 'delayMinutes',
    })
  if (s.title && (s.format === 'story' || media[0]?.kind !== 'video'))
    add('video.title', 'warning', 'Only videos and reels have a title.', 'The title is left out.')
  if (s.cover && (s.format === 'story' || media[0]?.kind !== 'video'))
    add('video.cover', 'warning', 'Only videos and reels have a cover.', 'The cover is left out.')
  return out
}

/** facebook.com, fb.com and fb.me are refused as link cards (1609008). */
const isFacebook = (link: string): boolean =>
  /^https?:\/\/([^/?#]*\.)?(facebook\.com|fb\.com|fb\.me)(:\d+)?([/?#]|$)/i.test(link)

export const pure = { spec, text, limitsFor, check } satisfies PlatformPure
