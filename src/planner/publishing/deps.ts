/** What the engine needs from others, as small ports it owns. */
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import type { Hold } from '#infra/hold.ts'
import type { Http, Realm } from '#kit/client/http.ts'
import type { Platform } from '#kit/client/platform.ts'
import type { Send } from '#kit/client/send.ts'
import type { ImageLimits } from '#kit/facts/spec.ts'
import type { ChannelGrant } from '../channels/keeper.ts'
import type { Hints } from './hints.ts'
import type { Writes } from './writes.ts'

export type KeeperPort = {
  /** A grant that is good for the next minutes. Throws PlatformFailure `reconnect` when there is none. */
  grant: (channelId: string) => Promise<ChannelGrant>
  /**
   * Asked for many channels that start together; gives what hands out the grant of each.
   */
  grants: (channelIds: readonly string[]) => (channelId: string) => Promise<ChannelGrant>
  /** Forces one refresh, unless the token is already newer than `generation` (single flight over all processes). Throws PlatformFailure `reconnect` when the network says it is over. */
  renew: (channelId: string, generation?: number) => Promise<ChannelGrant>
  /**
   * Sets the channel to `reconnect` with a sentence for the person. `generation`: the token the network refused; false
   * when there is a newer one already, which this verdict is not about.
   */
  markReconnect: (channelId: string, reason: string, generation?: number) => Promise<boolean>
}

export type ChannelHttpPort = (o: {
  platform: Platform
  realm: Realm
  /** Whose budgets the calls take from. */
  channelId?: string
  /** The app credentials they are made with. */
  app?: Record<string, string>
  secrets: string[]
  signal?: AbortSignal
  /** Harms it nobody when a write is made twice? */
  repeats?: boolean
  beforeSend?: () => Promise<void> | void
  fetch?: Send
}) => Http

export type RenditionProfile = { name: string } & Pick<
  ImageLimits,
  'types' | 'maxBytes' | 'maxWidth' | 'maxHeight' | 'maxSides' | 'maxShort' | 'maxLong' | 'animation'
>

export type MediaPort = {
  renditionFor: (
    mediaId: string,
    profile: RenditionProfile,
  ) => Promise<{
    mime: string
    bytes: number
    width: number | null
    height: number | null
    /** Good while `hold` lasts. */
    blob: (hold: Hold) => Promise<Blob>
  }>
  /** `pull`: what the network's spec says of where it fetches. */
  signedUrl: (
    mediaId: string,
    profile: RenditionProfile,
    pull?: { pullFrom?: 'own-address' },
  ) => Promise<string> | string
}

/** Told what happened; metrics and the demo listen. Must not throw. */
export type Observer = {
  published?: (o: { publicationId: string; platform: string; latenessMs: number; oursMs: number }) => void
  /** `kind`: of the failure it ended with, if it did. */
  settled?: (o: { publicationId: string; platform: string; state: string; kind: string | null }) => void
}

export type Log = {
  info: (o: object, message: string) => void
  warn: (o: object, message: string) => void
  error: (o: object, message: string) => void
}

export type PublishingDeps = {
  db: Db
  /** For what is said once a batch of attempts (`Database.steady`); `db` when absent. */
  steady?: Db
  clock: Clock
  platforms: ReadonlyMap<string, Platform>
  keeper: KeeperPort
  http: ChannelHttpPort
  media: MediaPort
  /** [0, 1): jitter. */
  random: () => number
  log: Log
  observe?: Observer
  /** Name of this process in leases and the journal. */
  worker: string
  /** Lease of a claim (ms of the clock); renewed every third of it. Default 30,000. */
  leaseMs?: number
  /** False: start nothing new for now. Default always true. */
  mayClaim?: () => boolean
  /** Test seam of the crash matrix: the fetch that really sends. */
  fetch?: Send
  /** Runs before every request, before the lease check. The crash matrix stalls a worker here. */
  beforeSend?: () => Promise<void>
}

/** What attempts are handed: the ports, and what one engine has once for all its attempts. */
export type EngineDeps = PublishingDeps & { steady: Db; writes: Writes; hints: Hints }
