/**
 * The token keeper: gives working tokens to whoever is about to call a network, and renews them.
 *
 *   fresh --(refresh_at, or wanted soon before its end)--> mark begun (committed) --> call --> store (generation + 1) --> fresh
 *     call says it is over ----------> `reconnect`, with the reason, told live
 *     call could not be made --------> fresh still; asked again after a back-off; the mark goes
 *     answer lost, network rotates --> the mark stays: the next try uses the old token once more, and only the
 *                                      network's "invalid" ends in `reconnect`
 *
 * A new token is stored before anybody sees it. Killed at any instruction, the next process finds either the old token
 * without a mark, the old one with a mark, or the new one: each goes on from the picture above.
 */
import type { Clock } from '#infra/clock.ts'
import type { Database, Db } from '#infra/db/database.ts'
import { type KeyRing, SealBroken } from '#infra/secrets.ts'
import { type Platform, rotates } from '#kit/client/platform.ts'
import type { Grant } from '#kit/client/steps.ts'
import { type Failure, PlatformFailure } from '#kit/facts/failures.ts'
import type { Credentials } from './credentials.ts'
import { type ChannelHttp, secretsOf } from './http.ts'
import { claimDue, nextDue } from './jobs.ts'
import { at, forCaller, judgeRefresh, noRefresh, onUse, refreshAt, renewed, runOut, unreadable } from './rules.ts'
import { createTokenLock } from './token-lock.ts'
import {
  endToken,
  markBegun,
  readToken,
  readTokens,
  sealGrant,
  setState,
  storeRefreshed,
  storeRetry,
  type TokenRow,
  tokenAad,
} from './token-store.ts'

/** What a caller works with: fresh tokens, the app credentials, and which generation of the token it is. */
export type ChannelGrant = { grant: Grant; credentials: Record<string, string>; generation: number }

export type KeeperDeps = {
  database: Database
  clock: Clock
  keys: KeyRing
  platforms: ReadonlyMap<string, Platform>
  http: ChannelHttp
  credentials: Credentials
  /** Wakes publications held for `reconnect`; runs in the transaction that makes the channel work again. */
  onReconnected: (trx: Db, channelId: string) => Promise<void>
  /** [0, 1); seeded in tests. */
  random?: () => number
  /** Told of what nobody waits for: a refresh in the background that broke on our side. */
  onError?: (error: unknown, channelId: string) => void
}

/** All functions raise `PlatformFailure` of kind `reconnect`, `too-fast`, `try-later` or `refused-account`, never `unknown-outcome`. */
export type Keeper = {
  /** A token good for the next call: refreshed first when it ends within 5 minutes. */
  grant: (channelId: string) => Promise<ChannelGrant>
  /**
   * `grant` for many channels that are called at once: their tokens are read together, now. Each is used once and within
   * a second; whoever comes later or again reads for himself.
   */
  grants: (channelIds: readonly string[]) => (channelId: string) => Promise<ChannelGrant>
  /** Forces one refresh, unless the token is already newer than `generation`. Single-flight across processes. */
  renew: (channelId: string, generation?: number) => Promise<ChannelGrant>
  /** A person asks: tries even a channel in `reconnect` or `blocked`, and sets it `ok` when the network agrees. */
  check: (channelId: string) => Promise<void>
  /** The refresh job: renews up to `limit` tokens that are due. Never throws for a single channel. */
  refreshDue: (limit: number) => Promise<{ count: number; nextAt: Date | null }>
  /** The network said the token is over: the channel waits for its person. `generation`: of which token; false when a newer one is there. */
  markReconnect: (channelId: string, reason: string, generation?: number) => Promise<boolean>
}

const fail = (failure: Failure): never => {
  throw new PlatformFailure(failure)
}
const endGrant = (reason: string): never => fail({ kind: 'reconnect', code: 'channel.reconnect', message: reason })
/** How long publishing waits for an operator to restore a missing key or app credentials before it looks again (ms). */
export const operatorWaitMs = 5 * 60_000
/** How long a token that was read for a later call may wait for it (ms). */
const readAheadMs = 1_000
const gone = 'The channel has been removed from Clarion.'

