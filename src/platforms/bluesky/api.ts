/** Bluesky's calls (XRPC), typed thin: one function a call, every answer parsed, no decisions. Fact sheet §2, §3, §4. */
import { z } from 'zod'
import { readTokens } from '#kit/client/connectors.ts'
import type { Http, HttpRequest, Reply } from '#kit/client/http.ts'
import type { Grant, Json } from '#kit/client/steps.ts'
import { sendBound } from './dpop.ts'

export const entryway = 'https://bsky.social'
export const postCollection = 'app.bsky.feed.post'
export const gateCollection = 'app.bsky.feed.threadgate'

/** Whose repository, where, with which token. `key`: the token is bound to it (OAuth). */
export type Home = { http: Http; pds: string; access: string; key?: string; now: () => number }

/** A call as the account, in whichever way it signed in. */
const asAccount = <T>(h: Home, request: HttpRequest<T>): Promise<Reply<T>> =>
  h.key
    ? sendBound({ http: h.http, key: h.key, now: h.now, access: h.access }, request)
    : h.http({ ...request, headers: { ...request.headers, ...bearer(h.access) } })

/** Where a channel's grant leads. */
export const homeOf = (t: { http: Http; grant: Grant; now: () => number }): Home => ({
  http: t.http,
  pds: t.grant.extra?.pds ?? entryway,
  access: t.grant.access,
  now: t.now,
  ...(t.grant.extra?.key ? { key: t.grant.extra.key } : {}),
})

const didDoc = z.looseObject({
  alsoKnownAs: z.array(z.string()).optional(),
  service: z
    .array(z.looseObject({ id: z.string(), type: z.string().optional(), serviceEndpoint: z.unknown() }))
    .optional(),
})
export type DidDoc = z.output<typeof didDoc>

const session = z.object({
  accessJwt: z.string().min(1),
  refreshJwt: z.string().min(1),
  did: z.string().startsWith('did:'),
  handle: z.string(),
  didDoc: didDoc.optional().catch(undefined),
  active: z.boolean().optional(),
  status: z.string().optional(),
})
export type Session = z.output<typeof session>

const ref = z.object({ uri: z.string(), cid: z.string() })
export type Ref = z.output<typeof ref>
const written = ref.extend({ commit: z.unknown().optional(), validationStatus: z.string().optional() })
const record = ref.extend({ value: z.record(z.string(), z.unknown()) })
const blobAnswer = z.object({
  blob: z.looseObject({
    $type: z.literal('blob'),
    ref: z.object({ $link: z.string() }),
    mimeType: z.string(),
    size: z.number(),
  }),
})
const profile = z.object({
  did: z.string(),
  handle: z.string(),
  displayName: z.string().optional(),
  avatar: z.string().optional(),
  followersCount: z.number().optional(),
  followsCount: z.number().optional(),
  postsCount: z.number().optional(),
})
const counts = z.object({
  uri: z.string(),
  likeCount: z.number().optional(),
  repostCount: z.number().optional(),
  replyCount: z.number().optional(),
  quoteCount: z.number().optional(),
  bookmarkCount: z.number().optional(),
})

const xrpc = (base: string, method: string) => `${base.replace(/(?<!\/)\/+$/, '')}/xrpc/${method}`
const tokens = (body: unknown): Session => readTokens('bluesky', 'Bluesky', session, body)
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** The PDS of a DID document: its `#atproto_pds` service. */
export const pdsOf = (doc: DidDoc | undefined): string | undefined => {
  const endpoint = doc?.service?.find((s) => s.id.endsWith('#atproto_pds'))?.serviceEndpoint
  return typeof endpoint === 'string' ? endpoint : undefined
}

/** 30 / 5 min and 300 / day per account: connect and a lost refresh only, never per post. */
export const createSession = async (
  http: Http,
  service: string,
  identifier: string,
  password: string,
): Promise<Session> =>
  tokens(
    (
      await http({
        method: 'POST',
        url: xrpc(service, 'com.atproto.server.createSession'),
        json: { identifier, password },
      })
    ).body,
  )

/** Takes the REFRESH token, no body. The old one works 2 h more and gives the same successor. */
export const refreshSession = async (http: Http, pds: string, refreshJwt: string): Promise<Session> =>
  tokens(
    (await http({ method: 'POST', url: xrpc(pds, 'com.atproto.server.refreshSession'), headers: bearer(refreshJwt) }))
      .body,
  )

export const deleteSession = async (http: Http, pds: string, refreshJwt: string): Promise<void> => {
  await http({ method: 'POST', url: xrpc(pds, 'com.atproto.server.deleteSession'), headers: bearer(refreshJwt) })
}

/** The public profile; the app view answers for accounts of every PDS. */
export const getProfile = async (http: Http, did: string) =>
  (
    await http({
      method: 'GET',
      url: xrpc('https://public.api.bsky.app', 'app.bsky.actor.getProfile'),
      query: { actor: did },
      expect: profile,
    })
  ).body

