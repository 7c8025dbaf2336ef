/** Accounts, communities, posts and comments as the API shows them, and how their numbers grow. */
import { avatar } from '#kit/sandbox/avatar.ts'
import { profileSub, type Sub } from './communities.ts'
import type { Comment, RedditWorld, Submission, User } from './state.ts'

/** The community of this name in any case; a profile is made up from its account. */
export const subOf = (world: RedditWorld, name: string): Sub | undefined => {
  const low = name.toLowerCase()
  const known = world.state.subs.find((s) => s.name.toLowerCase() === low)
  if (known) return known
  const user = world.state.users.find((u) => `u_${u.name}`.toLowerCase() === low)
  return user && profileSub(user)
}

export const mayPost = (sub: Sub, user: User): boolean =>
  !sub.banned.includes(user.id) && (sub.type === 'public' || sub.moderators.includes(user.id))

export const slug = (title: string): string =>
  title
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 50) || '_'

export const permalink = (p: Submission): string =>
  p.sub.startsWith('u_')
    ? `/user/${p.sub.slice(2)}/comments/${p.id}/${slug(p.title)}/`
    : `/r/${p.sub}/comments/${p.id}/${slug(p.title)}/`

/** Is it there yet? A file must be worked on first. */
export const isUp = (world: RedditWorld, p: Submission): boolean => p.at <= world.now()

const ending: Record<string, string> = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/gif': 'gif' }

/** Where a post leads: the asset id of its file is in its address. */
const urlOf = (world: RedditWorld, p: Submission): string => {
  const asset = p.assets[0]?.assetId
  const mime = asset ? world.state.leases[asset]?.mime : undefined
  if (p.kind === 'image') return `https://i.redd.it/${asset}.${ending[mime ?? ''] ?? 'jpg'}`
  if (p.kind === 'video' || p.kind === 'videogif') return `https://v.redd.it/${asset}`
  if (p.kind === 'gallery') return `https://www.reddit.com/gallery/${p.id}`
  return p.url ?? `https://www.reddit.com${permalink(p)}`
}

/** Votes and comments since the post was made: different for every post, the same for the same moment, and growing. */
export const countsAt = (p: Submission, now: number) => {
  const seed = Number.parseInt(p.id.slice(-4), 36) % 97
  const hours = Math.max(0, (now - p.at) / 3_600_000)
  const grown = p.removedBy ? 0 : Math.floor((4 + seed) * Math.log1p(hours))
  return { score: 1 + grown, comments: Math.floor(grown / 6), crossposts: Math.floor(grown / 40), ratio: 0.94 }
}

const commentsUnder = (world: RedditWorld, p: Submission) =>
  world.state.comments.filter((c) => c.post === p.id && !c.deleted)

export const postView = (world: RedditWorld, p: Submission): Record<string, unknown> => {
  const owner = world.state.users.find((u) => u.id === p.owner)
  const n = countsAt(p, world.now())
  const self = p.kind === 'self' || p.kind === 'poll'
  const created = Math.floor(p.at / 1000)
  const votes = Math.max(0, n.score - 1)
  return {
    id: p.id,
    name: `t3_${p.id}`,
    subreddit: p.sub,
    subreddit_name_prefixed: p.sub.startsWith('u_') ? `u/${p.sub.slice(2)}` : `r/${p.sub}`,
    author: p.deleted ? '[deleted]' : owner?.name,
    author_fullname: p.deleted ? undefined : `t2_${p.owner}`,
    title: p.title,
    selftext: p.deleted
      ? '[deleted]'
      : p.kind === 'poll'
        ? `${p.text}\n\n[View Poll](https://www.reddit.com/poll/${p.id})`
        : p.text,
    is_self: self,
    is_video: p.kind === 'video' || p.kind === 'videogif',
    ...(p.kind === 'image' ? { post_hint: 'image' } : {}),
    ...(p.kind === 'gallery'
      ? {
          is_gallery: true,
          gallery_data: {
            items: p.assets.map((a, i) => ({
              media_id: a.assetId,
              id: 600_000_000 + i,
              ...(a.caption ? { caption: a.caption } : {}),
              ...(a.outbound ? { outbound_url: a.outbound } : {}),
            })),
          },
        }
      : {}),
    ...(p.poll
      ? {
          poll_data: {
            options: p.poll.options.map((text, i) => ({
              id: String(i),
              text,
              vote_count: Math.floor(votes / (i + 2)),
            })),
            total_vote_count: p.poll.options.reduce((sum, _, i) => sum + Math.floor(votes / (i + 2)), 0),
            voting_end_timestamp: p.at + p.poll.days * 86_400_000,
          },
        }
      : {}),
    url: urlOf(world, p),
    permalink: permalink(p),
    created_utc: created,
    created,
    over_18: p.nsfw,
    spoiler: p.spoiler,
    locked: p.locked,
    link_flair_text: p.flairText,
    score: n.score,
    ups: n.score,
    upvote_ratio: n.ratio,
    num_comments: commentsUnder(world, p).length + n.comments,
    num_crossposts: n.crossposts,
    total_awards_received: 0,
    view_count: null,
    removed_by_category: p.deleted ? 'deleted' : p.removedBy,
    is_robot_indexable: !p.deleted && p.removedBy === null,
  }
}

export const commentView = (world: RedditWorld, c: Comment): Record<string, unknown> => {
  const owner = world.state.users.find((u) => u.id === c.owner)
  const post = world.state.posts.find((p) => p.id === c.post)
  return {
    id: c.id,
    name: `t1_${c.id}`,
    author: c.deleted ? '[deleted]' : owner?.name,
    body: c.deleted ? '[deleted]' : c.text,
    link_id: `t3_${c.post}`,
    parent_id: `t3_${c.post}`,
    subreddit: post?.sub,
    permalink: post ? `${permalink(post)}${c.id}/` : undefined,
    // Nobody answers; Reddit says so with an empty text, not an empty list.
    replies: '',
    created_utc: Math.floor(c.at / 1000),
    score: 1,
    ups: 1,
  }
}

export const subView = (s: Sub, user: User): Record<string, unknown> => ({
  display_name: s.name,
  name: s.fullname,
  title: s.title,
  icon_img: avatar(s.name, s.hue),
  community_icon: '',
  subscribers: s.members,
  over18: s.over18,
  subreddit_type: s.type,
  submission_type: s.takes,
  allow_images: s.images,
  allow_videos: s.videos,
  allow_galleries: s.galleries,
  allow_polls: s.polls,
  spoilers_enabled: s.spoilers,
  link_flair_enabled: s.flairs.length > 0,
  can_assign_link_flair: s.flairs.some((f) => !f.modOnly),
  user_is_moderator: s.moderators.includes(user.id),
  user_is_banned: s.banned.includes(user.id),
  user_is_contributor: s.moderators.includes(user.id),
  user_is_subscriber: true,
  restrict_posting: s.type === 'restricted',
  quarantine: false,
})

export const listing = (kind: string, items: Record<string, unknown>[], after: string | null = null) => ({
  kind: 'Listing',
  data: {
    after,
    before: null,
    dist: items.length,
    modhash: null,
    children: items.map((data) => ({ kind, data })),
  },
})
