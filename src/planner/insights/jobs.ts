/** Background work of insights: the looks at numbers that are due. */
import type { Job } from '#infra/carrier.ts'
import { topics } from '#infra/db/database.ts'
import type { Insights } from './service.ts'

export const insightJobs = (insights: Pick<Insights, 'lookDue'>): Job[] => [
  // A post that went out has its first look an hour later, and a webhook brings one forward: a round finds both in time.
  { name: 'read insights', topics: [topics.connected], atMostMs: 30_000, look: insights.lookDue },
]
