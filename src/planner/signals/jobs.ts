/** Background work of signals: events that came, subscriptions that are due, and events nobody needs any more. */
import type { Job } from '#infra/carrier.ts'
import type { Clock } from '#infra/clock.ts'
import { topics } from '#infra/db/database.ts'
import type { Signals } from './service.ts'

const sweepMs = 6 * 3_600_000

/** `takesWebhooks`: does somebody answer where networks send events? */
export const signalJobs = (d: {
  signals: Pick<Signals, 'handleDue' | 'subscribeDue' | 'sweep'>
  clock: Pick<Clock, 'now'>
  takesWebhooks: boolean
}): Job[] => [
  { name: 'handle webhooks', topics: [topics.signals], atMostMs: 30_000, look: d.signals.handleDue },
  ...(d.takesWebhooks
    ? [
        {
          name: 'subscribe to webhooks',
          topics: [topics.connected],
          atMostMs: 30_000,
          look: d.signals.subscribeDue,
        },
      ]
    : []),
  {
    name: 'sweep events',
    givesWay: true,
    look: async () => {
      await d.signals.sweep()
      return new Date(d.clock.now() + sweepMs)
    },
  },
]
