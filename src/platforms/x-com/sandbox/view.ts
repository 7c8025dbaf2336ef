/** A post and a user as the API shows them: short links, HTML entities, old or new field names (fact sheet x-com.md §2, §3.1, §6). */
import type { Post, User, XWorld } from './state.ts'
import { avatarOf } from './state.ts'
import { findUrls, htmlEntities } from './text.ts'

/** The text with every link as t.co, the media link at the end, and `&<>` as entities. */
export const returnedText = (post: Post): string => shortened(post).text

type UrlEntity = {
  start: number
  end: number
  url: string
  expanded_url: string
  display_url: string
  media_key?: string
}

const display = (url: string) => {
  const plain = url.replace(/^https?:\/\//i, '').replace(/^www\./i, '')
  return plain.length > 27 ? `${plain.slice(0, 26)}…` : plain
}

const shortened = (
  post: Post,
): { text: string; pieces: { start: number; end: number; short: string; url: string }[] } => {
  let text = ''
  let at = 0
  const pieces: { start: number; end: number; short: string; url: string }[] = []
  const put = (short: string, url: string) => {
    const start = [...text].length
    text += short
    pieces.push({ start, end: start + short.length, short, url })
  }
  findUrls(post.text).forEach((u, i) => {
    text += htmlEntities(post.text.slice(at, u.start))
    put(post.links[i]!.short, post.links[i]!.url)
    at = u.end
  })
  text += htmlEntities(post.text.slice(at))
  if (post.mediaLink) {
    if (text !== '') text += ' '
    put(post.mediaLink, '')
  }
  return { text, pieces }
}

const urlEntities = (world: XWorld, post: Post): UrlEntity[] =>
  shortened(post).pieces.map((p) => {
    if (p.url !== '')
      return {
        start: p.start,
        end: p.end,
        url: p.short,
        expanded_url: /^https?:/i.test(p.url) ? p.url : `http://${p.url}`,
        display_url: display(p.url),
      }
    const user = world.state.users.find((u) => u.id === post.author)
    const first = world.state.media[post.media[0]!]
    const kind = first?.category.endsWith('image') ? 'photo' : 'video'
    return {
      start: p.start,
      end: p.end,
      url: p.short,
      expanded_url: `https://x.com/${user?.username}/status/${post.id}/${kind}/1`,
      display_url: `pic.x.com/${p.short.split('/').at(-1)}`,
      media_key: first?.key,
    }
  })

/** Numbers that grow with the age of a post, different for every post and always the same for the same moment. */
export const metricsAt = (world: XWorld, post: Post) => {
  const seed = Number(BigInt(post.id) % 9973n)
  const hours = Math.max(0, (world.now() - post.at) / 3_600_000)
  const views = Math.floor((40 + (seed % 400)) * Math.log1p(hours * 3))
  const share = (per: number) => Math.floor(views / per)
  const replies = world.state.posts.filter((p) => p.replyTo === post.id && !p.deleted).length
  return {
    impression_count: views,
    like_count: share(23),
    repost_count: share(90),
    reply_count: replies,
    quote_count: share(400),
    bookmark_count: share(150),
  }
}

/** New spelling for `post.fields`, old one for `tweet.fields` (the August 2026 renaming). */
export type Spelling = 'post' | 'tweet'

/** One post with the fields asked for. */
export const postView = (
  world: XWorld,
  post: Post,
  fields: ReadonlySet<string>,
  spelling: Spelling,
): Record<string, unknown> => {
  const old = spelling === 'tweet'
  const out: Record<string, unknown> = {
    id: post.id,
    text: returnedText(post),
    [old ? 'edit_history_tweet_ids' : 'edit_history_post_ids']: [post.id],
  }
  if (fields.has('created_at')) out.created_at = new Date(post.at).toISOString()
  if (fields.has('author_id')) out.author_id = post.author
  if (fields.has('conversation_id')) out.conversation_id = post.conversation
  const parent = post.replyTo === null ? undefined : world.state.posts.find((p) => p.id === post.replyTo)
  if (parent && fields.has('in_reply_to_user_id')) out.in_reply_to_user_id = parent.author
  const references = old ? 'referenced_tweets' : 'referenced_posts'
  if (post.replyTo !== null && fields.has(references)) out[references] = [{ type: 'replied_to', id: post.replyTo }]
  if (fields.has('attachments') && post.media.length > 0)
    out.attachments = { media_keys: post.media.map((id) => world.state.media[id]?.key).filter((k) => k !== undefined) }
  const urls = urlEntities(world, post)
  if (fields.has('entities') && urls.length > 0) out.entities = { urls }
  const long = old ? 'note_tweet' : 'note_post'
  if (fields.has(long) && [...post.text].length > 280)
    out[long] = { text: returnedText(post), ...(urls.length > 0 ? { entities: { urls } } : {}) }
  const m = metricsAt(world, post)
  const { repost_count, ...rest } = m
  if (fields.has('public_metrics')) out.public_metrics = old ? { ...rest, retweet_count: repost_count } : m
  if (fields.has('non_public_metrics'))
    out.non_public_metrics = {
      impression_count: m.impression_count,
      url_link_clicks: Math.floor(m.impression_count / 60),
      user_profile_clicks: Math.floor(m.impression_count / 120),
      engagements: Math.floor(m.impression_count / 15),
    }
  if (fields.has('organic_metrics'))
    out.organic_metrics = {
      impression_count: m.impression_count,
      like_count: m.like_count,
      reply_count: m.reply_count,
      retweet_count: repost_count,
      url_link_clicks: Math.floor(m.impression_count / 60),
      user_profile_clicks: Math.floor(m.impression_count / 120),
    }
  return out
}

/** A user with the fields asked for. */
export const userView = (world: XWorld, user: User, fields: ReadonlySet<string>): Record<string, unknown> => {
  const out: Record<string, unknown> = { id: user.id, name: user.name, username: user.username }
  if (fields.has('created_at')) out.created_at = user.createdAt
  if (fields.has('profile_image_url')) out.profile_image_url = avatarOf(user)
  if (fields.has('verified')) out.verified = user.premium
  if (fields.has('verified_type')) out.verified_type = user.premium ? 'blue' : 'none'
  if (fields.has('subscription_type')) out.subscription_type = user.premium ? 'Premium' : 'None'
  const posts = world.state.posts.filter((p) => p.author === user.id && !p.deleted).length
  if (fields.has('public_metrics'))
    out.public_metrics = {
      followers_count: 100 + Number(BigInt(user.id) % 900n),
      following_count: 80,
      post_count: posts,
      tweet_count: posts,
      listed_count: 1,
    }
  return out
}
