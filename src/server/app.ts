/** The HTTP server, put together: doors only. What stands behind each comes in through `AppDeps`. */
import multipart from '@fastify/multipart'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'

import { mediaLimits } from '#contract/media.ts'

import { type RouteName, routes } from '#contract/routes.ts'
import { createCarry } from '#infra/carrier.ts'
import type { Clock } from '#infra/clock.ts'
import type { Database } from '#infra/db/database.ts'
import { newId } from '#infra/ids.ts'
import type { KeyRing } from '#infra/secrets.ts'
import { type TrustProxy, trusts } from '#infra/trust-proxy.ts'
import type { Media } from '#planner/media/service.ts'
import type { People } from '#planner/people/service.ts'
import { createAccess } from './access.ts'
import { createAuth } from './auth.ts'
import { type Bind, createBind } from './bind.ts'
import { acceptJson } from './body.ts'
import { type Counting, countHere } from './counting.ts'
import { registerDocs } from './docs.ts'
import { type Checks, registerHealth } from './health.ts'
import { createIdempotency, purgeIdempotency } from './idempotency.ts'
import { defaultLimits, type Limits, registerLimits } from './limits.ts'
import { createLive } from './live.ts'
import type { Metrics } from './metrics.ts'
import { errorHandler } from './problems.ts'
import { registerMedia } from './routes/media.ts'
import { registerPeople } from './routes/people.ts'
import { type QueuesDoorDeps, registerBoard, registerQueues } from './routes/queues.ts'
import { registerSandbox, type SandboxDoorDeps } from './sandbox-door.ts'
import { registerSecurity } from './security.ts'
import { subjectOf } from './subject.ts'
import { uploadLimits } from './upload.ts'
import { registerWeb } from './web.ts'

export type AppDeps = {
  database: Pick<Database, 'db' | 'pool' | 'listen'>
  clock: Clock
  log: FastifyBaseLogger
  /** Seals stored answers (see idempotency.ts); session cookies are signed with a key derived from it. */
  keys: Pick<KeyRing, 'seal' | 'open' | 'derive'>
  /** Where people reach us, without a slash at its end; https makes cookies secure. */
  publicUrl: string
  version: string
  /** Bytes a video may have; default the contract's. */
  videoBytes?: number
  /** Asked for by the first run; null when only this machine can reach us. */
  setupToken: string | null
  people: People
  media: Media
  metrics: Metrics
  /** Doors of the other nouns: `(bind) => registerPosts(bind, ...)`. Raw doors (the OAuth callback) use `app`. */
  register?: readonly ((bind: Bind, app: FastifyInstance) => void)[]
  /** The imitation networks, below /sandbox; null when they are off. */
  sandbox?: (Pick<SandboxDoorDeps, 'handle'> & Partial<Pick<SandboxDoorDeps, 'word'>>) | null
  /** Can people connect sandbox channels? Default: whether `sandbox` is here; true as well when it runs elsewhere. */
  sandboxOn?: boolean
  /** The queues on Redis, where it is set. */
  redis?: QueuesDoorDeps['redis']
  /** Answer readiness besides the database: migrations, engine. */
  checks?: Checks
  /** Null = no limits; what is left out is as in `defaultLimits`. */
  limits?: Partial<Limits> | null
  /** Who counts for them; default this process. */
  counting?: Counting
  metricsToken?: string | null
  /** Folder of the built web app; null when there is none. */
  webDir?: string | null
  /** Proxies whose X-Forwarded-* headers are believed. Default none. */
  trustProxy?: TrustProxy
  /** Fails the start when a route of the contract has no handler. Default true. */
  complete?: boolean
}

