/**
 * What a post may hold and when it may change, pure.
 *
 * A publication is *open* while a person may still shape it: nothing of it can be on a network. One that is in the
 * engine's hands or out is *locked*: an edit may touch the rest of the post, never what has left or is leaving.
 */
import type { Content, PostInput, PublicationState } from '#contract/posts.ts'
import { maxChannelsPerPost } from '#contract/posts.ts'
import { Problem } from '#contract/problems.ts'
import type { Finding } from '#kit/facts/preflight.ts'

/** Characters (UTF-16) of one post over its base text, first comments and every channel's own text. */
export const maxContentChars = 500_000

/** How long before the due time (ms) the forecast runs. */
export const forecastAheadMs = 10 * 60_000

const contentChars = (content: Content | null): number =>
  content === null ? 0 : content.segments.reduce((n, s) => n + s.text.length, content.firstComment?.length ?? 0)

/** Refuses what no workspace could publish. Throws `too-many-channels`, `validation` (a channel twice), `too-large`. */
export const checkInput = (input: PostInput): void => {
  const n = input.publications.length
  if (n > maxChannelsPerPost)
    throw new Problem('too-many-channels', `This post names ${n} channels; one post takes ${maxChannelsPerPost}.`)
  const seen = new Set<string>()
  input.publications.forEach(({ channelId }, i) => {
    const path = `publications.${i}.channelId`
    const message = 'this channel is already on the post'
    if (seen.has(channelId)) throw new Problem('validation', `${path}: ${message}`, { errors: [{ path, message }] })
    seen.add(channelId)
  })
  const chars = input.publications.reduce((sum, p) => sum + contentChars(p.content), contentChars(input.content))
  if (chars > maxContentChars)
    throw new Problem(
      'too-large',
      `The texts of this post are ${chars} characters together; ${maxContentChars} is the limit.`,
    )
}

/** Media ids with the path of the field that names them, in order. */
export const mediaPaths = (input: Pick<PostInput, 'content' | 'publications'>): { id: string; path: string }[] => {
  const of = (content: Content | null, at: string) =>
    (content?.segments ?? []).flatMap((s, i) =>
      s.mediaIds.map((id, j) => ({ id, path: `${at}content.segments.${i}.mediaIds.${j}` })),
    )
  return [...of(input.content, ''), ...input.publications.flatMap((p, i) => of(p.content, `publications.${i}.`))]
}

/** Media ids a content names, in order. */
export const mediaOf = (content: Content | null): string[] => content?.segments.flatMap((s) => s.mediaIds) ?? []

type Shape = { state: PublicationState; begun: boolean }

/** Out, on its way, or nobody knows: its words must stay as they are. */
export const locked = (p: Shape): boolean =>
  p.begun || p.state === 'published' || p.state === 'unconfirmed' || p.state === 'publishing' || p.state === 'waiting'

/** May it be taken off the post? A publication whose create step began may be on the network, whatever its state. */
export const removable = (p: Shape): boolean => !locked(p) && !p.begun

/** May a post with this publication be deleted? A failed one that left nothing on the network does not stand in the way. */
export const deletable = (p: Shape & { externalId: string | null; permalink: string | null }): boolean => {
  if (p.state === 'published' || p.state === 'unconfirmed') return false
  return !p.begun || (p.state === 'failed' && p.externalId === null && p.permalink === null)
}

/** Same JSON value, key order aside; undefined members count as absent. */
export const same = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [x, y] = [a, b] as [Record<string, unknown>, Record<string, unknown>]
  return [...new Set([...Object.keys(x), ...Object.keys(y)])].every((k) => same(x[k], y[k]))
}

type Existing = Shape & { channelId: string; content: Content | null; settings: unknown }

/**
 * Refuses an edit that would change a publication that has left or is leaving. Throws `conflict` and names the way out.
 * `settings` as they would be stored, `given` as they came: a schema that learnt a default since is no change.
 */
export const checkEdit = (
  from: { content: Content; publications: readonly Existing[] },
  to: {
    content: Content
    publications: readonly { channelId: string; content: Content | null; settings: unknown; given: unknown }[]
  },
): void => {
  for (const p of from.publications) {
    const wanted = to.publications.find((x) => x.channelId === p.channelId)
    if (!wanted) {
      if (!removable(p))
        throw new Problem(
          'conflict',
          `Publishing has begun on channel ${p.channelId}; it cannot be taken off the post.`,
        )
      continue
    }
    if (!locked(p)) continue
    const sameSettings = same(p.settings, wanted.settings) || same(p.settings, wanted.given)
    if (!same(p.content ?? from.content, wanted.content ?? to.content) || !sameSettings)
      throw new Problem(
        'conflict',
        `Publishing has begun on channel ${p.channelId} (${p.state}); what goes out there can no longer change. Give the other channels a text of their own, or unschedule first.`,
      )
  }
}

/** What stops a schedule. */
export const errorsOf = (findings: readonly Finding[]): Finding[] => findings.filter((f) => f.level === 'error')

/** Findings about the account, not about the words: an edit of a scheduled post is not refused for them. */
export const aboutChannel = (f: Finding): boolean => /^(channel|workspace|quota)\./.test(f.kind)

