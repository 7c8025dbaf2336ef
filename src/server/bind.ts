/**
 * A route of the contract and the function that answers it. Everything between the two is here, in this order: access,
 * rate limit, body, validation, If-Match, Idempotency-Key, the handler, the reply's schema, ETag. Handlers throw Problems.
 */
import { createHash } from 'node:crypto'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { etagOf, type IfMatch, wantedOf } from '#contract/etag.ts'
import { Problem, problemSchema, problems } from '#contract/problems.ts'
import { type Route, type RouteInput, type RouteName, type RouteReply, routes } from '#contract/routes.ts'
import { nothing } from '#contract/strict.ts'
import { type Authorize, type Caller, nobody } from './access.ts'
import { cleanText, jsonLimit } from './body.ts'
import { idempotencyKey, type Once } from './idempotency.ts'
import { foreseen, invalid, problemBody } from './problems.ts'
import { type Receive, readUpload, releaseUpload, type Upload } from './upload.ts'

/** What a handler knows beside its validated input. */
export type Ctx = Caller & {
  /** What If-Match wants; null when the client sent none (and the route does not need it). */
  ifMatch: IfMatch
  requestId: string
  log: FastifyBaseLogger
  /** The file of an `upload` route. */
  upload: Upload | null
  /** The raw request, for the few handlers that sign in or need an address. */
  request: FastifyRequest
  /** Adds a header to the answer. Not kept for a replayed Idempotency-Key. */
  setHeader: (name: string, value: string | string[]) => void
}
/** `etag` is the version (or the finished header). A reply of an `etag` route with a numeric `version` needs none. */
export type Answered<N extends RouteName> = RouteReply<N> | { reply: RouteReply<N>; etag: number | string }
export type Handler<N extends RouteName> = (input: RouteInput<N>, ctx: Ctx) => Promise<Answered<N>>
export type Bind = <N extends RouteName>(name: N, handler: Handler<N>) => void

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
  }
  interface FastifyContextConfig {
    /** Contract name, for logs and metrics. */
    name?: string
  }
}

/** What If-Match wants. What names no version of ours never matches what is there: raises `version-mismatch`. */
const wantedVersion = (header: string | undefined, etag: Route['etag']): IfMatch => {
  if (header === undefined) {
    if (etag === 'needs') throw new Problem('version-required')
    return null
  }
  // Never ignored: who sends it relies on it.
  if (!etag) throw new Problem('version-mismatch', 'There is no ETag here for If-Match to match; leave the header out.')
  const wanted = wantedOf(header)
  if (wanted === null)
    throw new Problem('version-mismatch', 'If-Match takes ETags exactly as they were given, or `*` for any version.')
  return wanted
}

const digestOf = (json: string) => createHash('sha256').update(json).digest('base64url').slice(0, 16)

const problemReply = { content: { 'application/problem+json': { schema: problemSchema } } }
/** The Problems a route can answer, for the OpenAPI document. */
const problemReplies = (r: Route): Record<string, unknown> => {
  const write = r.method !== 'GET'
  const statuses = [
    ...(r.params || r.query || r.body ? [400] : []),
    ...(r.access === 'public' ? [] : [401, 403]),
    ...(typeof r.access === 'object' ? [404] : []),
    ...(write ? [409] : []),
    ...(r.etag && write ? [412] : []),
    ...(r.etag === 'needs' ? [428] : []),
    ...(r.body || r.upload ? [413, 415] : []),
    ...(write ? [422] : []),
    429,
    500,
    ...(r.asksNetwork ? [502] : []),
    ...(r.upload ? [507] : []),
  ]
  const title = (s: number) =>
    Object.entries(problems)
      .filter(([, p]) => p.status === s)
      .map(([code]) => `\`${code}\``)
      .join(', ')
  return Object.fromEntries(statuses.map((s) => [s, { description: title(s), ...problemReply }]))
}
const security = (r: Route): Record<string, string[]>[] =>
  r.access === 'public' ? [] : [{ session: [] }, ...(r.access === 'user' || r.access.person ? [] : [{ apiKey: [] }])]
