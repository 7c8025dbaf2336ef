/** Who the account is, where it may post, what a community asks for, and how many calls are left. */
import type { AccountNow, ChannelContext, Option, Quota } from '#kit/client/platform.ts'
import type { Json } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf } from './access.ts'
import { type Community, community } from './community.ts'
import {
  about,
  flairsOf,
  joined,
  type Me,
  postRequirements,
  type Requirements,
  rulesOf,
  type Subreddit,
  searchSubreddits,
  whoAmI,
} from './places.ts'
import { namePattern } from './spec.ts'
import { bareName, sameName, shownName } from './text.ts'

export const factsOf = (user: Me): Record<string, Json> => ({
  karma: user.total_karma ?? (user.link_karma ?? 0) + (user.comment_karma ?? 0),
  createdAt: user.created_utc ? new Date(user.created_utc * 1000).toISOString() : null,
  verifiedEmail: user.has_verified_email ?? null,
  suspended: user.is_suspended ?? false,
})

export const account = async (t: ChannelContext): Promise<AccountNow> => ({ facts: factsOf(await whoAmI(accessOf(t))) })

/** 100 a page: nobody chooses from more than five hundred by hand, there is the search for that. */
const maxPages = 5

const members = (n: number | null | undefined) =>
  n === null || n === undefined ? '' : `${n.toLocaleString('en-US', { notation: 'compact' })} members`

const optionOf = (s: Subreddit): Option => {
  const hint = [s.user_is_moderator ? 'moderator' : '', s.title ?? '', members(s.subscribers)]
    .filter(Boolean)
    .join(' · ')
  const imageUrl = s.community_icon || s.icon_img
  return {
    value: s.display_name,
    label: shownName(s.display_name),
    ...(hint ? { hint } : {}),
    ...(imageUrl ? { imageUrl } : {}),
    data: { over18: s.over18 ?? false },
  }
}

/** What was typed, found first; then communities the account moderates, those it joined, and its own profile. */
const subreddits = async (t: ChannelContext, params: Record<string, string>): Promise<Option[]> => {
  const c = accessOf(t)
  const q = params.q?.trim()
  if (q) return (await searchSubreddits(c, q)).map(optionOf)
  const all: Subreddit[] = []
  let after: string | undefined
  for (let n = 0; n < maxPages; n++) {
    const page = await joined(c, after)
    all.push(...page.items)
    after = page.after
    if (!after) break
  }
  const profile = `u_${t.channel.handle}`
  const rank = (s: Subreddit) => (s.user_is_moderator ? 0 : 1)
  const open = all
    .filter((s) => !sameName(s.display_name, profile) && !/^u_/i.test(s.display_name))
    .sort((a, b) => rank(a) - rank(b) || a.display_name.localeCompare(b.display_name))
  return [...open.map(optionOf), { value: profile, label: shownName(profile), hint: 'your own profile' }]
}

const wanted = (params: Record<string, string>): string | null => {
  const name = bareName(params.subreddit ?? '')
  return namePattern.test(name) ? name : null
}

const few = (list: readonly string[] | null | undefined) => (list ?? []).slice(0, 200).map((s) => s.slice(0, 500))
const oneOf = <T extends string>(words: readonly T[], given: string | null | undefined): T =>
  words.find((w) => w.toLowerCase() === given?.toLowerCase()) ?? words[0]!

