/** The door of the Data API: token, scope, quota, and parameters it knows; refusals in the legacy envelope (fact sheet §7, §8). */
import { Refused } from '#kit/sandbox/answer.ts'
import type { JsonObject } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { ignoreMember } from '#kit/sandbox/notices.ts'
import { googleCaller, legacyError, systemParameters } from '../../families/google/sandbox/answers.ts'
import { takeDaily } from '../../families/google/sandbox/quota.ts'
import { doors, quota } from './numbers.ts'
import type { Channel, YouTubeWorld } from './state.ts'

export const service = 'youtube.googleapis.com'

/** Leaves with a refusal in YouTube's words. */
export const refuse = (status: number, reason: string, message: string, location?: string): never => {
  throw new Refused(legacyError(status, { reason, message, domain: `youtube.${domainOf(reason)}`, location }))
}

const domainOf = (reason: string) =>
  /quota/i.test(reason) ? 'quota' : /^(invalid|unexpected|missing|unknown)/.test(reason) ? 'parameter' : 'common'

/** 400 as the newer front answers a body or parameter it does not know. */
export const malformed = (message: string, location?: string): SandboxResponse =>
  legacyError(400, { reason: 'badRequest', message, status: 'INVALID_ARGUMENT', location })

export const knownQuery = (req: SandboxRequest, ...known: string[]): void => {
  const extra = [...req.query.keys()].find((k) => !known.includes(k) && !systemParameters.includes(k))
  if (extra !== undefined)
    throw new Refused(
      malformed(`Invalid JSON payload received. Unknown name "${extra}": Cannot bind query parameter.`, extra),
    )
}

/** Of every resource. */
const always = ['kind', 'etag', 'id']

/**
 * Refuses a member YouTube does not know. What it only ever tells itself (`outputs`) it ignores when it is sent: clients
 * send back what they read.
 */
export const onlyMembers = (
  req: SandboxRequest,
  at: string,
  o: JsonObject,
  settable: readonly string[],
  outputs: readonly string[] = [],
): void => {
  for (const name of Object.keys(o)) {
    if (settable.includes(name)) continue
    if (!outputs.includes(name) && !always.includes(name))
      throw new Refused(
        malformed(`Invalid JSON payload received. Unknown name "${name}" at '${at}': Cannot find field.`),
      )
    ignoreMember(req, `${at}.${name}`)
  }
}

/** The named parts; an unknown or missing one is refused. */
export const partsOf = (req: SandboxRequest, known: readonly string[]): string[] => {
  const parts = (req.query.getAll('part').join(',') || '')
    .split(',')
    .map((p) => p.trim())
    .filter(Boolean)
  if (parts.length === 0) refuse(400, 'missingRequiredParameter', 'No filter selected. Expected one of: part', 'part')
  const odd = parts.find((p) => !known.includes(p))
  if (odd !== undefined) refuse(400, 'unknownPart', `'${odd}'`, 'part')
  return parts
}

export const spend = (world: YouTubeWorld, bucket: keyof typeof quota, n: number): void => {
  const usual = bucket === 'uploads' ? world.knob('uploadsADay') : quota[bucket]
  const cap = world.knob('quotas') === 0 ? Number.MAX_SAFE_INTEGER : usual
  if (!takeDaily(world, bucket, n, cap))
    throw new Refused(
      legacyError(403, {
        reason: 'quotaExceeded',
        domain: 'youtube.quota',
        message:
          'The request cannot be completed because you have exceeded your <a href="/youtube/v3/getting-started#quota">quota</a>.',
        status: 'RESOURCE_EXHAUSTED',
      }),
    )
}

/** Who calls? Refuses a dead token, a missing scope, an account without a channel and a spent quota, in that order. */
export const enter = (
  world: YouTubeWorld,
  req: SandboxRequest,
  o: { door: keyof typeof doors; bucket?: keyof typeof quota; units?: number; withoutChannel?: boolean },
): Channel => {
  const { account } = googleCaller(world, req, { anyOf: doors[o.door], service })
  const channel = world.state.channels.find((c) => c.id === account)
  if (!channel || (channel.uploads === '' && !o.withoutChannel))
    return refuse(401, 'youtubeSignupRequired', 'Unauthorized')
  spend(world, o.bucket ?? 'units', o.units ?? 1)
  return channel
}

export const maxResults = (req: SandboxRequest, usual: number, most: number): number => {
  const given = req.query.get('maxResults')
  if (given === null) return usual
  const n = Number(given)
  if (!Number.isInteger(n) || n < 0 || n > most)
    refuse(
      400,
      'invalidParameter',
      `Invalid value '${given}'. Values must be within the range: [0, ${most}]`,
      'maxResults',
    )
  return n
}

/** One page and the token of the next. Tokens are offsets. */
export const paged = <T>(req: SandboxRequest, all: readonly T[], size: number) => {
  const given = req.query.get('pageToken')
  const from = given === null ? 0 : Number(/^P(\d+)$/.exec(given)?.[1] ?? Number.NaN)
  if (Number.isNaN(from)) refuse(400, 'invalidPageToken', 'The request specifies an invalid page token.', 'pageToken')
  return {
    items: all.slice(from, from + size),
    page: {
      ...(from + size < all.length ? { nextPageToken: `P${from + size}` } : {}),
      pageInfo: { totalResults: all.length, resultsPerPage: size },
    },
  }
}