const needs = (r: Route) =>
  typeof r.access === 'object'
    ? `Role: ${r.access.role} or more. API key scope: \`${r.access.scope}\`${r.access.publish ? `, and \`publish\` ${r.access.publish}` : ''}.`
    : r.access === 'user'
      ? 'Any session.'
      : 'Nobody needs to be signed in.'

/** A route that takes nothing here refuses what is sent. */
const refuseMembers = (value: unknown, place: 'querystring' | 'body'): void => {
  const parsed = nothing.safeParse(value)
  if (!parsed.success) throw invalid(parsed.error.issues, place)
}

/** The part of a route Fastify and the OpenAPI document share. */
const schemaOf = (name: string, r: Route) => ({
  operationId: name,
  summary: r.summary,
  description: `${needs(r)}${r.etag === 'needs' ? ' Send the ETag in If-Match.' : ''}${r.method === 'GET' ? '' : ' Takes an Idempotency-Key.'}`,
  tags: [r.noun],
  security: security(r),
  ...(r.upload ? { consumes: ['multipart/form-data'] } : {}),
  ...(r.params ? { params: r.params } : {}),
  ...(r.query ? { querystring: r.query } : {}),
  ...(r.body ? { body: r.body } : {}),
  response: {
    [r.status ?? 200]: { description: r.summary, content: { 'application/json': { schema: r.reply } } },
    ...problemReplies(r),
  },
})

export type BindDeps = { app: FastifyInstance; authorize: Authorize; once: Once; receive: Receive }

/** Makes `bind`, and `bound`: the names that have a handler. */
export const createBind = ({
  app,
  authorize,
  once,
  receive,
}: BindDeps): { bind: Bind; bound: ReadonlySet<RouteName> } => {
  const bound = new Set<RouteName>()

  const bind: Bind = (name, handler) => {
    const r: Route = routes[name]
    if (bound.has(name)) throw new Error(`route ${name} is bound twice`)
    bound.add(name)
    const status = r.status ?? 200
    const write = r.method !== 'GET'

    const readForm = async (request: FastifyRequest, form: z.ZodType): Promise<Upload> => {
      const upload = await readUpload(request, receive, Object.keys((form as z.ZodObject).shape))
      const fields = form.safeParse(upload.fields)
      if (!fields.success) throw invalid(fields.error.issues)
      return { ...upload, fields: fields.data as Record<string, string> }
    }
    const run = async (request: FastifyRequest, ctx: Ctx) => {
      const input = { params: request.params, query: request.query, body: request.body } as RouteInput<typeof name>
      const given = await handler(input, ctx)
      const wrapped = given !== null && typeof given === 'object' && 'reply' in given && 'etag' in given
      const value = wrapped ? given.reply : given
      const version = wrapped
        ? given.etag
        : r.etag && typeof (value as { version?: unknown }).version === 'number'
          ? (value as { version: number }).version
          : null
      // A reply its own schema refuses is our bug: `encode` throws and the client is told `internal`.
      const json = JSON.stringify(z.encode(r.reply, value as never))
      return {
        status,
        json,
        etag: typeof version === 'number' ? etagOf(version, digestOf(json)) : version,
      }
    }
    /** A foreseen refusal is an answer too, and is stored with the key; 5xx are not. */
    const settled = async (request: FastifyRequest, ctx: Ctx) => {
      try {
        return await run(request, ctx)
      } catch (error) {
        const problem = foreseen(error)
        if (!problem || problems[problem.code].status >= 500) throw error
        return {
          status: problems[problem.code].status,
          json: JSON.stringify(problemBody(problem, request.id)),
          etag: null,
        }
      }
    }

    app.route({
      method: r.method,
      url: r.path,
      config: { name },
      bodyLimit: jsonLimit,
      schema: schemaOf(name, r),
      onRequest: async (request, reply) => {
        // Also when the sender hangs up before there is an answer.
        if (r.upload) reply.raw.once('close', () => releaseUpload(request))
        request.caller = await authorize(request, r.access)
      },
      ...(r.upload ? { onResponse: async (request: FastifyRequest) => releaseUpload(request) } : {}),
      preValidation: async (request) => {
        if (!cleanText(request.query) || !cleanText(request.params))
          throw new Problem('bad-encoding', 'The address has a NUL character.')
        if (!r.query) refuseMembers(request.query, 'querystring')
        if (!r.body && !r.upload && write) refuseMembers(request.body ?? {}, 'body')
      },
      handler: async (request: FastifyRequest, reply: FastifyReply) => {
        const { caller } = request
        const headers: [string, string | string[]][] = []
        const upload = r.upload ? await readForm(request, r.upload) : null
        const ctx: Ctx = {
          ...caller,
          ifMatch: write ? wantedVersion(request.headers['if-match'], status === 201 ? undefined : r.etag) : null,
          requestId: request.id,
          log: request.log,
          upload,
          request,
          setHeader: (header, value) => void headers.push([header, value]),
        }
        const key = write ? idempotencyKey(request.headers['idempotency-key']) : null
        // Nobody's writes (the first run) have no actor to keep answers for; they are once-only by themselves.
        const actor = caller.keyId ? `key:${caller.keyId}` : caller.userId ? `user:${caller.userId}` : null
        const body = {
          params: request.params,
          query: request.query,
          body: request.body,
          ifMatch: ctx.ifMatch,
          file: upload && [upload.received.sha256.toString('hex'), upload.fields],
        }
        const answer =
          key && actor
            ? await once({ actor, key, route: name, body }, () => settled(request, ctx))
            : { ...(await run(request, ctx)), replayed: false }
        for (const [header, value] of headers) reply.header(header, value)
        if (answer.etag) reply.header('etag', answer.etag)
        if (answer.replayed) reply.header('idempotent-replayed', 'true')
        reply.header('cache-control', 'no-store')
        return reply
          .code(answer.status)
          .type(answer.status >= 400 ? 'application/problem+json; charset=utf-8' : 'application/json; charset=utf-8')
          .send(answer.json)
      },
    })
  }
  app.decorateRequest('caller')
  app.addHook('onRequest', async (request) => {
    request.caller = nobody
  })
  return { bind, bound }
}
