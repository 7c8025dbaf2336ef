/** The bench of this folder's own tests: a sandbox with this imitation, and what they publish. */
import type { Content } from '#kit/testing/bench.ts'
import { openBench } from '#kit/testing/bench.ts'
import type { TestFile } from '#kit/testing/media.ts'
import { startSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import imitation from './sandbox/index.ts'

export const image = { kind: 'image', alt: 'A loaf on a board' } satisfies TestFile
export const video = { kind: 'video', alt: 'Kneading' } satisfies TestFile
export const post = (text: string, media: readonly TestFile[] = [], settings = {}): Content => ({
  segments: [{ text, media: [...media] }],
  settings,
})
export const thread = (...parts: [string, TestFile[]?][]): Content => ({
  segments: parts.map(([text, media = []]) => ({ text, media })),
})

export const openThreads = async () => {
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