export const createKeeper = (deps: KeeperDeps): Keeper => {
  const { database, clock, keys, platforms, credentials } = deps
  const { db } = database
  const random = deps.random ?? Math.random
  const lock = createTokenLock(database)
  const running = new Map<string, Promise<ChannelGrant>>()
  const day = (ms: number | null) => (ms === null ? null : new Date(ms))

  const platformOf = (row: TokenRow): Platform =>
    platforms.get(row.platform) ??
    fail({ kind: 'our-bug', code: 'channel.platform', message: `Clarion has no platform "${row.platform}".` })

  const there = (row: TokenRow | undefined): TokenRow => (!row || row.removed ? endGrant(gone) : row)
  const read = async (channelId: string): Promise<TokenRow> => there(await readToken(db, channelId))

  /** The stored grant; a sealed text that does not open ends in `reconnect`, not in an exception nobody sees. */
  const open = async (row: TokenRow): Promise<Grant> => {
    try {
      return keys.open<Grant>(tokenAad(row.channelId), row.sealed)
    } catch (error) {
      deps.onError?.(error, row.channelId)
      // The key ring is the operator's matter, and the token is whole: wait for the key instead of ending every channel.
      if (error instanceof SealBroken && error.reason === 'unknown-key')
        return fail({
          kind: 'too-fast',
          code: 'channel.key-missing',
          message: error.message,
          until: new Date(clock.now() + operatorWaitMs).toISOString(),
        })
      await reconnect(row, unreadable)
      return endGrant(unreadable)
    }
  }

  /** Ends the token; false when a newer one makes this verdict old news. */
  const reconnect = (row: TokenRow, reason: string, state: 'reconnect' | 'blocked' = 'reconnect'): Promise<boolean> =>
    db.transaction().execute(async (trx) => {
      const ended = await endToken(trx, row.channelId, row.generation)
      if (ended) await setState(trx, row.channelId, state, reason, new Date(clock.now()))
      return ended
    })

  const held = async (row: TokenRow, appOf: Credentials['get'] = credentials.get): Promise<ChannelGrant> => ({
    grant: await open(row),
    credentials: await appOf(row.workspaceId, row.platform, row.realm),
    generation: row.generation,
  })

  /** Stores what the network gave. The only copy of a rotated token is in our hands, so a database that stutters is asked again. */
  const store = async (row: TokenRow, fresh: Grant, platform: Platform): Promise<void> => {
    const now = clock.now()
    const value = {
      channelId: row.channelId,
      generation: row.generation,
      sealed: sealGrant(keys, row.channelId, fresh),
      scopes: fresh.scopes,
      expiresAt: day(at(fresh.expiresAt)),
      refreshAt: day(refreshAt(fresh, { now, refreshable: platform.connect.refresh !== undefined, random })),
      now: new Date(now),
    }
    for (let left = 6; ; left--) {
      try {
        await db.transaction().execute(async (trx) => {
          if (!(await storeRefreshed(trx, value))) return
          const changed = await setState(trx, row.channelId, 'ok', null, new Date(clock.now()))
          if (changed) await deps.onReconnected(trx, row.channelId)
        })
        return
      } catch (error) {
        if (left === 0) throw error
        deps.onError?.(error, row.channelId)
        await clock.sleep(500 * (7 - left))
      }
    }
  }

  /** One refresh under the lock; `seen` is what the caller knew before it waited. */
  const refreshLocked = async (channelId: string, seen: TokenRow, asked: boolean): Promise<ChannelGrant> => {
    const row = await read(channelId)
    if (row.generation !== seen.generation) return held(row)
    if (!asked && row.state === 'reconnect') return endGrant(row.stateReason ?? runOut)
    // Somebody asked in vain while we waited for our turn: once is enough.
    if (row.tries > seen.tries) return waiting(row)
    const platform = platformOf(row)
    const old = await open(row)
    const app = await credentials.get(row.workspaceId, row.platform, row.realm)
    const refresh = platform.connect.refresh
    if (!refresh) {
      await reconnect(row, noRefresh)
      return endGrant(noRefresh)
    }
    const lost = row.refreshBegunAt !== null
    if (!(await markBegun(db, channelId, row.generation, new Date(clock.now())))) return held(await read(channelId))
    let fresh: Grant
    try {
      const http = deps.http({ platform, realm: row.realm, app, secrets: secretsOf(platform, old, app) })
      fresh = renewed(old, await refresh({ http, realm: row.realm, credentials: app, now: clock.now }, old))
    } catch (error) {
      return settle(row, old, lost, error)
    }
    await store(row, fresh, platform)
    return held(await read(channelId))
  }

  /** Books a failed refresh and throws what the caller should know; gives the token when there is a newer one after all. */
  const settle = async (row: TokenRow, old: Grant, lost: boolean, error: unknown): Promise<ChannelGrant> => {
    const ours: Failure = {
      kind: 'unknown-outcome',
      code: 'channel.refresh-broke',
      message: 'Renewing the token broke on our side.',
    }
    const failure = error instanceof PlatformFailure ? error.failure : ours
    if (!(error instanceof PlatformFailure)) deps.onError?.(error, row.channelId)
    const verdict = judgeRefresh({
      failure,
      lost,
      rotates: rotates(platformOf(row).connect, () => old),
      tries: row.tries,
      refreshExpiresAt: at(old.refreshExpiresAt),
      now: clock.now(),
      random,
    })
    if (verdict.next === 'blocked') {
      await reconnect(row, verdict.reason, 'blocked')
      return fail(failure)
    }
    if (verdict.next === 'reconnect') {
      // Another process, taking us for dead, has renewed meanwhile: its token is the one.
      if (!(await reconnect(row, verdict.reason))) return held(await read(row.channelId))
      return fail({ ...failure, kind: 'reconnect', message: verdict.reason })
    }
    await db.transaction().execute(async (trx) => {
      await storeRetry(trx, {
        channelId: row.channelId,
        generation: row.generation,
        refreshAt: new Date(verdict.at),
        lost: verdict.lost,
      })
      // The channel stays ok, but a token that is over is no secret: its health says why.
      if (row.state === 'ok' && row.expiresAt !== null && row.expiresAt.getTime() <= clock.now())
        await setState(trx, row.channelId, 'ok', failure.message, new Date(clock.now()))
    })
    return fail(forCaller(failure, verdict.at))
  }

  /** A look instead of a refresh, where tokens do not expire. */
  const verify = async (row: TokenRow, platform: Platform): Promise<void> => {
    const { grant, credentials: app } = await held(row)
    if (!platform.verify) return
    try {
      const http = deps.http({ platform, realm: row.realm, app, secrets: secretsOf(platform, grant, app) })
      await platform.verify({ http, grant, credentials: app, channel: row, now: clock.now })
    } catch (error) {
      if (!(error instanceof PlatformFailure)) throw error
      const { kind, message } = error.failure
      if (kind === 'reconnect') await reconnect(row, message)
      if (kind === 'refused-account' || kind === 'not-permitted') await reconnect(row, message, 'blocked')
      throw error
    }
    await db.transaction().execute(async (trx) => {
      if (await setState(trx, row.channelId, 'ok', null, new Date(clock.now())))
        await deps.onReconnected(trx, row.channelId)
    })
  }

  const waiting = (row: TokenRow): never =>
    fail({
      kind: 'too-fast',
      code: 'channel.token-waiting',
      message: 'The token could not be renewed a moment ago; Clarion asks again soon.',
      until: (row.refreshAt ?? new Date(clock.now() + 60_000)).toISOString(),
    })

  /** In one process callers of the same generation share one flight; between processes the lock makes them take turns. */
  const flight = (row: TokenRow, asked: boolean): Promise<ChannelGrant> => {
    const key = `${row.channelId}/${row.generation}/${asked}`
    const current = running.get(key)
    if (current) return current
    const mine = lock
      .hold(row.channelId, () => refreshLocked(row.channelId, row, asked))
      .finally(() => running.delete(key))
    running.set(key, mine)
    return mine
  }

  /** Asked only when an answer was lost: the token has to be opened where the ways of connecting differ. */
  const view = async (row: TokenRow) => {
    const { connect } = platformOf(row)
    const lost = row.refreshBegunAt !== null
    const old = lost && typeof connect.rotates === 'function' ? await open(row) : null
    return {
      expiresAt: row.expiresAt?.getTime() ?? null,
      since: row.updatedAt.getTime(),
      refreshAt: row.refreshAt?.getTime() ?? null,
      tries: row.tries,
      lost,
      refreshable: connect.refresh !== undefined,
      rotates: old ? rotates(connect, () => old) : connect.rotates === true,
    }
  }

  /** What a caller gets who has just read this row. */
  const grantOf = async (row: TokenRow, appOf?: Credentials['get']): Promise<ChannelGrant> => {
    if (row.state === 'reconnect') return endGrant(row.stateReason ?? runOut)
    const what = onUse(await view(row), clock.now())
    if (what === 'use') return held(row, appOf)
    if (what === 'wait') return waiting(row)
    if (what === 'dead') {
      await reconnect(row, noRefresh)
      return endGrant(noRefresh)
    }
    if (what === 'refresh') return flight(row, false)
    try {
      return await flight(row, false)
    } catch (error) {
      // Could not ask, but the token in hand still has time: "could not ask" is not "revoked".
      if (error instanceof PlatformFailure && (error.failure.kind === 'try-later' || error.failure.kind === 'too-fast'))
        return held(await read(row.channelId))
      throw error
    }
  }

  return {
    grant: async (channelId) => grantOf(await read(channelId)),

    grants: (channelIds) => {
      const readAt = clock.now()
      const reading = readTokens(db, channelIds)
      // Told to whoever comes: each then reads for itself.
      reading.catch(() => undefined)
      const apps = new Map<string, ReturnType<Credentials['get']>>()
      const appOf: Credentials['get'] = (ws, platform, realm) => {
        const key = `${ws}/${platform}/${realm}`
        const asked = apps.get(key) ?? credentials.get(ws, platform, realm)
        apps.set(key, asked)
        return asked
      }
      const isFresh = () => Math.abs(clock.now() - readAt) <= readAheadMs
      return async (channelId) => {
        const rows = await reading.catch(() => new Map<string, TokenRow>())
        const row = rows.get(channelId)
        rows.delete(channelId)
        return row && isFresh() ? grantOf(there(row), appOf) : grantOf(await read(channelId))
      }
    },

    renew: async (channelId, generation) => {
      const row = await read(channelId)
      if (generation !== undefined && row.generation > generation) return held(row)
      if (row.state === 'reconnect') return endGrant(row.stateReason ?? runOut)
      return flight(row, false)
    },

    check: async (channelId) => {
      const row = await read(channelId)
      const platform = platformOf(row)
      if (platform.connect.refresh) await flight(row, true)
      else await verify(row, platform)
    },

    refreshDue: async (limit) => {
      const due = await claimDue(db, new Date(clock.now()), limit)
      await Promise.all(
        due.map(async (channelId) => {
          try {
            const row = await readToken(db, channelId)
            if (row && !row.removed && row.state !== 'reconnect') await flight(row, false)
          } catch (error) {
            // A PlatformFailure is already booked with the channel; anything else is ours to hear about.
            if (!(error instanceof PlatformFailure)) deps.onError?.(error, channelId)
          }
        }),
      )
      return { count: due.length, nextAt: await nextDue(db) }
    },

    markReconnect: async (channelId, reason, generation) => {
      const row = await readToken(db, channelId)
      // A channel without a token cannot be well.
      if (!row)
        return db
          .transaction()
          .execute((trx) => setState(trx, channelId, 'reconnect', reason, new Date(clock.now()), { tokenless: true }))
      if (row.removed) return true
      return generation !== undefined && row.generation !== generation ? false : reconnect(row, reason)
    },
  }
}
