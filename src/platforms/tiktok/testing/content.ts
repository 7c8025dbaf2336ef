/** What the tests of TikTok publish: posts that say who may see them, as TikTok demands. */
import { PlatformFailure } from '#kit/facts/failures.ts'
import type { Bench, Content } from '#kit/testing/bench.ts'

const direct = { privacy: 'PUBLIC_TO_EVERYONE', musicConsent: true }

export const video = (text: string, settings = {}, file = {}): Content => ({
  segments: [{ text, videos: [file] }],
  settings: { ...direct, ...settings },
})

export const photos = (n: number, settings = {}, text = 'pictures'): Content => ({
  segments: [{ text, images: Array.from({ length: n }, (_, i) => ({ alt: `picture ${i}` })) }],
  settings: { ...direct, ...settings },
})

/** Requests the sandbox has seen on a route. */
export const count = (b: Bench, route: string): number => b.sandbox.desk.requests({ route }).length

/** TikTok fetches, then works on it. */
export const settled = async (b: Bench): Promise<void> => {
  await b.sandbox.desk.tickAll()
  b.pass(60_000)
  await b.sandbox.desk.tickAll()
}

/** How it failed; raises when it did not. */
export const failure = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => null,
    (e: unknown) => e,
  )
  if (error instanceof PlatformFailure) return error.failure
  throw error ?? new Error('it did not fail')
}