export const resolveHandle = async (http: Http, pds: string, handle: string): Promise<string> =>
  (
    await http({
      method: 'GET',
      url: xrpc(pds, 'com.atproto.identity.resolveHandle'),
      query: { handle },
      expect: z.object({ did: z.string() }),
    })
  ).body.did

/** did:plc from the directory, did:web from its own host. */
export const resolveDid = async (http: Http, did: string): Promise<DidDoc> => {
  const url = did.startsWith('did:web:')
    ? `https://${decodeURIComponent(did.slice('did:web:'.length))}/.well-known/did.json`
    : `https://plc.directory/${did}`
  return (await http({ method: 'GET', url, expect: didDoc })).body
}

/** Raw bytes; the same bytes give the same blob, so repeating is harmless. */
export const uploadBlob = async (h: Home, bytes: Blob, mime: string) =>
  (
    await asAccount(h, {
      method: 'POST',
      url: xrpc(h.pds, 'com.atproto.repo.uploadBlob'),
      headers: { 'content-type': mime },
      bytes,
      timeoutMs: 120_000,
      expect: blobAnswer,
    })
  ).body.blob as Json

/** With `swapRecord: null`: create if absent. The same record again is a success without `commit`. */
export const putRecord = async (h: Home, r: { repo: string; collection: string; rkey: string; record: Json }) =>
  (
    await asAccount(h, {
      method: 'POST',
      url: xrpc(h.pds, 'com.atproto.repo.putRecord'),
      json: { ...r, swapRecord: null, validate: true },
      expect: written,
    })
  ).body

/** No token needed; straight at the PDS that holds the repository. Missing: `gone`. */
export const getRecord = async (http: Http, pds: string, r: { repo: string; collection: string; rkey: string }) =>
  (await http({ method: 'GET', url: xrpc(pds, 'com.atproto.repo.getRecord'), query: r, expect: record })).body

/** 200 also when it is gone already. */
export const deleteRecord = async (h: Home, r: { repo: string; collection: string; rkey: string }): Promise<void> => {
  await asAccount(h, {
    method: 'POST',
    url: xrpc(h.pds, 'com.atproto.repo.deleteRecord'),
    json: r,
  })
}

/** Counts of at most 25 posts from the public app view; one it does not have is left out. */
export const getPosts = async (http: Http, uris: readonly string[]) =>
  (
    await http({
      method: 'GET',
      url: xrpc('https://public.api.bsky.app', 'app.bsky.feed.getPosts'),
      query: { uris: uris.slice(0, 25) },
      expect: z.object({ posts: z.array(counts) }),
    })
  ).body.posts

const videoService = 'https://video.bsky.app'
const jobStatus = z.looseObject({
  jobId: z.string(),
  state: z.string(),
  progress: z.number().optional(),
  blob: blobAnswer.shape.blob.optional(),
  error: z.string().optional(),
  failureCode: z.string().optional(),
  message: z.string().optional(),
})
export type VideoJob = z.output<typeof jobStatus>
/** The lexicon wraps the job, the live service does not: both are read. */
const job = z.preprocess((x) => (x !== null && typeof x === 'object' && 'jobStatus' in x ? x.jobStatus : x), jobStatus)

/** A token for one method of another service, 30 minutes long. */
const serviceToken = async (h: Home, aud: string, lxm: string): Promise<string> =>
  (
    await asAccount(h, {
      method: 'GET',
      url: xrpc(h.pds, 'com.atproto.server.getServiceAuth'),
      query: { aud, lxm, exp: Math.floor(h.now() / 1000) + 1800 },
      expect: z.object({ token: z.string() }),
    })
  ).body.token

/**
 * Hands a video to the service that encodes it and puts the blob into the repository. The same bytes again give the
 * same job (`already_exists`), so repeating is harmless. `name` unique per upload.
 */
export const uploadVideo = async (h: Home, did: string, video: Blob, name: string): Promise<VideoJob> => {
  const token = await serviceToken(h, `did:web:${new URL(h.pds).host}`, 'com.atproto.repo.uploadBlob')
  return (
    await h.http({
      method: 'POST',
      url: xrpc(videoService, 'app.bsky.video.uploadVideo'),
      query: { did, name },
      headers: { ...bearer(token), 'content-type': 'video/mp4' },
      bytes: video,
      timeoutMs: 600_000,
      accept: [409],
      expect: job,
    })
  ).body
}

/** No token needed. */
export const videoJob = async (http: Http, jobId: string): Promise<VideoJob> =>
  (
    await http({
      method: 'GET',
      url: xrpc(videoService, 'app.bsky.video.getJobStatus'),
      query: { jobId },
      expect: job,
    })
  ).body