/** What the calendar should warn of shortly before the due time: what will be refused, and accounts in trouble. */
export const worthSaying = (findings: readonly Finding[]): Finding[] =>
  findings.filter((f) => f.level === 'error' || aboutChannel(f))

export type ChannelHealth = {
  platform: string
  name: string
  state: 'ok' | 'reconnect' | 'blocked'
  stateReason: string | null
  removed: boolean
  paused: boolean
  workspacePaused: boolean
  /** Epoch ms when a token nobody can refresh ends; null: it does not, or the keeper refreshes it. */
  tokenEnds: number | null
  /** Epoch ms until which the network asked for silence. */
  notBefore: number | null
}

/** What stands in the way on the channel's side. `dueAt` in epoch ms, null when there is no plan yet; `soon`: due within minutes. */
export const channelFindings = (c: ChannelHealth, o: { dueAt: number | null; soon: boolean }): Finding[] => {
  const out: Finding[] = []
  const add = (kind: string, level: Finding['level'], message: string, remedy: string, more: Finding['params'] = {}) =>
    out.push({ rule: `${c.platform}.${kind}`, kind, level, message, remedy, params: { channel: c.name, ...more } })
  const iso = (ms: number) => new Date(ms).toISOString()
  if (c.removed)
    add('channel.removed', 'error', `${c.name} is no longer connected.`, 'Connect it again, or take it off the post.')
  else if (c.state === 'reconnect')
    add(
      'channel.reconnect',
      'error',
      c.stateReason ?? `${c.name} has lost its permission.`,
      'Connect the channel again.',
      { why: c.stateReason ?? '' },
    )
  else if (c.state === 'blocked')
    add(
      'channel.blocked',
      'error',
      c.stateReason ?? `The network refuses ${c.name}.`,
      'See what the network says about the account, then check the channel.',
      { why: c.stateReason ?? '' },
    )
  if (c.paused)
    add('channel.paused', 'warning', `${c.name} is paused.`, 'Resume the channel, or nothing goes out there.')
  if (c.workspacePaused)
    add('workspace.paused', 'warning', 'The workspace is paused.', 'Resume it, or nothing goes out.')
  if (o.dueAt === null) return out
  if (c.tokenEnds !== null && c.tokenEnds <= o.dueAt)
    add(
      'channel.token-ends',
      o.soon ? 'error' : 'warning',
      `The permission of ${c.name} ends at ${iso(c.tokenEnds)}, before the post is due.`,
      'Connect the channel again before then.',
      { until: iso(c.tokenEnds) },
    )
  if (c.notBefore !== null && c.notBefore > o.dueAt)
    add(
      'channel.slow',
      'warning',
      `The network takes nothing from ${c.name} before ${iso(c.notBefore)}.`,
      'It goes out then.',
      { until: iso(c.notBefore) },
    )
  return out
}

export type QuotaState = {
  bucket: string
  label: string
  used: number
  cap: number
  /** Epoch ms when it is full again; null: unknown. */
  resetsAt: number | null
  /** What the network says of the account counts posts; of the others a call takes one. */
  source: 'budget' | 'headers' | 'account'
}

/**
 * Quotas that would not do. `needs`: how many posts go out (a thread has several). A quota that is full again before the
 * post is due says nothing. No error: the engine waits for room, and uses up no try.
 */
export const quotaFindings = (
  platform: string,
  quotas: readonly QuotaState[],
  o: { dueAt: number | null; soon: boolean; needs: number },
): Finding[] =>
  quotas.flatMap((q): Finding[] => {
    const left = Math.max(0, q.cap - q.used)
    const counted = q.source === 'account' ? o.needs : 1
    if (left >= counted) return []
    if (o.dueAt !== null && (q.resetsAt === null ? !o.soon : q.resetsAt <= o.dueAt)) return []
    const until = q.resetsAt === null ? null : new Date(q.resetsAt).toISOString()
    return [
      {
        rule: `${platform}.quota.spent`,
        kind: 'quota.spent',
        level: 'warning',
        message:
          left === 0
            ? `${q.label}: all ${q.cap} are used.`
            : `${q.label}: ${left} of ${q.cap} are left, this post takes ${counted}.`,
        remedy: until
          ? `It goes out when there is room, from ${until}; or choose a later time.`
          : 'Choose a later time.',
        params: { quota: q.label, bucket: q.bucket, limit: q.cap, used: q.used, left, ...(until ? { until } : {}) },
      },
    ]
  })

/** A settings issue, as zod gives it. */
export type SettingsIssue = { path: PropertyKey[]; message: string }

/** A draft may be incomplete (preflight says so when it is scheduled), but not wrong: the issues about what was really given. */
export const wrongSettings = (given: unknown, issues: readonly SettingsIssue[]): SettingsIssue[] =>
  issues.filter(({ path }) => {
    const value = path.reduce<unknown>(
      (v, key) => (typeof v === 'object' && v !== null ? (v as Record<PropertyKey, unknown>)[key] : undefined),
      given,
    )
    return value !== undefined && value !== null && value !== ''
  })
