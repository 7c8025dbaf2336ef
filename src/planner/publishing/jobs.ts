/** Background work of publishing beside the engine: history that is older than the installation wants to keep. */
import type { Job } from '#infra/carrier.ts'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import type { Log } from './deps.ts'
import { forgetHistory } from './history.ts'

const dayMs = 86_400_000

/** `days`: how long history is kept; 0 = for ever, and then there is nothing to do. */
export const publishingJobs = (d: {
  db: Db
  clock: Pick<Clock, 'now'>
  days: number
  log: Pick<Log, 'info'>
}): Job[] =>
  d.days === 0
    ? []
    : [
        {
          name: 'forget history',
          givesWay: true,
          look: async () => {
            const gone = await forgetHistory(d.db, new Date(d.clock.now() - d.days * dayMs))
            if (gone.publications > 0)
              d.log.info({ ...gone, days: d.days }, 'history of old publications was forgotten')
            return new Date(d.clock.now() + dayMs / 4)
          },
        },
      ]
