/** Use cases of channels: look, pause, check, remove. Connecting is in connect.ts, tokens in keeper.ts. */
import type { Channel } from '#contract/channels.ts'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { KeyRing } from '#infra/secrets.ts'
import type { Platform } from '#kit/client/platform.ts'
import type { Grant } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { mustPublishOn, type Reach } from '../people/effect.ts'
import type { Credentials } from './credentials.ts'
import { type ChannelHttp, secretsOf } from './http.ts'
import type { Keeper } from './keeper.ts'
import * as store from './store.ts'
import { readToken, tokenAad } from './token-store.ts'

export type ChannelsDeps = {
  db: Db
  clock: Clock
  keys: KeyRing
  platforms: ReadonlyMap<string, Platform>
  http: ChannelHttp
  credentials: Credentials
  keeper: Keeper
  /** Holds the channel's publications with reason `channel-removed`; runs in the transaction that removes it. */
  onRemoved: (trx: Db, channelId: string) => Promise<void>
  /** Told when the network could not be asked to forget a token; the removal stands. */
  onError?: (error: unknown, channelId: string) => void
}

/** All raise Problem `not-found` for a channel that is not the workspace's; `scope-missing` where `who` may not publish and it would change what is. */
export type Channels = {
  list: (ws: string) => Promise<Channel[]>
  get: (ws: string, id: string) => Promise<Channel>
  pause: (ws: string, id: string) => Promise<Channel>
  resume: (ws: string, id: string) => Promise<Channel>
  /** Renews the token now and gives the channel as it then stands; a network that could not be asked is not an error of the channel. */
  check: (ws: string, id: string, who?: Reach) => Promise<Channel>
  /** Disconnects: tokens deleted here and revoked there where nobody else uses them; publications held, none lost. */
  remove: (ws: string, id: string, who?: Reach) => Promise<void>
}

export const createChannels = (deps: ChannelsDeps): Channels => {
  const { db, clock } = deps
  const missing = () => new Problem('not-found', 'There is no such channel.')

  const get = async (ws: string, id: string) => {
    const channel = await store.findChannel(db, ws, id)
    if (!channel) throw missing()
    return channel
  }

  const setPaused = async (ws: string, id: string, at: Date | null) => {
    await db.transaction().execute(async (trx) => {
      if (!(await store.setPaused(trx, ws, id, at, new Date(clock.now())))) throw missing()
      await notify(trx, topics.live, { workspaceId: ws, kind: 'channel', id })
      if (at === null) await notify(trx, topics.due, '')
    })
    return get(ws, id)
  }

  /** The grant to revoke on the network; null where another channel lives on the same account or the same consent. */
  const toRevoke = async (channel: Channel): Promise<Grant | null> => {
    const row = await readToken(db, channel.id)
    if (!row) return null
    try {
      const grant = deps.keys.open<Grant>(tokenAad(channel.id), row.sealed)
      for (const other of await store.otherTokens(db, {
        platform: channel.platform,
        realm: channel.realm,
        not: channel.id,
      })) {
        if (other.externalId === channel.externalId) return null
        const theirs = deps.keys.open<Grant>(tokenAad(other.channelId), other.sealed)
        if (theirs.access === grant.access || (grant.refresh !== undefined && theirs.refresh === grant.refresh))
          return null
      }
      return grant
    } catch (error) {
      // A token that does not open cannot be revoked; removing the channel must work all the same.
      deps.onError?.(error, channel.id)
      return null
    }
  }

  const revoke = async (ws: string, channel: Channel, grant: Grant) => {
    const platform = deps.platforms.get(channel.platform)
    if (!platform?.connect.revoke) return
    try {
      const credentials = await deps.credentials.get(ws, channel.platform, channel.realm)
      const { realm } = channel
      const http = deps.http({ platform, realm, app: credentials, secrets: secretsOf(platform, grant, credentials) })
      await platform.connect.revoke({ http, realm: channel.realm, credentials, now: clock.now }, grant)
    } catch (error) {
      deps.onError?.(error, channel.id)
    }
  }

  return {
    list: (ws) => store.listChannels(db, ws),
    get,
    pause: (ws, id) => setPaused(ws, id, new Date(clock.now())),
    resume: (ws, id) => setPaused(ws, id, null),

    check: async (ws, id, who = {}) => {
      await get(ws, id)
      // A channel that works again sends out what was held for it.
      await mustPublishOn(db, who, id, ['held'])
      try {
        await deps.keeper.check(id)
      } catch (error) {
        // The keeper has already booked what the network said; the person reads it from the channel.
        if (!(error instanceof PlatformFailure)) throw error
      }
      return get(ws, id)
    },

    remove: async (ws, id, who = {}) => {
      const channel = await get(ws, id)
      await mustPublishOn(db, who, id)
      const grant = await toRevoke(channel)
      await db.transaction().execute(async (trx) => {
        if (!(await store.markRemoved(trx, ws, id, new Date(clock.now())))) throw missing()
        await deps.onRemoved(trx, id)
        await notify(trx, topics.live, { workspaceId: ws, kind: 'channel', id, state: 'removed' })
      })
      if (grant) await revoke(ws, channel, grant)
    },
  }
}
