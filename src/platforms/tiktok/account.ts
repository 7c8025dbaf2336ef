/**
 * What TikTok says an account may do now (creator_info, fact sheet §3.1), as the channel's facts. Preflight and the
 * settings form read them; the audit demands that they are fresh when somebody writes and right before posting.
 */

import type { AccountNow, ChannelContext } from '#kit/client/platform.ts'
import type { Json, StepView } from '#kit/client/steps.ts'
import { sureLength } from '#kit/facts/draft.ts'
import { type Failure, PlatformFailure } from '#kit/facts/failures.ts'
import { type Access, type Creator, creatorInfo, userInfo } from './api.ts'
import { isPhotos, mediaOf } from './body.ts'
import type { Settings } from './spec.ts'

/** What these facts are called; the browser reads the same names in `facts.ts`. */
const factsOf = (c: Creator): Record<string, Json> => ({
  username: c.creator_username,
  nickname: c.creator_nickname,
  privacyOptions: c.privacy_level_options,
  commentDisabled: c.comment_disabled,
  duetDisabled: c.duet_disabled,
  stitchDisabled: c.stitch_disabled,
  maxVideoSec: c.max_video_post_duration_sec,
  cannotPost: null,
  cannotPostCode: null,
})

/** About fifteen a day, shared by all apps (§7); TikTok says only when it is used up. */
const dailyPosts = 15

/** Why an account may not post at this hour: an answer, not an error. Anything else is raised. */
const standstill = (error: unknown) => {
  if (!(error instanceof PlatformFailure)) throw error
  const { code, message } = error.failure
  if (!['tiktok.daily-cap', 'tiktok.banned', 'tiktok.user-cap'].includes(code)) throw error
  return { cannotPost: message, cannotPostCode: code }
}

/** Facts, and a quota once it is used up. Without `video.publish` TikTok tells nothing, so the facts say only that. */
export const accountNow = async (
  c: Access,
  o: { scopes: readonly string[]; credentials: Record<string, string> },
): Promise<AccountNow> => {
  const base: Record<string, Json> = {
    scopes: [...o.scopes],
    canDirect: o.scopes.includes('video.publish'),
    canInbox: o.scopes.includes('video.upload'),
    audited: /^(yes|true|1)$/i.test((o.credentials.audited ?? '').trim()),
  }
  if (!base.canDirect) return { facts: base }
  try {
    return { facts: { ...base, ...factsOf(await creatorInfo(c)) } }
  } catch (error) {
    const stopped = standstill(error)
    return {
      facts: { ...base, ...stopped },
      ...(stopped.cannotPostCode === 'tiktok.daily-cap'
        ? {
            quotas: [
              {
                bucket: 'direct-posts',
                label: 'Posts by apps in 24 hours',
                used: dailyPosts,
                cap: dailyPosts,
                resetsAt: null,
              },
            ],
          }
        : {}),
    }
  }
}

export const account = (t: ChannelContext): Promise<AccountNow> =>
  accountNow({ http: t.http, access: t.grant.access }, { scopes: t.grant.scopes ?? [], credentials: t.credentials })

/** Name, handle and picture; the handle comes from creator_info where the profile scope is missing. */
export const identity = async (c: Access, scopes: readonly string[], credentials: Record<string, string>) => {
  const user = await userInfo(c, scopes)
  const { facts = {} } = await accountNow(c, { scopes, credentials })
  const handle = user.username ?? (typeof facts.username === 'string' ? facts.username : '')
  const nickname = typeof facts.nickname === 'string' ? facts.nickname : undefined
  return {
    externalId: user.open_id,
    kind: 'profile',
    name: user.display_name ?? nickname ?? (handle || 'TikTok'),
    handle,
    avatarUrl: user.avatar_url ?? null,
    profileUrl: handle ? `https://www.tiktok.com/@${handle}` : null,
    facts: { ...facts, nickname: nickname ?? user.display_name ?? null, unionId: user.union_id ?? null },
  }
}

/** What the account, as it is right now, would refuse of a direct post: said before anything is sent. */
export const refusedByCreator = (t: Pick<StepView<Settings>, 'segments' | 'settings'>, c: Creator): Failure | null => {
  const { privacy } = t.settings
  if (!privacy)
    return {
      kind: 'refused-content',
      code: 'tiktok.privacy-missing',
      message: 'Choose who can view the post. TikTok lets no app choose it for you.',
    }
  if (!c.privacy_level_options.includes(privacy))
    return {
      kind: 'refused-content',
      code: 'tiktok.privacy',
      message: 'TikTok does not offer this privacy for the account any more. Choose another.',
    }
  const video = isPhotos(t) ? undefined : mediaOf(t)[0]
  const ms = video ? sureLength(video) : null
  if (ms !== null && ms > c.max_video_post_duration_sec * 1000)
    return {
      kind: 'refused-media',
      code: 'tiktok.too-long',
      message: `The video is ${Math.round(ms / 1000)} s; TikTok lets this account post ${c.max_video_post_duration_sec} s.`,
    }
  return null
}
