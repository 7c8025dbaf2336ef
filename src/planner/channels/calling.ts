/** One call to a network on a channel, outside of publishing: with a good token, renewed once when the network refuses it. */
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import type { ChannelContext, Platform } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { type ChannelHttp, secretsOf } from './http.ts'
import type { ChannelGrant, Keeper } from './keeper.ts'

export type CallingDeps = {
  db: Db
  clock: Pick<Clock, 'now'>
  platforms: ReadonlyMap<string, Platform>
  http: ChannelHttp
  keeper: Pick<Keeper, 'grant' | 'renew' | 'markReconnect'>
}

/** What a call gets beside the platform's own context. */
export type Calling = <T>(channelId: string, run: (t: ChannelContext, platform: Platform) => Promise<T>) => Promise<T>

/**
 * Raises the network's `PlatformFailure`. One of kind `reconnect` has been believed only after a renewed token was
 * refused as well, and has marked the channel.
 */
export const createCalling =
  (d: CallingDeps): Calling =>
  async (channelId, run) => {
    const channel = await d.db.selectFrom('channels').selectAll().where('id', '=', channelId).executeTakeFirst()
    const platform = channel && d.platforms.get(channel.platform)
    if (!channel || !platform) throw new Problem('not-found', 'There is no such channel.')
    const { external_id: externalId, kind, handle, name, facts } = channel
    const call = async ({ grant, credentials }: ChannelGrant) => {
      const http = d.http({
        platform,
        realm: channel.realm,
        channelId,
        app: credentials,
        secrets: secretsOf(platform, grant, credentials),
      })
      const about = { externalId, kind, handle, name, facts }
      return run({ http, grant, credentials, channel: about, now: () => d.clock.now() }, platform)
    }
    const over = (error: unknown): error is PlatformFailure =>
      error instanceof PlatformFailure && error.failure.kind === 'reconnect'
    // The keeper books its own refusals; only what the call itself heard is booked here.
    const first = await d.keeper.grant(channelId)
    try {
      return await call(first)
    } catch (error) {
      if (!over(error)) throw error
      if (!platform.connect.refresh) {
        await d.keeper.markReconnect(channelId, error.failure.message, first.generation)
        throw error
      }
    }
    const second = await d.keeper.renew(channelId, first.generation)
    try {
      return await call(second)
    } catch (error) {
      if (over(error)) await d.keeper.markReconnect(channelId, error.failure.message, second.generation)
      throw error
    }
  }

/** A network's failure as the person who waits for the answer is told. Anything else is thrown as it is. */
export const tellFailure = (error: unknown): never => {
  if (error instanceof PlatformFailure) throw new Problem('network-failed', error.failure.message)
  throw error
}
