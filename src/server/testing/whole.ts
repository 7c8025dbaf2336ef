/** The whole server with every door and the real planner, on the toy networks: for tests that walk the contract. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manualClock } from '#infra/clock.ts'
import type { Platform } from '#kit/client/platform.ts'
import { putToken, sealGrant } from '#planner/channels/token-store.ts'
import { seeder, toyNetworks } from '#planner/posts/testing.ts'
import { type House, type HouseOptions, openHouse } from '../house.ts'
import { registerAttention } from '../routes/attention.ts'
import { registerBacklog } from '../routes/backlog.ts'
import { registerChannels } from '../routes/channels.ts'
import { registerInsights } from '../routes/insights.ts'
import { registerPlatforms } from '../routes/platforms.ts'
import { registerPosts } from '../routes/posts.ts'
import { registerPublications } from '../routes/publications.ts'
import { type Parts, type TestApp, type TestAppOptions, testApp } from '../testing.ts'

export type Whole = TestApp & {
  house: House
  clock: ReturnType<typeof manualClock>
  seed: ReturnType<typeof seeder>
  /** A channel of `plain` with a token. */
  channel: (ws?: string) => Promise<string>
}

export const wholeApp = async (
  o: {
    platforms?: readonly Platform[]
    app?: TestAppOptions['app']
    database?: TestAppOptions['database']
    house?: Pick<HouseOptions, 'disk'>
  } = {},
): Promise<Whole> => {
  const clock = manualClock(Date.UTC(2027, 2, 1, 12, 0, 0))
  let house: House | undefined
  const open = async ({ database, keys, publicUrl }: Parts) =>
    openHouse({
      database,
      clock,
      keys,
      platforms: o.platforms ?? [...toyNetworks().platforms.values()],
      mediaDir: mkdtempSync(join(tmpdir(), 'clarion-whole-')),
      sandboxUrl: 'http://127.0.0.1:9',
      publicUrl,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      worker: 'test',
      ...o.house,
    })
  const t = await testApp({
    clock,
    app: { complete: true, ...o.app },
    ...(o.database && { database: o.database }),
    prepare: async (parts) => {
      house = await open(parts)
    },
    register: ({ database: { db }, people, publicUrl }) => {
      const h = house!
      return (bind) => {
        registerPosts(bind, { posts: h.posts })
        registerPublications(bind, { db, clock, posts: h.posts, takeDown: h.takeDown, edit: h.edit })
        registerChannels(bind, {
          channels: h.channels,
          accounts: h.accounts,
          connect: h.connect,
          connectAll: h.connectSandbox,
        })
        registerAttention(bind, { attention: h.attention })
        registerBacklog(bind, { backlog: h.backlog, people })
        registerInsights(bind, { insights: h.insights })
        registerPlatforms(bind, {
          platforms: h.platforms,
          credentials: h.credentials,
          redirectUri: (p) => `${publicUrl}/oauth/${p}/callback`,
          webhooks: h.webhooks,
        })
      }
    },
  })
  const seed = seeder(t.database.db, clock)
  return {
    ...t,
    clock,
    house: house!,
    seed,
    channel: async (ws = t.ws) => {
      const id = await seed.channel(ws)
      await putToken(t.database.db, {
        channelId: id,
        sealed: sealGrant(t.keys, id, { access: 'token' }),
        expiresAt: null,
        refreshAt: null,
        now: new Date(clock.now()),
      })
      return id
    },
  }
}
