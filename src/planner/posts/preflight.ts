/** What would each network refuse? Rows become the kit's drafts; the platform's own rules and the account's health answer. */
import { setImmediate } from 'node:timers/promises'
import type { Content } from '#contract/posts.ts'
import { Problem } from '#contract/problems.ts'
import { known, tell } from '#contract/strict.ts'
import type { Platform } from '#kit/client/platform.ts'
import { type Cost, type Draft, type DraftMedia, type Finding, preflight } from '#kit/facts/preflight.ts'
import type { Attachment } from '#kit/facts/spec.ts'
import type { KnownQuota } from '../channels/quotas.ts'
import { isReachable } from '../channels/reachable.ts'
import type { Apps } from './planned.ts'
import { channelFindings, errorsOf, forecastAheadMs, mediaOf, quotaFindings, wrongSettings } from './rules.ts'
import type { ChannelFacts, MediaRow } from './store.ts'

/** One post on one channel, as far as preflight cares. `own` null: the post's content. */
export type Candidate = {
  /** The publication, once it is saved. */
  id?: string
  channelId: string
  base: Content
  own: Content | null
  settings: Record<string, unknown>
  dueAt: Date | null
}
export type Facts = {
  channels: ReadonlyMap<string, ChannelFacts>
  media: ReadonlyMap<string, MediaRow>
  /** By channel id. */
  quotas: ReadonlyMap<string, readonly KnownQuota[]>
  now: Date
}
export type Checked = { channelId: string; findings: Finding[]; cost: Cost | null; quotas: KnownQuota[] }

/** What goes out on the channel: its own content or the post's. */
export const contentOf = (c: Pick<Candidate, 'base' | 'own'>): Content => c.own ?? c.base

const draftMedia = (m: MediaRow): DraftMedia => ({
  id: m.id,
  kind: m.kind,
  mime: m.mime,
  bytes: m.bytes,
  width: m.width,
  height: m.height,
  durationMs: m.duration_ms,
  alt: m.alt,
  facts: m.facts,
})

/** Media the settings point at; none when the settings are not yet what the schema wants. */
export const attachedTo = (platform: Platform | undefined, settings: unknown): readonly Attachment[] => {
  const { schema, media } = platform?.spec.settings ?? {}
  const parsed = media && schema?.safeParse(settings)
  return parsed?.success ? media!(parsed.data) : []
}

/** The kit's draft. Media that are gone are left out; `missingMedia` reports them. */
export const draftOf = (
  c: Candidate,
  channel: ChannelFacts,
  media: Facts['media'],
  attached: readonly Attachment[] = [],
): Draft => {
  const { segments, firstComment, accepts } = contentOf(c)
  const there = attached.flatMap(({ id }) => {
    const m = media.get(id)
    return m && !m.deleted_at ? [[id, draftMedia(m)] as const] : []
  })
  return {
    segments: segments.map((s) => ({
      text: s.text,
      media: s.mediaIds.flatMap((id) => {
        const m = media.get(id)
        return m && !m.deleted_at ? [draftMedia(m)] : []
      }),
    })),
    ...(firstComment ? { firstComment } : {}),
    ...(accepts ? { accepts } : {}),
    settings: c.settings,
    ...(there.length > 0 ? { attachments: Object.fromEntries(there) } : {}),
    channel: { kind: channel.kind, facts: channel.facts },
  }
}

const missingMedia = (
  c: Candidate,
  platform: string,
  media: Facts['media'],
  attached: readonly Attachment[],
): Finding[] => {
  const gone = (id: string) => !media.has(id) || (media.get(id)!.deleted_at ?? undefined) !== undefined
  const finding = (id: string, at: { segment?: number }): Finding => ({
    rule: `${platform}.media.missing`,
    kind: 'media.missing',
    level: 'error',
    message: 'A file of this post was deleted.',
    remedy: 'Remove it from the post or upload it again.',
    params: {},
    ...at,
    media: id,
  })
  return [
    ...contentOf(c).segments.flatMap((s, segment) => s.mediaIds.filter(gone).map((id) => finding(id, { segment }))),
    ...attached.filter((a) => gone(a.id)).map((a) => finding(a.id, {})),
  ]
}

const health = (c: ChannelFacts) => ({
  platform: c.platform,
  name: c.name,
  state: c.state,
  stateReason: c.state_reason,
  removed: c.removed_at !== null,
  paused: c.paused_at !== null,
  workspacePaused: c.workspace_paused_at !== null,
  tokenEnds: c.token_ends?.getTime() ?? null,
  notBefore: c.not_before?.getTime() ?? null,
})

export type Preflight = ReturnType<typeof createPreflight>

/** Live networks that fetch media from us must be able to: an address of this machine or this house is out of their reach. */
const outOfReach = (
  platform: Platform,
  channel: ChannelFacts,
  draft: Draft,
  publicUrl: string | null,
  handsOut: boolean,
): Finding[] => {
  const media = [...draft.segments.flatMap((s) => s.media), ...Object.values(draft.attachments ?? {})]
  // A setting may choose between fetching and sending (a TikTok video).
  const limits = platform.limitsFor?.(platform.spec, draft) ?? platform.spec
  if (!limits.media.pull || channel.realm !== 'live' || media.length === 0) return []
  if (publicUrl === null || isReachable(publicUrl)) return []
  // The storage hands the files out itself.
  if (handsOut && !limits.media.pullFrom) return []
  const { id, name } = platform.spec
  return [
    {
      rule: `${id}.media.unreachable`,
      kind: 'media.unreachable',
      level: 'error',
      message: `${name} fetches media from this Clarion, and cannot reach ${publicUrl}.`,
      remedy: 'Give Clarion a public https address (CLARION_URL), or post without media.',
      params: { platform: name, url: publicUrl },
    },
  ]
}

