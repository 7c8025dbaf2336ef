/** Background work of media: files that belong to nothing any more. */
import type { Job } from '#infra/carrier.ts'
import type { Clock } from '#infra/clock.ts'
import type { Media } from './service.ts'

const everyMs = 6 * 3_600_000

export const mediaJobs = (d: { media: Pick<Media, 'sweep'>; clock: Pick<Clock, 'now'> }): Job[] => [
  {
    name: 'sweep uploads',
    givesWay: true,
    look: async () => {
      await d.media.sweep()
      return new Date(d.clock.now() + everyMs)
    },
  },
]
