/** Insights: what networks count about a post or an account, as they said it at certain moments. */
import { z } from 'zod'
import { id, instant } from './common.ts'

/** null: the network does not report it (never 0 for "unknown"). */
const count = z.number().nullable()
/** One vocabulary for all networks; `raw` of a snapshot has their own names. */
export const metrics = z
  .object({
    likes: count,
    comments: count,
    shares: count,
    saves: count,
    views: count,
    impressions: count,
    reach: count,
    clicks: count,
    watchTimeMs: count,
    followers: count,
  })
  .meta({ id: 'Metrics' })

/** Interactions per person reached (or per impression, or per view, where the network tells no better number). 0.05 = 5 %. */
export const engagement = z
  .object({ rate: z.number(), per: z.enum(['reach', 'impressions', 'views']) })
  .meta({ id: 'Engagement' })

export const snapshot = z.object({ at: instant, metrics, engagement: engagement.nullable() }).meta({ id: 'Snapshot' })
export type SnapshotView = z.output<typeof snapshot>

const shared = {
  /** Does this network give numbers here? When false, `why` says why not. */
  supported: z.boolean(),
  why: z.string().nullable(),
  /** Of the last reading. */
  engagement: engagement.nullable(),
  /** The last reading, with the network's own set. */
  latest: snapshot.extend({ raw: z.unknown() }).nullable(),
  /** Oldest first. */
  series: z.array(snapshot),
  /** When the network was last asked, and when it is asked next; null: not yet, never again. */
  lookedAt: instant.nullable(),
  nextAt: instant.nullable(),
  /** Why the last look brought nothing. */
  failure: z.string().nullable(),
  /** How long the network lets anybody keep such numbers (ms); older readings are gone. Null: its documents name no limit. */
  keptMs: z.int().nullable(),
}

export const publicationInsights = z.object({ publicationId: id, ...shared }).meta({ id: 'PublicationInsights' })
export type PublicationInsights = z.output<typeof publicationInsights>

export const channelInsights = z.object({ channelId: id, ...shared }).meta({ id: 'ChannelInsights' })
export type ChannelInsights = z.output<typeof channelInsights>
