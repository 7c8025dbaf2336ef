/**
 * The token keeper's decisions, pure. Instants are epoch ms, UTC; randomness comes in as a function giving [0, 1).
 *
 * Two facts rule them: "revoked" is not "could not ask" (only the network's own word ends a channel), and on a network
 * that rotates refresh tokens a lost answer may have been the only copy of the new one.
 */
import type { Failure } from '#kit/facts/failures.ts'

/** The parts of a grant these rules read (`Grant` of the kit's client, which is not pure). Instants are ISO 8601. */
export type GrantParts = {
  refresh?: string
  expiresAt?: string
  refreshExpiresAt?: string
  scopes?: string[]
  extra?: Record<string, string>
}

const minute = 60_000
const hour = 60 * minute
/** Tokens that live longer than this are refreshed by share of life, shorter ones by minutes. */
export const longLife = 48 * hour
export const aheadMs = 5 * minute
/** An access token that ends sooner than this is as good as over: the call would arrive too late. */
export const overMs = 10_000
export const backoffCapMs = hour

/** ISO instant to epoch ms; null when absent or unreadable. */
export const at = (iso: string | undefined): number | null => {
  const ms = iso === undefined ? Number.NaN : Date.parse(iso)
  return Number.isNaN(ms) ? null : ms
}

/**
 * When to refresh a grant obtained at `now`: 5 minutes ahead for hour-long tokens, at 80 % of life for long ones,
 * earlier by a jitter so that channels connected together do not refresh together. Null: never (it does not expire, or
 * the network has no refresh). Never later than the refresh token's own end.
 */
export const refreshAt = (
  grant: Pick<GrantParts, 'expiresAt' | 'refreshExpiresAt'>,
  o: { now: number; refreshable: boolean; random: () => number },
): number | null => {
  const ends = at(grant.expiresAt)
  if (ends === null || !o.refreshable) return null
  const life = Math.max(0, ends - o.now)
  const jitter = o.random()
  const early = Math.min(aheadMs, life * 0.2)
  const due =
    life > longLife ? o.now + life * (0.8 - 0.05 * jitter) : ends - early - Math.min(2 * minute, life * 0.1) * jitter
  const last = at(grant.refreshExpiresAt)
  const bound = last === null ? due : Math.min(due, last - Math.min(aheadMs, Math.max(0, last - o.now) * 0.2))
  return Math.floor(Math.max(o.now, bound))
}

export type TokenView = {
  expiresAt: number | null
  /** When the token was stored. */
  since: number
  /** When the keeper looks at it next. */
  refreshAt: number | null
  tries: number
  /** A refresh began and its answer was never stored. */
  lost: boolean
  refreshable: boolean
  rotates: boolean
}

/**
 * What to do with a token that is wanted now. `use`: as it is. `try`: refresh, and use the old one if that cannot be
 * asked. `refresh`: only a fresh one will do. `wait`: over, and the network was asked in vain a moment ago. `dead`:
 * over, and there is no way to renew it.
 */
export const onUse = (t: TokenView, now: number): 'use' | 'try' | 'refresh' | 'wait' | 'dead' => {
  const left = t.expiresAt === null ? Number.POSITIVE_INFINITY : t.expiresAt - now
  if (!t.refreshable) return left <= 0 ? 'dead' : 'use'
  const margin = t.expiresAt === null ? 0 : Math.min(aheadMs, Math.max(0, t.expiresAt - t.since) * 0.2)
  const over = left <= Math.min(overMs, margin)
  const backingOff = t.tries > 0 && t.refreshAt !== null && t.refreshAt > now
  if (over) return backingOff ? 'wait' : 'refresh'
  const wanted = left < margin || (t.lost && t.rotates)
  return wanted && !backingOff ? 'try' : 'use'
}

/** A hiccup is over within seconds: the waits (ms) after the first failures. */
const quickMs = [2_000, 8_000] as const

/**
 * How long until a refresh is asked for again (ms): a second or two, then some seconds; then full jitter, anything up to
 * 60 s x 2^n, at most an hour. `tries` counts the failures before this one.
 */
