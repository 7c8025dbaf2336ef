/**
 * How an error leaves the house: always `application/problem+json` (RFC 9457), always a code of the one table, never a
 * stack trace. What nobody expected becomes `internal` with the request's id, and the log has the rest.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Problem, type ProblemBody, type ProblemCode, problems } from '#contract/problems.ts'
import { tell } from '#contract/strict.ts'
import { passes } from '#infra/db/trouble.ts'
import { StorageAway } from '#infra/storage.ts'
import { drained, jsonLimit } from './body.ts'
import { subjectOf } from './subject.ts'

/** The body of a Problem. `instance` is the request id, which is also in the log. */
export const problemBody = (problem: Problem, instance?: string): ProblemBody => {
  const { status, title, fix } = problems[problem.code]
  return {
    type: `/docs/problems#${problem.code}`,
    code: problem.code,
    title,
    status,
    ...(problem.message !== title ? { detail: problem.message } : {}),
    fix,
    ...(instance ? { instance } : {}),
    ...problem.extra,
  }
}

type Told = { code: ProblemCode; detail?: string }
/** Errors of Fastify and its plugins, by their code. Anything else is `internal`. */
const fastifyErrors: Record<string, Told> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'too-large',
    detail: `A body may have at most ${jsonLimit.toLocaleString('en')} bytes.`,
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported-media',
    detail: 'Send application/json (or multipart/form-data where a file is uploaded).',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'bad-json', detail: 'The body is empty.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'bad-json' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: 'bad-json', detail: 'Content-Length does not match the body.' },
  FST_ERR_BAD_URL: { code: 'bad-encoding', detail: 'The address has a percent-escape that is not UTF-8.' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'not-found' },
  FST_ERR_NOT_FOUND: { code: 'not-found' },
  FST_STATIC_FORBIDDEN_PATH: { code: 'not-found' },
  FST_REQ_FILE_TOO_LARGE: { code: 'too-large' },
  FST_INVALID_MULTIPART_CONTENT_TYPE: {
    code: 'unsupported-media',
    detail: 'Send multipart/form-data with a field `file`.',
  },
  FST_FILES_LIMIT: { code: 'validation', detail: 'Send one file a request.' },
  FST_PARTS_LIMIT: { code: 'validation', detail: 'Too many parts.' },
  FST_FIELDS_LIMIT: { code: 'validation', detail: 'Too many fields.' },
  FST_PROTO_VIOLATION: { code: 'validation', detail: 'A field has a name that is not allowed.' },
}

/** `content`, `segments`, `0` of the body -> `content.segments.0`; other places carry their name. */
const fieldPath = (context: string, path: readonly PropertyKey[]) =>
  [...(context === 'body' ? [] : [context === 'querystring' ? 'query' : context]), ...path.map(String)].join('.')

type Issues = Parameters<typeof tell>[0][]
/** What a schema of the contract found wrong, as the Problem that tells it. */
export const invalid = (issues: Issues, context = 'body'): Problem =>
  new Problem('validation', undefined, {
    errors: issues
      .flatMap(tell)
      .slice(0, 50)
      .map(({ path, message }) => ({ path: fieldPath(context, path), message })),
  })

/** The Problem an error is, or null when nobody foresaw it. */
export const foreseen = (error: unknown): Problem | null => {
  if (error instanceof Problem) return error
  if (error instanceof StorageAway) return new Problem('storage-away')
  if (passes(error)) return new Problem('database-away')
  const e = error as Partial<FastifyError>
  if (e.validation)
    return invalid(
      e.validation.map((v) => ({
        code: v.keyword,
        path: v.instancePath.split('/').filter(Boolean),
        message: v.message ?? 'is not valid',
        ...(v.params as { keys?: string[]; errors?: Issues[] }),
      })),
      e.validationContext,
    )
  const told = e.code ? fastifyErrors[e.code] : undefined
  return told ? new Problem(told.code, told.detail) : null
}

const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000))

/** `rate-limited`: too many of something that may happen `max` times; `ms` until there is room again. */
export const tooMany = (what: string, limit: { max: number; ms: number }): Problem => {
  const problem = new Problem('rate-limited', `${what} Try again in ${seconds(limit.ms)} s.`)
  problem.limit = limit
  return problem
}

/** Where nobody knows better: room for one in a moment. */
const aMoment = { max: 1, ms: 5_000 }

/** Every 429 says how long to wait, and of what there was too much. */
const limitHeaders = (reply: FastifyReply, { max, ms }: { max: number; ms: number }): void =>
  void reply.headers({
    'retry-after': seconds(ms),
    'x-ratelimit-limit': max,
    'x-ratelimit-remaining': 0,
    'x-ratelimit-reset': seconds(ms),
  })

/** Sends a Problem. */
export const sendProblem = (reply: FastifyReply, problem: Problem, instance: string): FastifyReply => {
  const { status } = problems[problem.code]
  if (status === 429) limitHeaders(reply, problem.limit ?? aMoment)
  else if (status === 503) reply.header('retry-after', seconds(aMoment.ms))
  return reply
    .code(problems[problem.code].status)
    .type('application/problem+json; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(problemBody(problem, instance)))
}

/** Fastify's error handler: foreseen errors are told, the others are logged and told as `internal`. */
export const errorHandler = async (
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const problem = foreseen(error)
  const about = { route: request.routeOptions.url, ...subjectOf(request) }
  if (!problem || problem.code === 'internal') request.log.error({ err: error, ...about }, 'request failed')
  else if (problem.code === 'database-away')
    request.log.warn({ reason: (error as Error).message, ...about }, 'the database did not answer in time')
  else if (problem.code === 'storage-away')
    request.log.warn({ reason: (error as Error).message, ...about }, 'a file could not be had')
  // An upload drains by itself (upload.ts): its sender may have gigabytes to go.
  if (!request.isMultipart?.()) await drained(request.raw)
  return sendProblem(reply, problem ?? new Problem('internal'), request.id)
}
