/**
 * Insights: what networks count. A job reads them on a schedule that slows down as a post ages; a person may ask now.
 * Nothing that happens here changes a publication: a failed look backs off, and a token found dead marks the channel.
 */
import type { ChannelInsights, PublicationInsights, SnapshotView } from '#contract/insights.ts'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import type { Platform, Reading } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { metricsOf } from '#kit/facts/metrics.ts'
import type { Calling } from '../channels/calling.ts'
import { findPublication } from '../posts/store.ts'
import { createdBy } from '../published/created.ts'
import { afterFailure, askAgainMs, calmMs, channelEveryMs, engagementOf, nextLook } from './rules.ts'
import * as store from './store.ts'

/** A claimed look is left to its worker this long (ms); longer than its calls may take. */
const leaseMs = 3 * 60_000
/** Channels looked at at once. */
const atOnce = 8
/** Batches of one run of the job. */
const rounds = 10

export type InsightsDeps = {
  db: Db
  clock: Pick<Clock, 'now'>
  platforms: ReadonlyMap<string, Platform>
  call: Calling
  /** Told of a look that broke on our side. */
  onError?: (error: unknown, channelId: string) => void
}

export type Insights = {
  /** @throws Problem `not-found` */
  publication: (ws: string, id: string) => Promise<PublicationInsights>
  /** @throws Problem `not-found` */
  channel: (ws: string, id: string) => Promise<ChannelInsights>
  /** Asks the network now, unless it was asked within a minute or somebody is asking. @throws Problem `not-found`, `conflict`, `network-failed` */
  askNow: (ws: string, id: string) => Promise<PublicationInsights>
  /** The job: makes every look that is due, a few at a time while `goOn`. Gives when the next one is (UTC), or null. */
  lookDue: (goOn?: () => boolean) => Promise<Date | null>
  /** Something happened to a post (a comment, a webhook of numbers): its look is due, ten minutes after the last at the earliest. */
  dueNow: (publicationId: string) => Promise<void>
}

/** A look as it ended for the caller: what was thrown at it, if anything. */
type Looked = { failure: PlatformFailure | null }

