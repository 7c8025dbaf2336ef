/** Puts everything together for one process: the only place, with the other mains, that opens the registry. */

import { hostname } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Config } from '#infra/config.ts'
import { diskRoom } from '#infra/disk.ts'
import { AddressRefused, assertPublicUrl } from '#infra/guard.ts'
import type { Pin } from '#kit/client/send.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { presenceOf } from '#planner/publishing/presence.ts'
import { sandboxSender } from '#planner/signals/service.ts'
import { platforms } from '#platforms/registry/server.gen.ts'
import { createApp } from './app.ts'
import type { Compose } from './boot/composed.ts'
import { openRedisParts } from './boot/redis.ts'
import { openStorage } from './boot/storage.ts'
import { openHouse } from './house.ts'
import { createMetrics } from './metrics.ts'
import { registerAttention } from './routes/attention.ts'
import { registerBacklog } from './routes/backlog.ts'
import { registerChannels, registerOAuthCallback } from './routes/channels.ts'
import { registerInsights } from './routes/insights.ts'
import { registerPlatformFiles } from './routes/platform-files.ts'
import { registerPlatforms } from './routes/platforms.ts'
import { registerPosts } from './routes/posts.ts'
import { registerPublications } from './routes/publications.ts'
import { registerWebhooks } from './routes/webhooks.ts'
import { ownSandboxPath } from './sandbox-door.ts'

/** The engine counts as stuck when it has not looked for work for this long (ms). */
const stuckAfterMs = 60_000
/** The process's clock may differ from the database's by this much (s). */
const clockApartS = 10
/** The built web app. */
const webDir = new URL('../../dist/web', import.meta.url).pathname

/** A refused address as platforms know failures. A name that does not resolve may be a bad moment; a private one is final. */
const guard =
  (allowPrivate: readonly string[]) =>
  async (url: URL): Promise<Pin> => {
    try {
      return (await assertPublicUrl(url, { allowPrivate })).all
    } catch (error) {
      if (!(error instanceof AddressRefused)) throw error
      throw new PlatformFailure({
        kind: error.reason === 'unknown-host' ? 'try-later' : 'not-permitted',
        code: `http.${error.reason}`,
        message: error.message,
      })
    }
  }

const hasOwnSandbox = (config: Config) => config.sandbox && !config.sandboxUrl

/**
 * The imitations and their host; null where this process runs no sandbox of its own, which then does without 15 MB and a
 * tenth of a second of its start. `main.ts` asks early, while the database starts.
 */
export const sandboxFor = async (config: Config) => {
  if (!hasOwnSandbox(config)) return null
  const [{ imitations }, { createSandbox }] = await Promise.all([
    import('#platforms/registry/sandbox.gen.ts'),
    import('../sandbox/host.ts'),
  ])
  return { imitations, createSandbox }
}

