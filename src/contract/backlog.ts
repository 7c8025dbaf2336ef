/** The backlog of a workspace: publications that are due, late by more than a minute and not begun, after an outage or a long pause. */
import { z } from 'zod'
import { id, instant } from './common.ts'
import { strict } from './strict.ts'

export const backlogOrder = z.enum(['oldest', 'newest'])

export const backlog = z
  .object({
    /** Publications that wait to go out. */
    count: z.int(),
    /** Of the backlog, set aside by a person until it is resumed or dropped. */
    setAside: z.int(),
    order: backlogOrder,
    /** Of `count`, those that will be too late for their late policy when their turn comes: held for a person, or missed. */
    tooLate: z.int(),
    /** When all of it will be through while a worker looks, as its channels and networks are paced; null: there is none, or not before a person does something. */
    doneAt: instant.nullable(),
    channels: z.array(
      z.object({
        channelId: id,
        count: z.int(),
        setAside: z.int(),
        tooLate: z.int(),
        oldestDueAt: instant,
        doneAt: instant.nullable(),
      }),
    ),
    /** Does any worker look for what is due? `lookedAt`: when one last did; null: none ever has. */
    worker: z.object({ working: z.boolean(), lookedAt: instant.nullable() }),
  })
  .meta({ id: 'Backlog' })
export type Backlog = z.output<typeof backlog>

/** `count`: how many the person saw (waiting and set aside together). More by now: refused, so that nothing unseen is dropped. */
export const backlogDrop = strict({ count: z.int().min(1) })
