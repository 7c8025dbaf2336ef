/**
 * What a post is made of: the parts of a publication (posts of the thread, first comment) and the parameters of
 * `POST /threads` for each (fact sheet threads.md §3.1, §3.4).
 */
import { type Created, parentUnknown, type StepContext, type StepKey, type StepMedia } from '#kit/client/steps.ts'
import { accessOf, listMedia } from './api.ts'
import type { Settings } from './spec.ts'
import { spoilerRanges } from './text.ts'

export type T = StepContext<Settings>
export type Form = Record<string, string | undefined>

/** One post on Threads: a segment, or the first comment. */
export type Piece = {
  /** Key of its own checkpoint. */
  key: string
  text: string
  media: readonly StepMedia[]
  /** Number of its first media item over all segments, as `upload:<n>` counts. */
  from: number
  /** Checkpoint of the post it answers; null: it answers nothing and carries the settings. */
  under: StepKey | null
}

export const segmentPiece = (t: Pick<T, 'segments'>, index: number): Piece => {
  const { text, media } = t.segments[index]!
  const from = t.segments.slice(0, index).reduce((n, s) => n + s.media.length, 0)
  return { key: `create:${index}`, text, media, from, under: index === 0 ? null : `create:${index - 1}` }
}

/** The first comment answers the end of the thread, as a reader would find it. */
export const commentPiece = (t: Pick<T, 'segments' | 'firstComment'>): Piece => ({
  key: 'comment',
  text: t.firstComment?.trim() ?? '',
  media: [],
  from: 0,
  under: `create:${t.segments.length - 1}`,
})

export const isCarousel = (p: Piece): boolean => p.media.length > 1

/** `DxYz` of `https://www.threads.com/@user/post/DxYz`. */
const shortcodeIn = (url: string): string | undefined => /\/post\/([\w-]+)/.exec(url)?.[1]

/**
 * The id of the post this one answers. A person may have given only its link, and a post found without an id may be listed by
 * now: then it is looked for. Raises `gone` when it stays unknown.
 */
export const parentOf = async (t: T, p: Piece): Promise<string | null> => {
  if (p.under === null) return null
  const above = t.done<Created>(p.under)
  if (above?.id) return above.id
  const code = above?.url ? shortcodeIn(above.url) : undefined
  if (code)
    for (const edge of ['threads', 'replies'] as const) {
      const hit = (await listMedia(accessOf(t), edge)).find(
        (m) => m.shortcode === code || (m.permalink !== undefined && shortcodeIn(m.permalink) === code),
      )
      if (hit) return hit.id
    }
  throw parentUnknown()
}

const yes = (on: boolean) => (on ? 'true' : undefined)
const letters = ['option_a', 'option_b', 'option_c', 'option_d']

/** Settings of the first post. What does not fit its media is refused by preflight, and by Threads. */
const rootForm = (text: string, s: Settings, topic: boolean): Form => {
  const hidden = spoilerRanges(text, s.spoilers).map((r) => ({ entity_type: 'SPOILER', ...r }))
  return {
    reply_control: s.replyControl === 'everyone' ? undefined : s.replyControl,
    enable_reply_approvals: yes(s.replyApprovals),
    topic_tag: topic ? s.topicTag : undefined,
    link_attachment: s.link,
    poll_attachment: s.poll && JSON.stringify(Object.fromEntries(s.poll.map((option, i) => [letters[i] ?? i, option]))),
    quote_post_id: s.quotePostId,
    text_entities: hidden.length > 0 ? JSON.stringify(hidden) : undefined,
    is_ghost_post: yes(s.ghost),
    text_attachment:
      s.longText === undefined
        ? undefined
        : JSON.stringify({
            plaintext: s.longText,
            ...(s.longTextLink ? { link_attachment_url: s.longTextLink } : {}),
          }),
    gif_attachment: s.gifId === undefined ? undefined : JSON.stringify({ gif_id: s.gifId, provider: 'GIPHY' }),
    allowlisted_country_codes: s.countries.length > 0 ? s.countries.join(',') : undefined,
  }
}

const file = async (media: StepMedia): Promise<Form> => ({
  media_type: media.kind === 'video' ? 'VIDEO' : 'IMAGE',
  [media.kind === 'video' ? 'video_url' : 'image_url']: await media.url(),
  alt_text: media.alt.trim() || undefined,
})

/** One picture or video of a carousel. */
export const itemForm = async (media: StepMedia): Promise<Form> => ({
  ...(await file(media)),
  is_carousel_item: 'true',
})

/** The container that is published. `topic`: false when Threads refused it. */
export const mainForm = async (
  t: T,
  p: Piece,
  children: readonly string[],
  parent: string | null,
  topic: boolean,
): Promise<Form> => {
  const [first] = p.media
  const body: Form = isCarousel(p)
    ? { media_type: 'CAROUSEL', children: children.join(',') }
    : first
      ? await file(first)
      : { media_type: 'TEXT' }
  return {
    ...body,
    text: p.text.trim() ? p.text : undefined,
    is_spoiler_media: yes(t.settings.spoilerMedia && p.media.length > 0),
    reply_to_id: parent ?? undefined,
    ...(p.under === null ? rootForm(p.text, t.settings, topic) : {}),
  }
}
