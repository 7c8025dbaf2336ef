/**
 * The planner put together without a door: every noun with what it needs. The server opens it behind HTTP, a worker
 * process opens it alone, and the demo, the bench and the crash matrix open the very same one.
 */
import { type Carry, createCarry, type Job } from '#infra/carrier.ts'
import type { Clock } from '#infra/clock.ts'
import type { Database } from '#infra/db/database.ts'
import { createGivingWay } from '#infra/giving-way.ts'
import { newId } from '#infra/ids.ts'
import type { KeyRing } from '#infra/secrets.ts'
import { diskStorage, type Storage } from '#infra/storage.ts'
import type { Platform } from '#kit/client/platform.ts'
import type { Pin } from '#kit/client/send.ts'
import { attentionJobs } from '#planner/attention/jobs.ts'
import { createAttention } from '#planner/attention/service.ts'
import { createAccounts } from '#planner/channels/account.ts'
import { createCalling } from '#planner/channels/calling.ts'
import { createConnect } from '#planner/channels/connect.ts'
import { connectSandbox } from '#planner/channels/connect-all.ts'
import { createCredentials } from '#planner/channels/credentials.ts'
import { createChannelHttp } from '#planner/channels/http.ts'
import { channelJobs } from '#planner/channels/jobs.ts'
import { createKeeper } from '#planner/channels/keeper.ts'
import { createQuotas } from '#planner/channels/quotas.ts'
import { createChannels } from '#planner/channels/service.ts'
import { insightJobs } from '#planner/insights/jobs.ts'
import { createInsights } from '#planner/insights/service.ts'
import { mediaJobs } from '#planner/media/jobs.ts'
import { createMedia, type MediaDeps } from '#planner/media/service.ts'
import { createPeople } from '#planner/people/service.ts'
import { postJobs } from '#planner/posts/jobs.ts'
import { createPosts } from '#planner/posts/service.ts'
import { createEdit } from '#planner/published/edit.ts'
import { createTakeDown } from '#planner/published/take-down.ts'
import { createBacklog } from '#planner/publishing/backlog.ts'
import { holdChannel, releaseHeld } from '#planner/publishing/commands.ts'
import type { Log, Observer, PublishingDeps } from '#planner/publishing/deps.ts'
import { createPublishing } from '#planner/publishing/engine.ts'
import { publishingJobs } from '#planner/publishing/jobs.ts'
import { signalJobs } from '#planner/signals/jobs.ts'
import { createSignals } from '#planner/signals/service.ts'
import { createSandboxRobot } from './sandbox-robot.ts'

export type HouseOptions = {
  database: Database
  clock: Clock
  keys: KeyRing
  platforms: readonly Platform[]
  /** Folder of uploads and renditions. */
  mediaDir: string
  /** Where they are kept instead of on the disk. */
  storage?: Storage
  /** The sandbox as this process reaches it; null = off. */
  sandboxUrl: string | null
  /** The sandbox as browsers see it; the same when absent. */
  browserSandboxUrl?: string | null
  /** Where people and networks reach us, without a slash at its end. */
  publicUrl: string
  /** Does somebody answer at `<publicUrl>/webhooks/<platform>`? Then networks are asked to send events there. Default no. */
  takesWebhooks?: boolean
  /** The word our own sandbox's webhooks carry; null or absent: the sandbox runs elsewhere, and its signature has to do. */
  sandboxWord?: string | null
  log: Log
  /** What carries the work; default this process by itself. */
  carry?: Carry
  /** Name of this process in leases and journals. */
  worker: string
  observe?: Observer
  /** Days the history of publications that are over is kept; 0 (default) = for ever. */
  historyDays?: number
  /** App credentials from the configuration. */
  configured?: (platform: string, fields: readonly string[]) => Record<string, string>
  /** Throws when a live URL may not be called; gives the addresses it was judged by. */
  allow?: (url: URL) => Promise<Pin | undefined>
  /** What `media.importFrom` may fetch. */
  importing?: MediaDeps['fetch']
  /** Most bytes of a video. */
  maxVideoBytes?: number
  /** Room on the disk this process writes to, in bytes; absent: nobody is told when it is nearly full. */
  disk?: () => Promise<{ free: number; total: number }>
  /** PATH, for ffmpeg (poster frames). */
  toolPath?: string
  publishing?: Partial<Pick<PublishingDeps, 'leaseMs' | 'fetch' | 'beforeSend' | 'random' | 'mayClaim'>>
}

export type House = Awaited<ReturnType<typeof openHouse>>

