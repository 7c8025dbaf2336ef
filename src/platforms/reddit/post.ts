/** One post as Reddit's three submit calls take it (fact sheet §4.1, §4.3, §4.4). */
import { type Created, mediaIndices, type StepContext, type StepMedia } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf } from './access.ts'
import { type Accepted, submit, submitJson } from './api.ts'
import { kindOf as kindOfDraft, type PostKind } from './kind.ts'
import type { Settings } from './spec.ts'
import { bareName } from './text.ts'
import type { Asset } from './upload.ts'

type T = StepContext<Settings>

/** What a `create` leaves: the fullname, and what kind of post it is (only text can be edited). */
export type CreatedPost = Created & { kind: PostKind }

export const mediaOf = (t: Pick<T, 'segments'>): StepMedia[] => t.segments[0]?.media ?? []
export const kindOf = (t: Pick<T, 'segments' | 'settings'>): PostKind =>
  kindOfDraft({ media: mediaOf(t), settings: t.settings })

/** The files of the post in their order, as `upload` left them. */
export const assetsOf = (t: Pick<T, 'segments' | 'done'>): Asset[] =>
  mediaIndices(t as T, 0).map((i) => t.done<Asset>(`upload:${i}`)!)

const required = (value: string | undefined, word: string, say: string): string => {
  if (value) return value
  throw new PlatformFailure({ kind: 'refused-content', code: `reddit.${word}`, message: say })
}

/** Preflight asks for both; a post without them must not leave. */
export const placeOf = (t: Pick<T, 'settings'>): string =>
  required(
    t.settings.subreddit && bareName(t.settings.subreddit),
    'community-name',
    'Every post on Reddit goes to a community or to a profile. Choose one.',
  )
export const titleOf = (t: Pick<T, 'settings'>): string =>
  required(t.settings.title?.trim(), 'title-missing', 'A post on Reddit needs a title.')
export const bodyOf = (t: Pick<T, 'segments'>): string => t.segments[0]?.text.trim() ?? ''

/** Everything of the settings that all three calls take. `validate_on_submit`: Reddit applies the community's rules. */
const common = (t: T) => {
  const { nsfw, spoiler, sendReplies, resubmit, flairId, flairText } = t.settings
  return {
    sr: placeOf(t),
    title: titleOf(t),
    nsfw,
    spoiler,
    sendreplies: sendReplies,
    resubmit,
    validate_on_submit: true,
    ...(flairId ? { flair_id: flairId, ...(flairText ? { flair_text: flairText } : {}) } : {}),
  }
}

/** Forms know no booleans. */
const asForm = (members: Record<string, string | boolean>): Record<string, string> =>
  Object.fromEntries(Object.entries(members).map(([k, v]) => [k, String(v)]))

const posterOf = (t: T): string => {
  const poster = t.done<Asset>('prepare')
  return required(poster?.url, 'poster-missing', 'Reddit takes no video without a poster. Choose a picture.')
}

/** Sends it, whatever it is. Raises what Reddit says against it. */
export const send = (t: T): Promise<Accepted> => {
  const c = accessOf(t)
  const kind = kindOf(t)
  const text = bodyOf(t)
  const members = common(t)
  switch (kind) {
    case 'gallery':
      return submitJson(c, 'submit_gallery_post.json', {
        show_error_list: true,
        ...members,
        ...(text ? { text } : {}),
        items: assetsOf(t).map((a, i) => ({
          media_id: a.assetId,
          caption: t.settings.slides?.[i]?.caption ?? '',
          outbound_url: t.settings.slides?.[i]?.link ?? '',
        })),
      })
    case 'poll':
      return submitJson(c, 'submit_poll_post', {
        ...members,
        text,
        options: t.settings.poll!.options,
        duration: t.settings.poll!.days,
      })
    case 'self':
      return submit(c, { kind, ...asForm(members), text })
    case 'link':
      return submit(c, { kind, ...asForm(members), url: t.settings.link, text: text || undefined })
    case 'image':
      return submit(c, { kind, ...asForm(members), url: assetsOf(t)[0]!.url, text: text || undefined })
    default:
      return submit(c, {
        kind,
        ...asForm(members),
        url: assetsOf(t)[0]!.url,
        video_poster_url: posterOf(t),
        text: text || undefined,
      })
  }
}

export const postOf = (t: T, fullname: string, url: string | null): CreatedPost => ({
  id: fullname,
  url: url ?? `https://www.reddit.com/comments/${fullname.slice(3)}/`,
  kind: kindOf(t),
})
