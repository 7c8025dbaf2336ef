/** What the account is and may do now, its boards and their sections, and how many calls are left. */
import type { AccountNow, ChannelContext, Option, Quota } from '#kit/client/platform.ts'
import type { Json } from '#kit/client/steps.ts'
import { type Account, accessOf, boards, type Environment, sections, userAccount } from './api.ts'

/** Facts of a channel. `trial`: it lives on Pinterest's sandbox, where nobody else sees its pins. */
export const factsOf = (user: Account, environment: Environment): Record<string, Json> => ({
  accountType: user.account_type ?? 'PINNER',
  boards: user.board_count ?? null,
  pins: user.pin_count ?? null,
  followers: user.follower_count ?? null,
  trial: environment === 'sandbox',
})

export const account = async (t: ChannelContext): Promise<AccountNow> => {
  const c = accessOf(t)
  return { facts: factsOf(await userAccount(c), c.environment) }
}

/** 250 a page: nobody chooses from more than a thousand by hand. */
const maxPages = 4

const all = async <T>(ask: (bookmark?: string) => Promise<{ items: T[]; bookmark?: string | null }>): Promise<T[]> => {
  const out: T[] = []
  let bookmark: string | undefined
  for (let n = 0; n < maxPages; n++) {
    const page = await ask(bookmark)
    out.push(...page.items)
    if (!page.bookmark) break
    bookmark = page.bookmark
  }
  return out
}

const hints: Record<string, string> = { SECRET: 'secret', PROTECTED: 'protected' }

export const options = {
  boards: async (t: ChannelContext): Promise<Option[]> => {
    const list = await all((bookmark) => boards(accessOf(t), bookmark))
    // Ad-only boards take no pins of ours.
    return list
      .filter((b) => !b.is_ads_only)
      .map((b) => ({
        value: b.id,
        label: b.name,
        ...(hints[b.privacy ?? ''] ? { hint: hints[b.privacy ?? ''] } : {}),
        ...(b.media?.image_cover_url ? { imageUrl: b.media.image_cover_url } : {}),
      }))
  },
  /** `boardId` says of which board; none without it. */
  sections: async (t: ChannelContext, params: Record<string, string>): Promise<Option[]> => {
    const { boardId } = params
    if (!boardId || !/^\d+$/.test(boardId)) return []
    const list = await all((bookmark) => sections(accessOf(t), boardId, bookmark))
    return list.map((s) => ({ value: s.id, label: s.name }))
  },
}

/**
 * `x-ratelimit-limit: 100, 100;w=1, 1000;w=60`: the limit `remaining` and `reset` (seconds) speak of, then every window.
 * Windows below a minute are of no use to a person; that of Trial access is a day of 1,000 calls (fact sheet §7).
 */
export const usage = (answer: { headers: Record<string, string> }, now: number): Quota[] => {
  const given = answer.headers['x-ratelimit-limit']?.split(',').map((x) => x.trim()) ?? []
  const remaining = Number.parseInt(answer.headers['x-ratelimit-remaining'] ?? '', 10)
  const reset = Number.parseFloat(answer.headers['x-ratelimit-reset'] ?? '')
  const cap = Number.parseInt(given[0] ?? '', 10)
  const policy = given.slice(1).find((p) => Number.parseInt(p, 10) === cap)
  const window = Number(/w=(\d+)/.exec(policy ?? '')?.[1])
  if (!Number.isFinite(cap) || !Number.isFinite(remaining) || !(window >= 60)) return []
  return [
    {
      bucket: `calls-${window}`,
      label: window >= 86_400 ? 'Calls to Pinterest in a day' : 'Calls to Pinterest in a minute',
      used: Math.min(cap, Math.max(0, cap - remaining)),
      cap,
      resetsAt: Number.isFinite(reset) ? new Date(now + reset * 1000).toISOString() : null,
    },
  ]
}
