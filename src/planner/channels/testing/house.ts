/** Channels over a given database, sandbox and platforms, put together as the server does it; the child processes of the tests use it too. */
import type { Reason } from '#contract/outcomes.ts'
import { defaultLatePolicy } from '#contract/people.ts'
import type { Clock } from '#infra/clock.ts'
import type { Database, Db } from '#infra/db/database.ts'
import { newId } from '#infra/ids.ts'
import type { KeyRing } from '#infra/secrets.ts'
import type { Platform } from '#kit/client/platform.ts'
import type { Grant } from '#kit/client/steps.ts'
import { holdChannel, releaseHeld } from '#planner/publishing/commands.ts'
import { createAccounts } from '../account.ts'
import { createCalling } from '../calling.ts'
import { createConnect } from '../connect.ts'
import { createCredentials } from '../credentials.ts'
import { createChannelHttp } from '../http.ts'
import { createKeeper } from '../keeper.ts'
import { createQuotas } from '../quotas.ts'
import { createChannels } from '../service.ts'
import { putChannel } from '../store.ts'
import { putToken, sealGrant } from '../token-store.ts'

export type HouseOptions = {
  database: Database
  clock: Clock
  keys: KeyRing
  platforms: readonly Platform[]
  sandboxUrl: string
  fetch?: typeof fetch
  random?: () => number
  onError?: (error: unknown) => void
}

export const channelsHouse = (o: HouseOptions) => {
  const { database, clock, keys } = o
  const { db } = database
  const platforms = new Map(o.platforms.map((p) => [p.spec.id, p]))
  const quotas = createQuotas({ db, clock, listen: database.listen, onError: o.onError })
  const http = createChannelHttp({ platforms, sandboxUrl: o.sandboxUrl, clock, fetch: o.fetch, quotas })
  const sandbox = async (platform: string) => {
    const res = await fetch(`${o.sandboxUrl}/_desk/${platform}/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    return ((await res.json()) as { credentials: Record<string, string> }).credentials
  }
  const credentials = createCredentials({ db, clock, keys, platforms, configured: () => ({}), sandbox })
  const onReconnected = (trx: Db, id: string) => releaseHeld(trx, id, new Date(clock.now()))
  const onError = o.onError ?? (() => undefined)
  const keeper = createKeeper({
    database,
    clock,
    keys,
    platforms,
    http,
    credentials,
    onReconnected,
    onError,
    random: o.random,
  })
  const connect = createConnect({
    db,
    clock,
    keys,
    platforms,
    http,
    credentials,
    browserSandboxUrl: o.sandboxUrl,
    redirectUri: (id) => `http://localhost:4400/oauth/${id}/callback`,
    onReconnected,
    random: o.random,
  })
  const onRemoved = (trx: Db, id: string) =>
    holdChannel(trx, id, 'channel-removed', 'The channel was disconnected.', new Date(clock.now()))
  const channels = createChannels({ db, clock, keys, platforms, http, credentials, keeper, onRemoved, onError })

  const call = createCalling({ db, clock, platforms, http, keeper })
  const accounts = createAccounts({ db, clock, platforms, call, appOf: credentials.known, onError })

  return {
    platforms,
    http,
    quotas,
    call,
    accounts,
    credentials,
    keeper,
    connect,
    channels,
    /** A person and their workspace. */
    workspace: async (): Promise<{ ws: string; userId: string }> => {
      const ws = newId(clock.now())
      const userId = `user-${ws}`
      const created_at = new Date(clock.now())
      await db
        .insertInto('auth_users')
        .values({ id: userId, name: 'Ada', email: `${userId}@example.org` })
        .execute()
      await db
        .insertInto('workspaces')
        .values({
          id: ws,
          name: 'Team',
          time_zone: 'Europe/Warsaw',
          late_policy: JSON.stringify(defaultLatePolicy),
          created_at,
        })
        .execute()
      await db.insertInto('members').values({ workspace_id: ws, user_id: userId, role: 'owner', created_at }).execute()
      return { ws, userId }
    },
    /** A channel holding `grant`, as a finished flow leaves it; due for a refresh at `refreshAt`. */
    channel: async (c: {
      ws: string
      platform: string
      grant: Grant
      refreshAt?: Date | null
      externalId?: string
    }): Promise<string> => {
      const now = new Date(clock.now())
      const offer = {
        externalId: c.externalId ?? '1',
        kind: 'profile',
        name: 'Ada',
        handle: 'ada',
        avatarUrl: null,
        profileUrl: null,
        facts: {},
      }
      const id = await putChannel(db, { workspaceId: c.ws, platform: c.platform, realm: 'sandbox', offer, now })
      await putToken(db, {
        channelId: id,
        sealed: sealGrant(keys, id, c.grant),
        expiresAt: c.grant.expiresAt ? new Date(c.grant.expiresAt) : null,
        refreshAt: c.refreshAt ?? null,
        now,
      })
      return id
    },
    /** A post with one publication on the channel. */
    publication: async (p: {
      ws: string
      channelId: string
      state: 'scheduled' | 'held' | 'draft'
      reason?: Reason
      dueAt: Date
    }): Promise<string> => {
      const now = new Date(clock.now())
      const post = newId(clock.now())
      const id = newId(clock.now())
      const content = JSON.stringify({ segments: [{ text: 'hello', mediaIds: [] }] })
      await db
        .insertInto('posts')
        .values({ id: post, workspace_id: p.ws, content, due_at: p.dueAt, created_at: now, updated_at: now })
        .execute()
      await db
        .insertInto('publications')
        .values({
          id,
          post_id: post,
          workspace_id: p.ws,
          channel_id: p.channelId,
          state: p.state,
          reason: p.reason ?? null,
          due_at: p.dueAt,
          next_at: p.dueAt,
          created_at: now,
          updated_at: now,
        })
        .execute()
      return id
    },
  }
}
export type ChannelsHouse = ReturnType<typeof channelsHouse>
