/**
 * Every word of the journal, with the shape of its `data`: the only list. Code writes no other event (the types of
 * planner/publishing/journal.ts), the API shows no other, and a test asks both catalogues for a sentence to each. Rows
 * live for years, so a word is never taken away or given another meaning, and `data` may only gain optional members.
 */
import { z } from 'zod'
import { instant } from './common.ts'

const nothing = z.strictObject({})
/** What the network said, as its failure table sorted it: our code for it, and the HTTP status. */
const refusal = z.strictObject({ code: z.string().optional(), status: z.int().optional() })
/** Why a publication stands where it does: a word of ours or a failure's code. */
const because = z.strictObject({ reason: z.string().optional() })

/** Why something prepared is not used: it was edited, moved, taken off the plan, it ended its life there, or its channel was disconnected. */
export const droppedBecause = ['changed', 'moved', 'taken-back', 'expired', 'disconnected'] as const
export type DroppedBecause = (typeof droppedBecause)[number]

export const journalData = {
  // What a person did.
  scheduled: z.strictObject({ dueAt: instant }),
  unscheduled: nothing,
  /** `by`: who, where it was not this one alone (a backlog dropped). */
  cancelled: z.strictObject({ by: z.string().optional() }),
  'person-retry': nothing,
  'person-there': z.strictObject({ permalink: z.string().optional() }),
  'person-again': nothing,
  // An attempt and its steps.
  attempt: z.strictObject({ worker: z.string() }),
  'step-begun': nothing,
  'step-done': nothing,
  'step-found': nothing,
  'step-absent': nothing,
  'step-refused': refusal,
  'step-unknown': refusal,
  'look-found': nothing,
  'look-absent': nothing,
  /** `unable`: the look could not be made at all. */
  'look-unsure': z.strictObject({ unable: z.boolean().optional() }),
  'token-renewed': nothing,
  // Preparing ahead of the due time.
  preparing: z.strictObject({ worker: z.string() }),
  /** Everything before the create is done; it is good until then. */
  prepared: z.strictObject({ until: instant.optional() }),
  'prepare-failed': refusal,
  /** What was prepared is thrown away. */
  'prepare-dropped': z.strictObject({ why: z.enum(droppedBecause) }),
  // How an attempt ended: the state it left.
  waiting: z.strictObject({ reason: z.string().optional(), nextAt: instant.optional() }),
  published: because,
  failed: because,
  unconfirmed: because,
  held: z.strictObject({ reason: z.string().optional(), by: z.string().optional() }),
  missed: because,
  /** Held for its channel, and the channel works again; or set aside with the backlog, and taken up again by somebody. */
  released: z.strictObject({ by: z.string().optional() }),
  // What came after publishing.
  removing: nothing,
  removed: nothing,
  'remove-failed': refusal,
  editing: nothing,
  /** `before`: the text it replaced, its first 2,000 characters. */
  edited: z.strictObject({ before: z.string() }),
  'edit-failed': refusal,
  // What a network told by itself. `ref`: what it is about; `permalink`: the address it named.
  woken: nothing,
  'network-said': z.strictObject({ ref: z.string().optional(), permalink: z.string().optional() }),
} as const satisfies Record<string, z.ZodObject>

export const journalEvent = z.object(journalData).keyof().meta({ id: 'JournalEvent' })
export type JournalEvent = z.output<typeof journalEvent>
export type JournalData<E extends JournalEvent = JournalEvent> = z.output<(typeof journalData)[E]>
