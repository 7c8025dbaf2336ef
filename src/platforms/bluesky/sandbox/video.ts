/** The video service (fact sheet bluesky.md §3): a job that takes its time, a blob at its end, the same job for the same bytes. */
import { json } from '#kit/sandbox/answer.ts'
import { authToken, mimeOf } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { sniff } from '#kit/sandbox/sniff.ts'
import { fail, readJwt, spendAny } from './answers.ts'
import { blobCid } from './cid.ts'
import { video as n } from './numbers.ts'
import { type BskyWorld, find, type VideoJob } from './state.ts'

const HOST = 'video.bsky.app'

/** Whose service token is this, and is it for this? */
const bearerOf = (world: BskyWorld, req: SandboxRequest, lxm: string): string => {
  const payload = readJwt(authToken(req, 'bearer') ?? '..')
  const now = Math.floor(world.now() / 1000)
  if (!payload || typeof payload.iss !== 'string') return fail(401, 'AuthenticationRequired', 'missing service token')
  if (payload.lxm !== lxm) return fail(401, 'BadJwtLexiconMethod', `bad jwt lexicon method ("lxm"). must match: ${lxm}`)
  if (typeof payload.exp !== 'number' || payload.exp <= now) return fail(401, 'JwtExpired', 'jwt expired')
  return payload.iss
}

const view = (world: BskyWorld, job: VideoJob) => {
  const left = job.readyAt - world.now()
  if (left > 0) {
    const share = 1 - left / Math.max(1, job.readyAt - job.madeAt)
    const state = share < 0.3 ? 'JOB_STATE_ENCODING' : share < 0.7 ? 'JOB_STATE_SCANNING' : 'JOB_STATE_UPLOADING'
    return { jobId: job.id, did: job.did, state, progress: Math.floor(share * 100) }
  }
  if (job.problem)
    return {
      jobId: job.id,
      did: job.did,
      state: 'JOB_STATE_FAILED',
      error: job.problem,
      failureCode: 'validation_failure',
    }
  const stored = world.state.blobs[job.cid]!
  return {
    jobId: job.id,
    did: job.did,
    state: 'JOB_STATE_COMPLETED',
    progress: 100,
    blob: { $type: 'blob', ref: { $link: job.cid }, mimeType: 'video/mp4', size: stored.size },
  }
}

const uploadVideo =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const did = bearerOf(world, req, 'com.atproto.repo.uploadBlob')
    if (req.query.get('did') !== did) return fail(400, 'InvalidRequest', 'did does not match the token')
    if (!req.query.get('name')) return fail(400, 'InvalidRequest', 'missing name')
    if (!find(world, did)) return fail(401, 'AuthenticationRequired', 'unknown account')
    if (mimeOf(req) !== 'video/mp4') return fail(400, 'InvalidRequest', `unsupported video type: ${mimeOf(req)}`)
    if (req.body.length > n.bytes) return fail(413, 'PayloadTooLarge', 'video is too large')
    const cid = blobCid(req.body)
    const known = Object.values(world.state.jobs).find((j) => j.did === did && j.cid === cid)
    if (known) return json(409, { error: 'already_exists', message: 'Video already processed', ...view(world, known) })
    const seen = sniff(req.body)
    const problem =
      seen.kind !== 'video'
        ? 'not a video'
        : (seen.durationMs ?? 0) > n.maxMs
          ? `video is longer than ${n.maxMs / 60_000} minutes`
          : null
    const old = world.state.blobs[cid]
    world.state.blobs[cid] = old ?? {
      key: world.blobs.put(req.body, 'video/mp4'),
      mime: 'video/mp4',
      size: req.body.length,
      owners: [],
    }
    if (!world.state.blobs[cid].owners.includes(did)) world.state.blobs[cid].owners.push(did)
    const job: VideoJob = {
      id: world.id(20),
      did,
      cid,
      madeAt: world.now(),
      readyAt: world.now() + world.knob('videoMs'),
      problem,
    }
    world.state.jobs[job.id] = job
    world.changed()
    // The live service gives the job itself, though the lexicon wraps it [3].
    return json(200, view(world, job))
  }

const jobStatus =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const id = req.query.get('jobId') ?? ''
    const job = Object.hasOwn(world.state.jobs, id) ? world.state.jobs[id]! : null
    if (!job) return fail(400, 'InvalidRequest', 'job not found')
    return json(200, { jobStatus: view(world, job) })
  }

const uploadLimits =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    bearerOf(world, req, 'app.bsky.video.getUploadLimits')
    return json(
      200,
      { canUpload: true, remainingDailyVideos: 25, remainingDailyBytes: 10_000_000_000 },
      spendAny(world),
    )
  }

export const videoRoutes = (world: BskyWorld): SandboxRoute[] => [
  route('video', `POST ${HOST}/xrpc/app.bsky.video.uploadVideo`, uploadVideo(world), { writes: true }),
  route('video-job', `GET ${HOST}/xrpc/app.bsky.video.getJobStatus`, jobStatus(world)),
  route('video-limits', `GET ${HOST}/xrpc/app.bsky.video.getUploadLimits`, uploadLimits(world)),
]