const snapshot = (s: Subreddit, r: Requirements | null, now: number): Community =>
  community.parse({
    name: s.display_name,
    at: now,
    takes: oneOf(['any', 'link', 'self'] as const, s.submission_type),
    images: s.allow_images ?? true,
    videos: s.allow_videos ?? true,
    galleries: s.allow_galleries ?? true,
    polls: s.allow_polls ?? true,
    spoilers: s.spoilers_enabled ?? true,
    over18: s.over18 ?? false,
    banned: s.user_is_banned ?? false,
    closed:
      (s.restrict_posting === true ||
        /^(restricted|private|archived|employees_only|gold_)/.test(s.subreddit_type ?? '')) &&
      !s.user_is_contributor &&
      !s.user_is_moderator &&
      s.subreddit_type !== 'user',
    flairRequired: r?.is_flair_required ?? false,
    titleMin: r?.title_text_min_length,
    titleMax: r?.title_text_max_length,
    titleNeeds: few(r?.title_required_strings),
    titleBans: few(r?.title_blacklisted_strings),
    bodyPolicy: oneOf(['none', 'required', 'notAllowed'] as const, r?.body_restriction_policy),
    bodyMin: r?.body_text_min_length,
    bodyMax: r?.body_text_max_length,
    bodyNeeds: few(r?.body_required_strings),
    bodyBans: few(r?.body_blacklisted_strings),
    patterns: Boolean(r?.title_regexes?.length || r?.body_regexes?.length),
    links: oneOf(['none', 'blacklist', 'whitelist'] as const, r?.link_restriction_policy),
    domains: few(r?.link_restriction_policy === 'whitelist' ? r.domain_whitelist : r?.domain_blacklist),
    galleryMin: r?.gallery_min_items,
    galleryMax: r?.gallery_max_items,
    captionsRequired: /^required/i.test(r?.gallery_captions_requirement ?? ''),
  })

/** Refused with one of these, a list is simply empty. */
const orNone = async <T>(work: Promise<T>, none: T): Promise<T> => {
  try {
    return await work
  } catch (error) {
    const status = error instanceof PlatformFailure ? error.failure.status : undefined
    if (status === 403 || status === 404) return none
    throw error
  }
}

/** One option: the community, with what it asks for in `data.community` and its guidelines in `data.guidelines`. */
const communityOf = async (t: ChannelContext, params: Record<string, string>): Promise<Option[]> => {
  const name = wanted(params)
  if (!name) return []
  const c = accessOf(t)
  const found = await about(c, name)
  if (!found)
    throw new PlatformFailure({
      kind: 'gone',
      code: 'reddit.no-community',
      message: `There is no community ${shownName(name)}. Check the spelling.`,
    })
  const asked = await orNone<Requirements | null>(postRequirements(c, name), null)
  return [
    {
      ...optionOf(found),
      data: {
        community: snapshot(found, asked, t.now()) as unknown as Json,
        guidelines: asked?.guidelines_text ?? null,
      },
    },
  ]
}

const flairs = async (t: ChannelContext, params: Record<string, string>): Promise<Option[]> => {
  const name = wanted(params)
  if (!name) return []
  // 403: the community has no flairs on posts, or lets nobody choose.
  const list = await orNone(flairsOf(accessOf(t), name), [])
  return list.map((f) => ({
    value: f.flair_template_id,
    label: f.flair_text?.trim() || 'Flair',
    data: { editable: f.flair_text_editable ?? false },
  }))
}

const rules = async (t: ChannelContext, params: Record<string, string>): Promise<Option[]> => {
  const name = wanted(params)
  if (!name) return []
  const list = await orNone(rulesOf(accessOf(t), name), [])
  return list
    .filter((r) => r.kind !== 'comment')
    .sort((a, b) => (a.priority ?? 0) - (b.priority ?? 0))
    .map((r, i) => ({
      value: String(i + 1),
      label: r.short_name,
      ...(r.description ? { hint: r.description } : {}),
    }))
}

export const options = { subreddits, community: communityOf, flairs, rules }
export const optionWords = {
  subreddits: ['q'],
  community: ['subreddit'],
  flairs: ['subreddit'],
  rules: ['subreddit'],
}

/** `x-ratelimit-used`, `-remaining` (with decimals), `-reset` (seconds): calls of the whole installation in 10 minutes (§6). */
export const usage = (answer: { headers: Record<string, string> }, now: number): Quota[] => {
  const read = (what: string) => Number.parseFloat(answer.headers[`x-ratelimit-${what}`] ?? '')
  const [used, remaining, reset] = [read('used'), read('remaining'), read('reset')]
  if (!Number.isFinite(used) || !Number.isFinite(remaining)) return []
  return [
    {
      bucket: 'calls-600',
      label: 'Calls to Reddit in 10 minutes (all accounts together)',
      used,
      cap: used + Math.max(0, Math.floor(remaining)),
      resetsAt: Number.isFinite(reset) ? new Date(now + reset * 1000).toISOString() : null,
    },
  ]
}
