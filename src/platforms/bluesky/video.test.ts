import { expect, test } from 'vitest'
import type { Http } from '#kit/client/http.ts'
import type { Json, StepContext } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { testVideo } from '#kit/testing/media.ts'
import platform from './index.ts'

const blob = { $type: 'blob', ref: { $link: 'bafkreitest' }, mimeType: 'video/mp4', size: 9 }

/** Bluesky's video service, whose first job cannot bring the video to the account's server. */
const service = () => {
  let handed = 0
  const http = (async (r: Parameters<Http>[0]) => {
    const answer = r.url.includes('getServiceAuth')
      ? { token: 'service' }
      : r.url.includes('uploadVideo')
        ? { jobId: `job${++handed}`, state: 'JOB_STATE_CREATED' }
        : r.query!.jobId === 'job1'
          ? { jobId: 'job1', state: 'JOB_STATE_FAILED', failureCode: 'pds_upload_failed' }
          : { jobId: 'job2', state: 'JOB_STATE_COMPLETED', blob }
    return { status: 200, headers: {}, body: r.expect!.parse(answer), text: '' }
  }) as unknown as Http
  return { http, handed: () => handed }
}

test('a job of the video service that failed on its side is not asked for ever: the video is handed over again', async () => {
  const { http, handed } = service()
  let saved: Json | undefined
  const run = () =>
    platform.publish[0]!.run({
      publicationId: 'p',
      index: 0,
      segments: [{ text: '', media: [testVideo({}, 1, async () => '')] }],
      channel: { externalId: 'did:plc:test' },
      grant: { access: 'a', extra: { pds: 'https://one.us-east.host.bsky.network' } },
      http,
      saved,
      save: async (progress: Json) => {
        saved = progress
      },
      now: () => 0,
    } as unknown as StepContext)
  expect(await run()).toHaveProperty('wait')
  const failed: unknown = await run().catch((e: unknown) => e)
  expect(failed instanceof PlatformFailure && failed.failure.kind).toBe('try-later')
  expect(await run()).toHaveProperty('wait')
  expect(await run()).toEqual({ done: { blob } })
  expect(handed()).toBe(2)
})
