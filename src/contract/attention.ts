/**
 * What needs a person: the closed table of its kinds. Each says how grave it is, by which remedy a person ends it, and whose
 * it is; the database opens and resolves those of publications and channels by itself (migration 0032, decision 0035), the
 * others are opened and resolved by the code that finds them (`planner/attention/`). Both catalogues have a sentence for
 * each kind and a name for each remedy. Rows live for months, so a word is never given another meaning.
 */
import { z } from 'zod'
import { id, instant } from './common.ts'

/** `danger`: something did not happen, or will not; `warn`: it will not be well for long. */
const severities = ['danger', 'warn'] as const

/** What a person does about it; the web knows where. */
const remedies = ['settle', 'retry', 'decide', 'replan', 'mend', 'reconnect', 'work-off', 'move', 'free-space'] as const
export type Remedy = (typeof remedies)[number]

/** `of`: what `subject` is the id of, and whose it is: a workspace's (publication, channel) or the installation's. */
type Kind = {
  severity: (typeof severities)[number]
  remedy: Remedy
  of: 'publication' | 'channel' | 'workspace' | 'installation'
}

export const attentionKinds = {
  /** States of a publication, by their own names. */
  unconfirmed: { severity: 'danger', remedy: 'settle', of: 'publication' },
  failed: { severity: 'danger', remedy: 'retry', of: 'publication' },
  held: { severity: 'warn', remedy: 'decide', of: 'publication' },
  missed: { severity: 'danger', remedy: 'replan', of: 'publication' },
  /** The forecast: as it stands it will be refused when it is due. */
  'will-fail': { severity: 'danger', remedy: 'mend', of: 'publication' },
  /** States of a channel: `channel-` and the state. */
  'channel-reconnect': { severity: 'danger', remedy: 'reconnect', of: 'channel' },
  'channel-blocked': { severity: 'danger', remedy: 'reconnect', of: 'channel' },
  /** Its token ends before something that is planned, and nothing renews it. */
  'channel-dying': { severity: 'warn', remedy: 'reconnect', of: 'channel' },
  /** Something waits on it until a budget of its network has room again. */
  'budget-spent': { severity: 'warn', remedy: 'move', of: 'channel' },
  /** Much is late and goes out paced, or was set aside. */
  backlog: { severity: 'warn', remedy: 'work-off', of: 'workspace' },
  /** Of a machine: `place`. */
  'disk-nearly-full': { severity: 'danger', remedy: 'free-space', of: 'installation' },
} as const satisfies Record<string, Kind>
export type AttentionKind = keyof typeof attentionKinds
const kinds = Object.keys(attentionKinds) as AttentionKind[]

export const attentionItem = z
  .object({
    id: z.string(),
    kind: z.enum(kinds),
    severity: z.enum(severities),
    remedy: z.enum(remedies),
    openedAt: instant,
    postId: id.nullable(),
    channelId: id.nullable(),
    /** The channel's name. */
    channel: z.string().nullable(),
    platform: z.string().nullable(),
    /** How the post begins. */
    excerpt: z.string().nullable(),
    /** A word or code (`Publication.reason`), and what was said beside it. */
    reason: z.string().nullable(),
    message: z.string().nullable(),
    /** When it ends: the token, or the wait. */
    until: instant.nullable(),
    /** The machine, and what is free on its disk. */
    place: z.string().nullable(),
    freeBytes: z.number().nullable(),
    /** Publications that are held for this channel or set aside: they are told here, and are no items of their own. */
    holds: z.int(),
  })
  .meta({ id: 'AttentionItem' })

/** Newest first, at most a hundred; `count`: all that are open. */
export const attention = z.object({ count: z.int(), items: z.array(attentionItem) }).meta({ id: 'Attention' })
export type Attention = z.output<typeof attention>