/**
 * `platforms`: id -> server face. `publicUrl`: where networks would fetch media; absent: nobody asks. `apps`: whose
 * budgets are counted; absent: those of one app. `handsOut`: the storage itself gives media to networks that fetch.
 */
export const createPreflight = (
  platforms: ReadonlyMap<string, Platform>,
  publicUrl: string | null = null,
  { appOf, sharing }: Apps = { appOf: async () => ({}), sharing: async () => ({ but: [] }) },
  handsOut = false,
) => {
  /** Everything wrong with one candidate; the words first, then the account. A platform this build lacks is an error finding. */
  const check = (c: Candidate, facts: Facts): Pick<Checked, 'findings' | 'cost'> => {
    const channel = facts.channels.get(c.channelId)
    if (!channel) throw new Error(`preflight was not given channel ${c.channelId}`)
    const dueAt = c.dueAt?.getTime() ?? null
    const soon = dueAt !== null && dueAt - facts.now.getTime() <= forecastAheadMs
    const account = channelFindings(health(channel), { dueAt, soon })
    const platform = platforms.get(channel.platform)
    if (platform) {
      const attached = attachedTo(platform, c.settings)
      const draft = draftOf(c, channel, facts.media, attached)
      const quotas = (facts.quotas.get(channel.id) ?? []).map((q) => ({
        ...q,
        resetsAt: q.resetsAt === null ? null : Date.parse(q.resetsAt),
      }))
      const findings = [
        ...preflight(platform, draft),
        ...missingMedia(c, channel.platform, facts.media, attached),
        ...outOfReach(platform, channel, draft, publicUrl, handsOut),
        ...quotaFindings(channel.platform, quotas, { dueAt, soon, needs: draft.segments.length }),
        ...account,
      ]
      return { findings, cost: platform.cost?.(draft) ?? null }
    }
    const message = `This installation has no code for the network "${channel.platform}".`
    const unknown: Finding = {
      rule: `${channel.platform}.channel.unsupported`,
      kind: 'channel.unsupported',
      level: 'error',
      message,
      remedy: 'Take the channel off the post.',
      params: { channel: channel.name },
    }
    return { findings: [unknown, ...account], cost: null }
  }

  return {
    platforms,
    appOf,
    sharing,

    /** Media the settings of a channel on this platform point at. */
    attached: (platformId: string, settings: unknown) => attachedTo(platforms.get(platformId), settings),

    /** Findings of every candidate, in order. Others get their turn after each: a hundred channels may read a long text. */
    checkAll: async (list: readonly Candidate[], facts: Facts): Promise<Checked[]> => {
      const checked: Checked[] = []
      for (const c of list) {
        if (checked.length > 0) await setImmediate()
        checked.push({
          channelId: c.channelId,
          ...check(c, facts),
          quotas: [...(facts.quotas.get(c.channelId) ?? [])],
        })
      }
      return checked
    },

    /**
     * Settings as they are stored: parsed, defaults filled in, with the schema's version. Missing ones are let through
     * (a draft may be incomplete). Throws `validation` for wrong ones, with the path below `at`.
     */
    settings: (
      platformId: string,
      given: Record<string, unknown>,
      at: string,
    ): { settings: Record<string, unknown>; version: number } => {
      const spec = platforms.get(platformId)?.spec
      if (!spec) return { settings: given, version: 1 }
      const parsed = spec.settings.schema.safeParse(given, { error: known })
      if (parsed.success) return { settings: parsed.data as Record<string, unknown>, version: spec.settings.version }
      const wrong = wrongSettings(given, parsed.error.issues)
      if (wrong.length === 0) return { settings: given, version: spec.settings.version }
      const errors = wrong
        .flatMap(tell)
        .map((i) => ({ path: [at, ...i.path.map(String)].join('.'), message: i.message }))
      throw new Problem('validation', `${errors[0]!.path}: ${errors[0]!.message}`, { errors })
    },
  }
}

/** Refuses when anything is an error. Throws `preflight` with `findings`, each with its `channelId`; warnings pass. */
export const refuseErrors = (checked: readonly Checked[]): void => {
  const findings = checked.flatMap((c) => errorsOf(c.findings).map((f) => ({ channelId: c.channelId, ...f })))
  if (findings.length > 0)
    throw new Problem(
      'preflight',
      `${findings.length} thing${findings.length > 1 ? 's' : ''} to correct: ${findings[0]!.message}`,
      { findings },
    )
}

/** Media ids of candidates, to load their rows at once: in the content, and where settings point at. */
export const candidateMedia = (
  p: Pick<Preflight, 'attached'>,
  list: readonly Candidate[],
  channels: ReadonlyMap<string, ChannelFacts>,
): string[] =>
  list.flatMap((c) => [
    ...mediaOf(contentOf(c)),
    ...p.attached(channels.get(c.channelId)?.platform ?? '', c.settings).map((a) => a.id),
  ])