export const openHouse = async (o: HouseOptions) => {
  const { database, clock, keys, log } = o
  const { db } = database
  const platforms = new Map(o.platforms.map((p) => [p.spec.id, p]))
  const onError = (err: unknown, channel: string) => log.error({ err, channel }, 'background work on a channel broke')
  const quotas = createQuotas({ db, clock, listen: database.listen, onError })
  const http = createChannelHttp({ platforms, sandboxUrl: o.sandboxUrl, allow: o.allow, clock, quotas })
  const browserSandboxUrl = o.browserSandboxUrl === undefined ? o.sandboxUrl : o.browserSandboxUrl
  const robot = o.sandboxUrl
    ? createSandboxRobot({
        sandboxUrl: o.sandboxUrl,
        browserSandboxUrl: browserSandboxUrl ?? o.sandboxUrl,
        webhookUrl: o.takesWebhooks ? (platform) => `${o.publicUrl}/webhooks/${platform}` : undefined,
      })
    : null
  const credentials = createCredentials({
    db,
    clock,
    keys,
    platforms,
    configured: o.configured ?? (() => ({})),
    sandbox: robot?.credentials ?? null,
  })
  const now = () => new Date(clock.now())
  const carry = o.carry ?? createCarry({ database, clock, log })

  const media = createMedia({
    database,
    clock,
    storage: o.storage ?? diskStorage(o.mediaDir),
    keys,
    publicUrl: o.publicUrl,
    fetch: o.importing,
    toolPath: o.toolPath,
    maxVideoBytes: o.maxVideoBytes,
  })
  const onReconnected: Parameters<typeof createKeeper>[0]['onReconnected'] = (trx, id) => releaseHeld(trx, id, now())
  const keeper = createKeeper({ database, clock, keys, platforms, http, credentials, onReconnected, onError })
  const call = createCalling({ db, clock, platforms, http, keeper })
  const accounts = createAccounts({
    db,
    clock,
    platforms,
    call,
    appOf: credentials.known,
    onError: (err, channel) => log.warn({ err, channel }, 'the network could not be asked about an account'),
  })
  const insights = createInsights({ db, clock, platforms, call, onError })
  const webhooks = createSignals({
    db,
    clock,
    keys,
    platforms,
    credentials,
    http,
    call,
    keeper,
    publicUrl: o.publicUrl,
    sandbox: o.sandboxUrl !== null,
    sandboxWord: o.sandboxWord ?? null,
    countNow: insights.dueNow,
    log,
  })
  const onRemoved: Parameters<typeof createChannels>[0]['onRemoved'] = (trx, id) =>
    holdChannel(
      trx,
      id,
      'channel-removed',
      'The channel was disconnected. Connect it again to publish, or cancel.',
      now(),
    )
  const channels = createChannels({ db, clock, keys, platforms, http, credentials, keeper, onRemoved, onError })
  const connect = createConnect({
    db,
    clock,
    keys,
    platforms,
    http,
    credentials,
    browserSandboxUrl,
    redirectUri: (p) => `${o.publicUrl}/oauth/${p}/callback`,
    onReconnected: async (trx, id) => {
      await onReconnected(trx, id)
      if (o.takesWebhooks) await webhooks.subscribeSoon(trx, id)
    },
  })
  const posts = createPosts({
    db,
    clock,
    platforms,
    publicUrl: o.publicUrl,
    handsOut: media.handsOut,
    askAccounts: accounts.refresh,
    apps: { appOf: credentials.known, sharing: credentials.sharing },
  })
  const publishing = createPublishing(carry, {
    db,
    steady: database.steady,
    clock,
    platforms,
    keeper,
    http,
    media,
    random: Math.random,
    log,
    observe: o.observe,
    worker: o.worker,
    ...o.publishing,
  })
  const backlog = createBacklog({ db, clock, platforms })
  const takeDown = createTakeDown({ db, clock, platforms, call })
  const edit = createEdit({ db, clock, platforms, call })

  const all: readonly Job[] = [
    ...channelJobs({ db, clock, keeper, quotas }),
    ...postJobs(posts),
    ...mediaJobs({ media, clock }),
    ...insightJobs({ db, clock, platforms, insights, log }),
    ...publishingJobs({ db, clock, log, days: o.historyDays ?? 0 }),
    ...attentionJobs({ db, clock, disk: o.disk, host: o.worker.split(':')[0]! }),
    ...signalJobs({ signals: webhooks, clock, takesWebhooks: o.takesWebhooks ?? false }),
  ]
  const jobs = all.map(createGivingWay({ clock, busy: publishing.busy }))
  const carriers = jobs.map((job) => carry(job.look, job))

  return {
    platforms,
    people: createPeople({ database, clock }),
    media,
    credentials,
    channels,
    connect,
    keeper,
    posts,
    publishing,
    attention: createAttention({ db }),
    backlog,
    takeDown,
    edit,
    accounts,
    quotas,
    insights,
    webhooks,
    robot,
    jobs: {
      list: jobs,
      start: async () => void (await Promise.all(carriers.map((c) => c.start()))),
      stop: async () => void (await Promise.all(carriers.map((c) => c.stop()))),
    },
    /** One sandbox channel on every platform, through the real flows. */
    connectSandbox: (who: { ws: string; userId: string }) => connectSandbox({ clock, platforms, connect, robot }, who),
    newId: () => newId(clock.now()),
  }
}