export const backoff = (tries: number, random: () => number): number => {
  const quick = quickMs[tries]
  if (quick !== undefined) return Math.floor((quick / 2) * (1 + random()))
  const most = Math.min(backoffCapMs, minute * 2 ** Math.min(tries - quickMs.length, 10))
  return Math.max(quickMs[1], Math.floor(random() * most))
}

export type RefreshVerdict =
  /** The channel needs its person. */
  | { next: 'reconnect'; reason: string }
  /** The network refuses the account. */
  | { next: 'blocked'; reason: string }
  /** Ask again at `at`; the channel stays as it is. `lost`: keep the mark of a lost answer. */
  | { next: 'again'; at: number; lost: boolean }

export const lostAnswer =
  'The answer to the last token refresh was lost and the network no longer takes the old token. Connect the channel again; everything scheduled is kept.'
export const runOut = 'The sign-in has run out. Connect the channel again; everything scheduled is kept.'
export const unreadable =
  'The stored token cannot be read: it was changed, or the key it was sealed with is gone. Connect the channel again; everything scheduled is kept.'
export const noRefresh =
  'The network no longer takes the token, and it offers no way to renew it. Connect the channel again; everything scheduled is kept.'

/**
 * What a failed refresh means. `lost`: an earlier refresh of this token began and its answer was never stored; then the
 * old token has been tried once more, and "invalid" means the new one is gone for good. A request that provably never
 * left does not settle an earlier lost answer, so the mark stays.
 */
export const judgeRefresh = (o: {
  failure: Pick<Failure, 'kind' | 'message' | 'until'>
  rotates: boolean
  lost: boolean
  tries: number
  refreshExpiresAt: number | null
  now: number
  random: () => number
}): RefreshVerdict => {
  const { failure, now } = o
  if (failure.kind === 'reconnect')
    return { next: 'reconnect', reason: o.lost && o.rotates ? lostAnswer : failure.message }
  if (failure.kind === 'refused-account') return { next: 'blocked', reason: failure.message }
  if (o.refreshExpiresAt !== null && o.refreshExpiresAt <= now) return { next: 'reconnect', reason: runOut }
  const lost = o.rotates && (o.lost || failure.kind === 'unknown-outcome')
  const until = failure.kind === 'too-fast' ? at(failure.until) : null
  return { next: 'again', at: until === null ? now + backoff(o.tries, o.random) : Math.max(now + 1000, until), lost }
}

/**
 * What a caller is told when a refresh failed. A refresh comes before the caller's own step, so its lost answer says
 * nothing about that step: `unknown-outcome` becomes `try-later`, never a reason to look for a post. `again` (epoch ms): when
 * the refresh is asked for again; it is no use to come before that.
 */
export const forCaller = (failure: Failure, again: number): Failure =>
  failure.kind === 'reconnect' || failure.kind === 'too-fast' || failure.kind === 'refused-account'
    ? failure
    : { ...failure, kind: 'try-later', until: new Date(again).toISOString() }

/** A refresh answer over the grant it renews: networks that send no new refresh token mean "keep the old one". */
export const renewed = <G extends GrantParts>(old: G, fresh: G): G => ({
  ...fresh,
  refresh: fresh.refresh ?? old.refresh,
  refreshExpiresAt:
    fresh.refresh === undefined || fresh.refresh === old.refresh
      ? (fresh.refreshExpiresAt ?? old.refreshExpiresAt)
      : fresh.refreshExpiresAt,
  scopes: fresh.scopes ?? old.scopes,
  extra: fresh.extra ?? old.extra,
})

/**
 * The callback address as networks want it: `localhost` becomes `127.0.0.1`, since X and Bluesky refuse the name (fact
 * sheets x-com.md §1, bluesky.md §1; RFC 8252 §7.3 prefers the literal too). Anything else is left byte for byte. The
 * callback door leads the browser back to where its cookies live.
 */
export const loopbackLiteral = (url: string): string =>
  url.replace(/^(https?:\/\/)localhost(?=[:/]|$)/i, (_, scheme: string) => `${scheme}127.0.0.1`)
