/** The bench of this folder's own tests: a sandbox with this imitation, and what they publish. */
import type { Bench, Connected, Content } from '#kit/testing/bench.ts'
import { openBench } from '#kit/testing/bench.ts'
import type { TestFile } from '#kit/testing/media.ts'
import { startSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import imitation from './sandbox/index.ts'

export const image: TestFile = { kind: 'image', alt: 'A loaf on a board' }
export const video: TestFile = { kind: 'video' }
export const post = (text: string, media: TestFile[] = [image], settings = {}): Content => ({
  segments: [{ text, media }],
  settings,
})
export const story = (media: TestFile[]): Content => post('', media, { placement: 'story' })

export const openInstagram = async () => {
  const sandbox = await startSandbox([imitation])
  const bench = openBench(platform, sandbox)
  return {
    bench,
    sandbox,
    close: async () => {
      await bench.shelf.close()
      await sandbox.close()
    },
  }
}

export const throughFacebook = (b: Bench, account?: string): Promise<Connected> =>
  b.connect({ form: { way: 'facebook-login' }, ...(account ? { account } : {}) })