export const createInsights = (d: InsightsDeps): Insights => {
  const { db } = d
  const faces = [...d.platforms.values()]
  const able: store.Able = {
    post: faces.filter((p) => p.insights?.post).map((p) => p.spec.id),
    account: faces.filter((p) => p.insights?.account).map((p) => p.spec.id),
  }

  /** The numbers of a publication that is still there; `gone` when it is not. */
  const readPost = async (c: store.LookClaim, id: string): Promise<Reading | null | 'gone'> => {
    const p = await db
      .selectFrom('publications')
      .select(['state', 'removed_at', 'published_at', 'settings', 'frozen'])
      .where('id', '=', id)
      .executeTakeFirst()
    if (p?.state !== 'published' || p.removed_at || !p.published_at) return 'gone'
    const created = (await createdBy(db, id)).reverse()
    const settings = (p.frozen as { settings?: unknown } | null)?.settings ?? p.settings
    const publishedAt = p.published_at.getTime()
    return d.call(c.channelId, async (t, { insights }) =>
      insights?.post ? insights.post(t, { created, settings, publishedAt }) : null,
    )
  }

  const readAccount = (c: store.LookClaim): Promise<Reading | null> =>
    d.call(c.channelId, async (t, { insights }) => (insights?.account ? insights.account(t) : null))

  /** The next look that is not for a failure. */
  const regularOf = async (c: store.LookClaim, now: number): Promise<number | null> => {
    if (!c.publicationId) return able.account.includes(c.platform) ? now + channelEveryMs : null
    const row = await db
      .selectFrom('publications')
      .select('published_at')
      .where('id', '=', c.publicationId)
      .executeTakeFirst()
    return row?.published_at ? nextLook(row.published_at.getTime(), now) : null
  }

  /** One claimed look, to its end. */
  const look = async (c: store.LookClaim): Promise<Looked> => {
    const date = (ms: number | null) => (ms === null ? null : new Date(ms))
    const regular = await regularOf(c, d.clock.now())
    const end = (e: Omit<store.LookEnd, 'now'>) => store.endLook(db, c, { ...e, now: new Date(d.clock.now()) })
    try {
      const got = c.publicationId ? await readPost(c, c.publicationId) : await readAccount(c)
      if (got === 'gone') await end({ reading: null, nextAt: null, tries: 0, failure: null })
      else {
        const reading = got && { metrics: metricsOf(got.metrics), raw: got.raw }
        await end({ reading, nextAt: date(regular), tries: 0, failure: null })
      }
      return { failure: null }
    } catch (error) {
      const now = d.clock.now()
      if (!(error instanceof PlatformFailure)) {
        const { nextAt, tries } = afterFailure({ tries: c.tries, now, regular })
        await end({ reading: null, nextAt: date(nextAt), tries, failure: 'Reading the numbers broke on our side.' })
        throw error
      }
      const { kind, message, until } = error.failure
      if (kind === 'too-fast') {
        const at = Math.max(now + 60_000, Date.parse(until ?? '') || 0)
        const nextAt = date(regular !== null && regular < at ? regular : at)
        await end({ reading: null, nextAt, tries: c.tries, failure: message, notBefore: new Date(at) })
      } else if (kind === 'gone') await end({ reading: null, nextAt: null, tries: 0, failure: message })
      else if (kind === 'not-permitted' || kind === 'our-bug')
        await end({ reading: null, nextAt: date(regular), tries: 0, failure: message })
      else {
        const { nextAt, tries } = afterFailure({ tries: c.tries, now, regular })
        await end({ reading: null, nextAt: date(nextAt), tries, failure: message })
      }
      return { failure: error }
    }
  }

  const claim = (o: { limit: number; only?: string }) =>
    store.claim(db, { ...o, now: new Date(d.clock.now()), leaseUntil: new Date(d.clock.now() + leaseMs) })

  const view = async (o: { channelId: string; publicationId: string | null }) => {
    const { look: row, snapshots } = await store.story(db, o)
    const series = snapshots.map((s): SnapshotView => {
      const metrics = metricsOf(s.metrics)
      return { at: s.at.toISOString(), metrics, engagement: engagementOf(metrics) }
    })
    const last = snapshots.at(-1)
    return {
      engagement: series.at(-1)?.engagement ?? null,
      latest: last ? { ...series.at(-1)!, raw: last.raw } : null,
      series,
      lookedAt: row?.looked_at?.toISOString() ?? null,
      nextAt: row?.next_at?.toISOString() ?? null,
      failure: row?.failure ?? null,
    }
  }

  const keptMs = (platform: string, kind: string): number | null => {
    const rules = d.platforms.get(platform)?.spec.keeps?.filter((k) => k.kinds?.includes(kind) ?? true)
    return rules?.length ? Math.min(...rules.map((k) => k.ms)) : null
  }

  const offered = (platform: string, what: 'post' | 'account') => {
    const face = d.platforms.get(platform)
    if (face?.insights?.[what]) return { supported: true, why: null }
    const name = face?.spec.name ?? 'This network'
    return { supported: false, why: face?.spec.why?.insights ?? `${name} gives apps no such numbers.` }
  }

  const find = async (ws: string, id: string) => {
    const p = await findPublication(db, ws, id)
    if (!p) throw new Problem('not-found', 'There is no such publication.')
    return p
  }

  const publication: Insights['publication'] = async (ws, id) => {
    const p = await find(ws, id)
    const { kind } = await db
      .selectFrom('channels')
      .select('kind')
      .where('id', '=', p.channel_id)
      .executeTakeFirstOrThrow()
    const seen = await view({ channelId: p.channel_id, publicationId: id })
    const offer = offered(p.platform, 'post')
    // Just published: its looks are planned by the next round, and the first is known already.
    const unplanned = offer.supported && !seen.lookedAt && !seen.nextAt && p.state === 'published' && !p.removed_at
    const at = unplanned && p.published_at ? p.published_at.getTime() : null
    const first = at === null ? null : nextLook(at, at)
    return {
      publicationId: id,
      keptMs: keptMs(p.platform, kind),
      ...offer,
      ...seen,
      nextAt: first === null ? seen.nextAt : new Date(first).toISOString(),
    }
  }

  return {
    publication,

    channel: async (ws, id) => {
      const row = await db
        .selectFrom('channels')
        .select(['platform', 'kind'])
        .where('workspace_id', '=', ws)
        .where('id', '=', id)
        .where('removed_at', 'is', null)
        .executeTakeFirst()
      if (!row) throw new Problem('not-found', 'There is no such channel.')
      const shown = await view({ channelId: id, publicationId: null })
      return { channelId: id, ...offered(row.platform, 'account'), ...shown, keptMs: keptMs(row.platform, row.kind) }
    },

    askNow: async (ws, id) => {
      const p = await find(ws, id)
      const { supported, why } = offered(p.platform, 'post')
      if (!supported) throw new Problem('conflict', why!)
      if (p.state !== 'published' || p.removed_at)
        throw new Problem('conflict', 'Only a published post that is still there has numbers.')
      const now = new Date(d.clock.now())
      while (await store.enrol(db, able, now));
      const last = (await store.story(db, { channelId: p.channel_id, publicationId: id })).look
      if (last?.looked_at && !last.failure && now.getTime() - last.looked_at.getTime() < askAgainMs)
        return publication(ws, id)
      const [mine] = await claim({ limit: 1, only: id })
      if (mine) {
        const { failure } = await look(mine)
        if (failure) throw new Problem('network-failed', failure.failure.message)
      } else await store.bringForward(db, id, 0, now)
      return publication(ws, id)
    },

    lookDue: async (goOn = () => true) => {
      while (goOn() && (await store.enrol(db, able, new Date(d.clock.now()))));
      // A long backlog is worked off over several runs, so that a process can stop between them.
      for (let round = 0; round < rounds && goOn(); round++) {
        const claims = await claim({ limit: atOnce })
        if (claims.length === 0) break
        await Promise.all(
          claims.map(async (c) => {
            try {
              if (await store.stillDue(db, c, new Date(d.clock.now()))) await look(c)
              else await store.freeGate(db, c)
            } catch (error) {
              // Booked by `look` where it could be; a lease that stays runs out.
              d.onError?.(error, c.channelId)
            }
          }),
        )
      }
      return store.nextDue(db)
    },

    dueNow: (publicationId) => store.bringForward(db, publicationId, calmMs, new Date(d.clock.now())),
  }
}
