/** creator_info: what an account may do now, and the states in which it may not post (fact sheet §3.1, §7). */
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { bodyOf, type Caller, caller, ok, stop } from './answers.ts'
import { daily } from './numbers.ts'
import { avatarOf, type TikTokWorld, type User } from './state.ts'

export const optionsOf = (u: User): string[] => [
  u.private ? 'FOLLOWER_OF_CREATOR' : 'PUBLIC_TO_EVERYONE',
  'MUTUAL_FOLLOW_FRIENDS',
  'SELF_ONLY',
]

/** Refuses an account at its cap or banned. `status`: creator_info says it with 200, the calls that post with 403. */
export const checkCreator = (world: TikTokWorld, c: Caller, status: 200 | 403): void => {
  const since = world.now() - daily.windowMs
  // An upload nobody finished is no post.
  const recent = Object.values(world.state.tasks).filter(
    (t) => !t.draft && t.status !== 'FAILED' && t.madeAt > since && (t.readyAt !== null || t.urls.length > 0),
  )
  if (c.user.banned)
    stop(world, status, 'spam_risk_user_banned_from_posting', 'The user is banned from making new posts.')
  const capped = world.knob('duplicateGuard') !== 0
  if (capped && recent.filter((t) => t.owner === c.user.openId).length >= world.knob('dailyPosts'))
    stop(world, status, 'spam_risk_too_many_posts', 'The daily post cap from the API is reached for the current user.')
  const users = new Set(recent.map((t) => t.owner)).add(c.user.openId)
  if (world.knob('audited') === 0 && users.size > daily.unauditedUsers)
    stop(world, status, 'reached_active_user_cap', 'The daily quota for active publishing users is reached.')
}

const info =
  (world: TikTokWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, { scope: 'video.publish', limit: 'creator', route: 'creator-info' })
    const body = bodyOf(world, req, { empty: true })
    if (Object.keys(body).length > 0) stop(world, 400, 'invalid_params', 'The body must be empty')
    checkCreator(world, c, 200)
    const { user } = c
    return ok(world, {
      creator_avatar_url: avatarOf(user),
      creator_username: user.username,
      creator_nickname: user.name,
      privacy_level_options: optionsOf(user),
      comment_disabled: user.commentDisabled,
      duet_disabled: user.duetDisabled,
      stitch_disabled: user.stitchDisabled,
      max_video_post_duration_sec: user.maxSecs,
    })
  }

export const creatorRoutes = (world: TikTokWorld): SandboxRoute[] => [
  route('creator-info', 'POST open.tiktokapis.com/v2/post/publish/creator_info/query/', info(world)),
]
