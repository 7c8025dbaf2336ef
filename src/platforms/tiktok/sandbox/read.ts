/** User info and the account's own public posts (fact sheet §2, §6). */
import { isObject } from '#kit/sandbox/body.ts'
import { checkFields, is } from '#kit/sandbox/fields.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreFields } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { bodyOf, caller, ok, stop } from './answers.ts'
import { list as n } from './numbers.ts'
import { avatarOf, type Post, type TikTokWorld, type User } from './state.ts'
import { isPublic } from './tasks.ts'

const seedOf = (text: string) => [...text].reduce((h, ch) => (h * 31 + ch.codePointAt(0)!) % 9973, 7)

/** Counts that grow with the age of a post, different for each and always the same for the same moment. */
export const countsAt = (world: TikTokWorld, p: Post) => {
  const hours = Math.max(0, (world.now() - p.at) / 3_600_000)
  const views =
    p.privacy === 'SELF_ONLY' || p.draft ? 0 : Math.floor((90 + (seedOf(p.id) % 800)) * Math.log1p(hours * 4))
  const share = (per: number) => Math.floor(views / per)
  return { view_count: views, like_count: share(11), comment_count: share(140), share_count: share(90) }
}

const statsOf = (world: TikTokWorld, u: User) => {
  const posts = world.state.posts.filter((p) => p.author === u.openId && !p.draft && !p.deleted)
  return {
    follower_count: 240 + (seedOf(u.openId) % 3000),
    following_count: 61,
    likes_count: posts.reduce((sum, p) => sum + countsAt(world, p).like_count, 0),
    video_count: posts.length,
  }
}

const userFields = (world: TikTokWorld, u: User): Record<string, Record<string, unknown>> => ({
  'user.info.basic': {
    open_id: u.openId,
    union_id: u.unionId,
    avatar_url: avatarOf(u),
    avatar_url_100: avatarOf(u),
    avatar_large_url: avatarOf(u),
    display_name: u.name,
  },
  'user.info.profile': {
    bio_description: '',
    profile_deep_link: `https://vm.tiktok.com/${u.username}`,
    profile_web_link: `https://www.tiktok.com/@${u.username}`,
    is_verified: false,
    username: u.username,
  },
  'user.info.stats': statsOf(world, u),
})

/** The fields asked for; one that does not exist is refused, as is a request for none. */
const asked = (world: TikTokWorld, req: SandboxRequest, known: readonly string[]): string[] => {
  const names = (req.query.get('fields') ?? '').split(',').filter(Boolean)
  const odd = names.find((x) => !known.includes(x))
  if (names.length === 0 || odd !== undefined)
    stop(world, 400, 'invalid_params', odd === undefined ? 'fields is required' : `Invalid field: ${odd}`)
  return names
}

const userInfo =
  (world: TikTokWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, { scope: 'user.info.basic', limit: 'display', route: 'user-info' })
    const groups = userFields(world, c.user)
    const names = asked(world, req, Object.values(groups).flatMap(Object.keys))
    const user: Record<string, unknown> = {}
    for (const name of names) {
      const [scope, fields] = Object.entries(groups).find(([, f]) => name in f)!
      if (!c.scopes.includes(scope))
        stop(world, 401, 'scope_not_authorized', `The user did not authorize the scope required: ${scope}.`)
      user[name] = fields[name]
    }
    return ok(world, { user })
  }

const videoOf = (world: TikTokWorld, p: Post): Record<string, unknown> => {
  const user = world.state.users.find((u) => u.openId === p.author)
  const url = `https://www.tiktok.com/@${user?.username}/${p.media}/${p.id}`
  const caption = p.media === 'video' ? p.title : [p.title, p.description].filter(Boolean).join(' ')
  return {
    id: p.id,
    create_time: Math.floor(p.at / 1000),
    cover_image_url: `${world.url}/_blob/${p.held[0]?.key}`,
    share_url: `${url}?utm_campaign=tt4d_open_api&utm_source=sandbox`,
    video_description: caption,
    duration: Math.round(p.durationMs / 1000),
    height: p.height,
    width: p.width,
    title: p.media === 'video' ? p.title : p.title || p.description,
    embed_html: '',
    embed_link: url,
    ...countsAt(world, p),
  }
}
const VIDEO_FIELDS = [
  'id',
  'create_time',
  'cover_image_url',
  'share_url',
  'video_description',
  'duration',
  'height',
  'width',
  'title',
  'embed_html',
  'embed_link',
  'like_count',
  'comment_count',
  'share_count',
  'view_count',
]
const pick = (from: Record<string, unknown>, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, from[name]]))

const videoList =
  (world: TikTokWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, { scope: 'video.list', limit: 'display', route: 'video-list' })
    const names = asked(world, req, VIDEO_FIELDS)
    const body = bodyOf(world, req, { empty: true })
    const problems = checkFields(body, {
      cursor: { check: is.integer(0, Number.MAX_SAFE_INTEGER) },
      max_count: { check: is.integer(1, n.max) },
    })
    const [wrong] = ignoreFields(req, problems)
    if (wrong) stop(world, 400, 'invalid_params', `${wrong.field} ${wrong.message}`)
    const before = typeof body.cursor === 'number' ? body.cursor : Number.POSITIVE_INFINITY
    const size = typeof body.max_count === 'number' ? body.max_count : n.default
    const all = world.state.posts
      .filter((p) => p.author === c.user.openId && isPublic(world, p) && p.at < before)
      .sort((a, b) => b.at - a.at)
    const page = all.slice(0, size)
    return ok(world, {
      videos: page.map((p) => pick(videoOf(world, p), names)),
      cursor: page.at(-1)?.at ?? world.now(),
      has_more: all.length > page.length,
    })
  }

const videoQuery =
  (world: TikTokWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, { scope: 'video.list', limit: 'display', route: 'video-query' })
    const names = asked(world, req, VIDEO_FIELDS)
    const body = bodyOf(world, req)
    const ids = isObject(body.filters) ? body.filters.video_ids : undefined
    const wrong = is.listOf(is.string, 1, n.max)(ids)
    if (wrong) stop(world, 400, 'invalid_params', `filters.video_ids ${wrong}`)
    const videos = world.state.posts.filter(
      (p) => (ids as string[]).includes(p.id) && p.author === c.user.openId && isPublic(world, p),
    )
    return ok(world, { videos: videos.map((p) => pick(videoOf(world, p), names)) })
  }

export const readRoutes = (world: TikTokWorld): SandboxRoute[] => [
  route('user-info', 'GET open.tiktokapis.com/v2/user/info/', userInfo(world)),
  route('video-list', 'POST open.tiktokapis.com/v2/video/list/', videoList(world)),
  route('video-query', 'POST open.tiktokapis.com/v2/video/query/', videoQuery(world)),
]