export const compose: Compose = async ({
  config,
  log,
  clock,
  database,
  keys,
  publicUrl,
  port,
  setupToken,
  version,
}) => {
  const { db } = database
  const metrics = createMetrics({ db, pool: database.pool, clock, budgets: platforms.map((p) => p.spec) })
  const redis = config.redisUrl
    ? await openRedisParts({ url: config.redisUrl, keys, database, clock, log, metrics })
    : null
  const own = hasOwnSandbox(config)
  const word = keys.derive('sandbox-door').toString('hex')
  const sandboxUrl = config.sandbox
    ? (config.sandboxUrl ?? `http://${selfHost(config.host)}:${port}${ownSandboxPath(word)}`)
    : null
  /** Tells our sandbox's webhooks from what others send in its name: nobody else knows the word. */
  const sandboxWord = own ? keys.derive('sandbox-webhooks').toString('hex') : null
  const sender: Record<string, string> = sandboxWord === null ? {} : { [sandboxSender]: sandboxWord }
  const loaded = await sandboxFor(config)
  const sandbox = loaded
    ? loaded.createSandbox({
        imitations: loaded.imitations,
        clock,
        url: `${publicUrl}/sandbox`,
        stateFile: join(config.dataDir, 'sandbox', 'state.json'),
        log: (message, details) => log.warn(details, message),
        // Its networks pull our media, send us webhooks and read our documents, and nothing else of this machine.
        reach: {
          allowPrivate: config.allowPrivateHosts,
          own: () => ({
            origin: new URL(publicUrl).origin,
            paths: ['/media/', '/webhooks/', '/oauth/'],
            headers: sender,
          }),
        },
      })
    : null
  const { storage, close: closeStorage } = await openStorage(config, log)
  const house = await openHouse({
    database,
    clock,
    keys,
    platforms,
    mediaDir: join(config.dataDir, 'media'),
    storage,
    sandboxUrl,
    browserSandboxUrl: own ? `${publicUrl}/sandbox` : sandboxUrl,
    publicUrl,
    takesWebhooks: true,
    historyDays: config.historyDays,
    sandboxWord,
    log,
    carry: redis?.carry,
    worker: `${hostname()}:${process.pid}`,
    configured: config.credentials,
    allow: guard(config.allowPrivateHosts),
    importing: { allowPrivate: config.allowPrivateHosts },
    disk: () => diskRoom(config.dataDir),
    toolPath: config.toolPath,
    maxVideoBytes: config.videoBytes,
    observe: {
      published: ({ platform, latenessMs, oursMs }) => {
        metrics.lateness(platform, latenessMs)
        metrics.sent(platform, oursMs)
      },
      settled: ({ platform, state, kind }) => metrics.verdict(platform, state, kind),
    },
  })
  const { publishing } = house
  const works = config.role !== 'api'
  const redirectUri = (platform: string) => `${publicUrl}/oauth/${platform}/callback`
  const app = await createApp({
    database,
    clock,
    log,
    keys,
    publicUrl,
    version,
    videoBytes: config.videoBytes,
    setupToken,
    people: house.people,
    media: house.media,
    metrics,
    counting: redis?.counting,
    redis: redis && { carriers: redis.carriers, trouble: redis.link.trouble },
    sandbox: sandbox && { handle: sandbox.handle, word },
    sandboxOn: config.sandbox,
    trustProxy: config.trustProxy,
    metricsToken: config.metricsToken ?? null,
    webDir: config.role === 'worker' ? null : webDir,
    checks: {
      ...(config.storage.s3 ? { storage: storage.trouble } : {}),
      ...(redis ? { redis: redis.check } : {}),
      ...(works
        ? {
            engine: () =>
              clock.now() - publishing.lastTick() > stuckAfterMs
                ? `has not looked for due work for ${Math.round((clock.now() - publishing.lastTick()) / 1000)} s`
                : null,
            // Leases and "has the network caught up?" are judged by this clock; workers of one database must agree on it.
            clock: async () => {
              if (config.clock) return null
              const { rows } = await sql<{ at: Date }>`select clock_timestamp() as at`.execute(db)
              const apart = Math.round((clock.now() - rows[0]!.at.getTime()) / 1000)
              return Math.abs(apart) > clockApartS ? `differs from the database's by ${apart} s: set both by NTP` : null
            },
          }
        : {
            // What this process serves is well; that nobody publishes is for a person to know, and no reason to take it out of turn.
            worker: async () => {
              const { working, lookedAt } = await presenceOf(db, clock.now())
              const since = lookedAt ? `since ${lookedAt.toISOString()}` : 'yet'
              return working ? null : { degraded: `nothing publishes at the moment: no worker has looked ${since}` }
            },
          }),
    },
    register: [
      (bind) => registerPosts(bind, { posts: house.posts }),
      (bind) =>
        registerPublications(bind, { db, clock, posts: house.posts, takeDown: house.takeDown, edit: house.edit }),
      (bind) =>
        registerChannels(bind, {
          channels: house.channels,
          accounts: house.accounts,
          connect: house.connect,
          connectAll: house.connectSandbox,
        }),
      (bind) => registerAttention(bind, { attention: house.attention }),
      (bind) => registerBacklog(bind, { backlog: house.backlog, people: house.people }),
      (bind) => registerInsights(bind, { insights: house.insights }),
      (bind) =>
        registerPlatforms(bind, {
          platforms: house.platforms,
          credentials: house.credentials,
          redirectUri,
          webhooks: house.webhooks,
        }),
      (_bind, app) => registerOAuthCallback(app, { connect: house.connect, publicUrl }),
      (_bind, app) =>
        registerPlatformFiles(app, { platforms: house.platforms, credentials: house.credentials, publicUrl }),
      (_bind, app) => registerWebhooks(app, { webhooks: house.webhooks, publicUrl }),
    ],
  })
  await app.ready()
  let working: Promise<unknown> = Promise.resolve()
  return {
    handler: (req, res) => app.routing(req, res),
    ready: () => {
      if (works) working = Promise.all([publishing.start(), house.jobs.start()])
      working.catch((err: unknown) => log.error({ err }, 'the engine could not start'))
    },
    close: async () => {
      await working.catch(() => undefined)
      if (works) await Promise.all([publishing.stop(config.drainMs), house.jobs.stop()])
      // What the last answers said is the next start's first knowledge.
      await house.quotas.settled()
      await app.close()
      await redis?.close()
      await sandbox?.close()
      await closeStorage()
    },
  }
}

/** Where a process that listens on `host` reaches itself. */
const selfHost = (host: string) =>
  ['0.0.0.0', '::', 'localhost'].includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
