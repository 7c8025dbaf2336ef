/** Background work of insights: the looks at numbers that are due, and forgetting what may no longer be kept. */
import type { Job } from '#infra/carrier.ts'
import type { Clock } from '#infra/clock.ts'
import { type Db, topics } from '#infra/db/database.ts'
import type { Platform } from '#kit/client/platform.ts'
import type { Log } from '../publishing/deps.ts'
import { forgetTold } from './keeping.ts'
import type { Insights } from './service.ts'

export const insightJobs = (d: {
  db: Db
  clock: Pick<Clock, 'now'>
  platforms: ReadonlyMap<string, Platform>
  insights: Pick<Insights, 'lookDue'>
  log: Pick<Log, 'info'>
}): Job[] => [
  // A post that went out has its first look an hour later, and a webhook brings one forward: a round finds both in time.
  { name: 'read insights', topics: [topics.connected], atMostMs: 30_000, givesWay: true, look: d.insights.lookDue },
  {
    name: 'forget what networks told',
    givesWay: true,
    look: async () => {
      for (const gone of await forgetTold(d.db, d.platforms, new Date(d.clock.now())))
        d.log.info(gone, 'what the network lets nobody keep any longer was forgotten')
      return new Date(d.clock.now() + 3_600_000)
    },
  },
]
