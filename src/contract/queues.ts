/** What carries the work, and what its queues hold. */
import { z } from 'zod'

const count = z.int().min(0)
const queueNumbers = z
  .object({
    name: z.string(),
    waiting: count,
    active: count,
    /** Of the last day, at most a thousand. */
    completed: count,
    failed: count,
    delayed: count,
  })
  .meta({ id: 'QueueNumbers' })

export const queueList = z.object({
  /** `process`: each process carries its work by itself, and there are no queues. */
  carrier: z.enum(['process', 'redis']),
  /** Why Redis carries nothing at the moment; then `items` is empty. */
  trouble: z.string().nullable(),
  items: z.array(queueNumbers),
})
