/** Background work of posts: the second preflight of what is due soon. */
import type { Job } from '#infra/carrier.ts'
import { topics } from '#infra/db/database.ts'
import type { Posts } from './service.ts'

export const postJobs = (posts: Pick<Posts, 'forecastDue' | 'nextForecast'>): Job[] => [
  {
    name: 'forecast',
    topics: [topics.plans],
    atMostMs: 30_000,
    look: async () => {
      await posts.forecastDue(50)
      return posts.nextForecast()
    },
  },
]
