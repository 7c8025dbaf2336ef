/** What only LinkedIn's own rules can say, and the pure half of the platform for browser and server. */
import { apart } from '#kit/facts/measures.ts'
import { type AddFinding, type Draft, type Finding, findingList, type PlatformPure } from '#kit/facts/preflight.ts'
import { settings, spec } from './spec.ts'
import { plainKey, text } from './text.ts'

/** §10: total pixels of a picture, and the least bytes of a video. */
const maxPixels = 36_152_320
const minVideoBytes = 75_000
/** §5. */
const commentMax = 1250

const files = (draft: Draft, add: AddFinding) => {
  for (const [segment, s] of draft.segments.entries())
    for (const m of s.media) {
      const at = { segment, media: m.id }
      const pixels = (m.width ?? 0) * (m.height ?? 0)
      if (m.kind === 'image' && pixels >= maxPixels)
        add(
          'image.pixels',
          'warning',
          `The picture has ${apart(pixels / 1e6, maxPixels / 1e6)} megapixels; LinkedIn takes 36.`,
          'Clarion sends a smaller rendition.',
          { limit: maxPixels, actual: pixels },
          at,
        )
      if (m.kind === 'video' && m.bytes < minVideoBytes)
        add(
          'video.too-few-bytes',
          'error',
          `The video has ${apart(m.bytes / 1000, minVideoBytes / 1000)} KB; LinkedIn wants at least 75 KB.`,
          'Export it in better quality.',
          { limit: minVideoBytes, actual: m.bytes },
          at,
        )
    }
}

const comment = (draft: Draft, add: AddFinding) => {
  const said = plainKey(draft.firstComment ?? '')
  if (!said) return
  const length = draft.firstComment!.trim().length
  if (length > commentMax)
    add(
      'comment.length',
      'error',
      `The first comment is ${length} long; LinkedIn takes ${commentMax}.`,
      'Shorten the first comment.',
      { limit: commentMax, actual: length, platform: spec.name },
    )
  const { scopes } = draft.channel.facts
  const needed = draft.channel.kind === 'organization' ? 'w_organization_social_feed' : 'w_member_social_feed'
  if (Array.isArray(scopes) && !scopes.includes(needed))
    add(
      'comment.scope',
      'warning',
      'This sign-in may not comment: LinkedIn allows that only to apps with the Community Management API.',
      'The post goes out there without the comment.',
    )
}

const check = (draft: Draft): Finding[] => {
  const { out, add } = findingList(spec.id)
  files(draft, add)
  comment(draft, add)
  const parsed = settings.safeParse(draft.settings ?? {})
  if (!parsed.success) return out
  const { article, poll, reshareOf, video, documentTitle, visibility } = parsed.data
  const media = draft.segments[0]?.media ?? []
  const has = (kind: string) => media.some((m) => m.kind === kind)
  const parts = [media.length > 0, article, poll, reshareOf].filter(Boolean).length
  if (parts > 1)
    add(
      'content.one',
      'error',
      'A LinkedIn post carries one thing: files, a link card, a poll or a repost.',
      'Keep one of them.',
      {},
      { segment: 0 },
    )
  if (draft.channel.kind === 'organization' && visibility !== 'PUBLIC')
    add('visibility.page', 'error', 'A page publishes to everybody.', 'Choose "Everyone".', { field: 'visibility' })
  if (video && media.length > 0 && !has('video'))
    add(
      'video.unused',
      'warning',
      'The video settings have no effect: there is no video in this post.',
      'Add the video, or empty the settings.',
    )
  if (has('document') && !documentTitle)
    add(
      'document.title',
      'warning',
      'The document has no title; LinkedIn shows "Document" above it.',
      'Give it a title.',
      { field: 'documentTitle' },
    )
  if (article && !article.thumbnail)
    add(
      'article.thumbnail',
      'warning',
      'LinkedIn does not fetch a picture for links of apps, so the card will be bare.',
      'Add a picture to the link card.',
      { field: 'article.thumbnail' },
    )
  return out
}

export const pure = { spec, text, check } satisfies PlatformPure