/** Makes the server; it does not listen yet. `close()` ends event streams and background work, not the database. */
export const createApp = async (deps: AppDeps): Promise<FastifyInstance> => {
  const { database, clock, log, publicUrl, people, media, metrics } = deps
  const limits = deps.limits === null ? null : { ...defaultLimits, ...deps.limits }
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    // We log a request once, when it is over (below).
    logController: new LogController({ disableRequestLogging: true }),
    // Unique over processes and restarts: it is what a person reports.
    genReqId: () => newId(clock.now()),
    trustProxy: trusts(deps.trustProxy ?? false),
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (error, request, reply) => void errorHandler(error, request, reply),
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(errorHandler)
  acceptJson(app)
  await app.register(multipart, { limits: uploadLimits, throwFileSizeLimit: false })

  const tellsRequests = log.level === 'debug' || log.level === 'trace'
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.config.name ?? request.routeOptions.url ?? 'none'
    metrics.http({ route, method: request.method, status: reply.statusCode, seconds: reply.elapsedTime / 1000 })
    if (!tellsRequests) return
    request.log.debug(
      {
        method: request.method,
        route,
        ...subjectOf(request),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    )
  })
  await registerSecurity(app, { publicUrl })

  const limiting = await registerLimits(app, { limits, counting: deps.counting ?? countHere(clock) })

  const auth = createAuth({
    pool: database.pool,
    publicUrl,
    secret: deps.keys.derive('sessions').toString('base64url'),
    tries: limiting.tries,
    signedInFrom: people.signedInFrom,
    onEnded: people.lookAgain,
  })
  const authorize = createAccess({ people, publicUrl, session: auth.session, strike: limiting.refused })
  const once = createIdempotency({ db: database.db, clock, keys: deps.keys })
  const { bind, bound } = createBind({ app, authorize, once, receive: media.receive })

  // Before any route, so that the document sees them all.
  await registerDocs(app, { version: deps.version, publicUrl })
  auth.mount(app)
  registerHealth(app, {
    db: database.db,
    checks: deps.checks ?? {},
    metrics,
    metricsToken: deps.metricsToken ?? null,
    publicUrl,
    trustProxy: deps.trustProxy ?? false,
  })
  registerPeople(bind, {
    people,
    auth,
    setupToken: deps.setupToken,
    sandbox: deps.sandboxOn ?? Boolean(deps.sandbox),
    version: deps.version,
    videoBytes: deps.videoBytes ?? mediaLimits.videoBytes,
  })
  registerMedia(bind, app, { media, authorize })
  registerQueues(bind, { redis: deps.redis ?? null })
  if (deps.redis) await registerBoard(app, { authorize, redis: deps.redis })
  for (const register of deps.register ?? []) register(bind, app)

  const live = createLive({ database, clock, metrics, log })
  live.mount(app, authorize)
  if (deps.sandbox)
    registerSandbox(app, {
      handle: deps.sandbox.handle,
      word: deps.sandbox.word ?? null,
      publicUrl,
      trustProxy: deps.trustProxy ?? false,
      // Whoever was let go has a session still, and one with a first password is not in yet.
      session: async (request) => {
        const userId = await auth.session(request)
        return userId !== null && (await people.belongs(userId)) ? userId : null
      },
      strike: limiting.refused,
      count: limiting.sandbox,
    })
  await registerWeb(app, { dir: deps.webDir ?? null })

  const missing = (Object.keys(routes) as RouteName[]).filter((name) => !bound.has(name))
  if (deps.complete !== false && missing.length > 0) throw new Error(`routes without a handler: ${missing.join(', ')}`)

  const tidy = createCarry({ database, clock, log })(
    async () => {
      await purgeIdempotency(database.db, clock.now())
      return new Date(clock.now() + 60 * 60_000)
    },
    { name: 'forget idempotency keys' },
  )
  let stopLive: (() => Promise<void>) | undefined
  app.addHook('onReady', async () => {
    stopLive = await live.start()
    await tidy.start()
  })
  app.addHook('preClose', async () => {
    await stopLive?.()
    await tidy.stop()
  })
  return app
}
