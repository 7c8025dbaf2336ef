/** Building the records Bluesky stores: the post, its embed, its gate. Pure; what they need was resolved before. */
import type { Json, StepView } from '#kit/client/steps.ts'
import { mediaIndices } from '#kit/client/steps.ts'
import type { Ref } from './api.ts'
import type { Settings } from './spec.ts'
import { richText } from './text.ts'

/** Looked up before anything is published: DIDs of mentions (null = no such account) and the quoted post. */
export type Resolved = {
  dids: Record<string, string | null>
  quote: Ref | null /** The card's picture. */
  thumb?: Json
}

/** What `create` sends, made once and stored before the call. */
export type PreparedPost = { rkey: string; record: { [k: string]: Json | undefined } }

type Upload = { blob: Json }

const shapeOf = (m: StepView['segments'][number]['media'][number]) =>
  m.width && m.height ? { aspectRatio: { width: m.width, height: m.height } } : {}

const video = (t: StepView<Settings>, index: number, upload: (n: number) => Upload): Json | undefined => {
  const [item] = t.segments[index]!.media
  if (item?.kind !== 'video') return undefined
  return {
    $type: 'app.bsky.embed.video',
    video: upload(mediaIndices(t, index)[0]!).blob,
    ...(item.alt.trim() ? { alt: item.alt } : {}),
    ...shapeOf(item),
  }
}

const images = (t: StepView<Settings>, index: number, upload: (n: number) => Upload): Json | undefined => {
  const numbers = mediaIndices(t, index)
  if (numbers.length === 0) return undefined
  return {
    $type: 'app.bsky.embed.images',
    images: t.segments[index]!.media.map((m, i) => ({
      image: upload(numbers[i]!).blob,
      alt: m.alt,
      ...shapeOf(m),
    })),
  }
}

/** A post has one embed: a video, pictures or a card, and either may stand beside a quote. Card and quote go with the first post. */
const embedOf = (
  t: StepView<Settings>,
  index: number,
  { quote, thumb }: Resolved,
  upload: (n: number) => Upload,
): Json | undefined => {
  const card = index === 0 ? t.settings.linkCard : undefined
  const media =
    video(t, index, upload) ??
    images(t, index, upload) ??
    (card
      ? {
          $type: 'app.bsky.embed.external',
          external: {
            uri: card.uri,
            title: card.title,
            description: card.description,
            ...(thumb ? { thumb } : {}),
          },
        }
      : undefined)
  if (index > 0 || !quote) return media
  const record = { $type: 'app.bsky.embed.record', record: quote }
  return media ? { $type: 'app.bsky.embed.recordWithMedia', record, media } : record
}

const common = (source: string, settings: Settings, createdAt: string, resolved: Resolved) => {
  const { text, facets } = richText(source, resolved.dids)
  return {
    $type: 'app.bsky.feed.post',
    text,
    createdAt,
    ...(facets.length ? { facets } : {}),
    ...(settings.langs.length ? { langs: settings.langs } : {}),
  }
}

/** One post of the thread. `before` holds the earlier posts, oldest first. `createdAt` ISO 8601 UTC. */
export const postRecord = (
  t: StepView<Settings>,
  index: number,
  o: { createdAt: string; resolved: Resolved; upload: (n: number) => Upload; before: Ref[] },
): PreparedPost['record'] => {
  const { settings } = t
  const embed = embedOf(t, index, o.resolved, o.upload)
  const labels = settings.labels.length
    ? { $type: 'com.atproto.label.defs#selfLabels', values: settings.labels.map((val) => ({ val })) }
    : undefined
  return {
    ...common(t.segments[index]!.text, settings, o.createdAt, o.resolved),
    ...(embed ? { embed } : {}),
    ...(index === 0 && settings.tags.length ? { tags: settings.tags } : {}),
    ...(labels ? { labels } : {}),
    ...(o.before.length ? { reply: { root: o.before[0]!, parent: o.before.at(-1)! } } : {}),
  }
}

/** The first comment: a plain reply under the last post of the thread. */
export const commentRecord = (
  text: string,
  settings: Settings,
  o: { createdAt: string; resolved: Resolved; before: Ref[] },
): PreparedPost['record'] => ({
  ...common(text, settings, o.createdAt, o.resolved),
  reply: { root: o.before[0]!, parent: o.before.at(-1)! },
})

const rules: Record<Exclude<Settings['replies'], 'everyone'>, Json[]> = {
  nobody: [],
  following: [{ $type: 'app.bsky.feed.threadgate#followingRule' }],
  followers: [{ $type: 'app.bsky.feed.threadgate#followerRule' }],
  mentioned: [{ $type: 'app.bsky.feed.threadgate#mentionRule' }],
}

/** Who may reply; sits at the same key as its post. */
export const gateRecord = (
  post: string,
  replies: Exclude<Settings['replies'], 'everyone'>,
  createdAt: string,
): Json => ({
  $type: 'app.bsky.feed.threadgate',
  post,
  allow: rules[replies],
  createdAt,
})
