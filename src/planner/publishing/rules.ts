/**
 * The decisions of publishing, pure. Two machines:
 *
 * Publication: draft -> scheduled -> publishing -> published, and from publishing: waiting (has next_at and a reason),
 * failed, unconfirmed, held, missed, cancelled. `transitions` is the whole table; nothing else changes a state: commands
 * ask `next`, and every SQL write of a state is made from the table (`transition.ts`).
 *
 * Step: (none) -> begun -> done | refused | unknown. `begun` without an end (a crash, a lost lease) and `unknown` mean the
 * same: the network may have acted. What may follow is decided by `again` alone (decision 0004): a create is never
 * repeated without the network's key, a look at the network, or a person's word.
 */

import type { LatePolicy } from '#contract/people.ts'
import type { PostState, PublicationState } from '#contract/posts.ts'
import type { Again } from '#kit/facts/again.ts'
import type { Failure, FailureKind } from '#kit/facts/failures.ts'
import { backOff, nextLookMs, spent, type Trouble } from './back-off.ts'

/** Events: the states each may come from, and the one it leads to. Anything else is refused. */
export const transitions = {
  schedule: {
    from: ['draft', 'scheduled', 'publishing', 'waiting', 'failed', 'held', 'missed', 'cancelled'],
    to: 'scheduled',
  },
  unschedule: { from: ['scheduled', 'publishing', 'waiting', 'failed', 'held', 'missed', 'cancelled'], to: 'draft' },
  cancel: { from: ['draft', 'scheduled', 'publishing', 'waiting', 'failed', 'held', 'missed'], to: 'cancelled' },
  /** A person wants it tried again. */
  retry: { from: ['failed', 'held', 'missed', 'cancelled'], to: 'scheduled' },
  claim: { from: ['scheduled', 'waiting', 'publishing'], to: 'publishing' },
  /** What may run before the due time is begun, and over: for people it stays scheduled. */
  prepare: { from: ['scheduled'], to: 'scheduled' },
  prepared: { from: ['scheduled'], to: 'scheduled' },
  wait: { from: ['publishing'], to: 'waiting' },
  publish: { from: ['publishing'], to: 'published' },
  fail: { from: ['publishing'], to: 'failed' },
  ask: { from: ['publishing'], to: 'unconfirmed' },
  'late-ask': { from: ['publishing'], to: 'held' },
  'late-expire': { from: ['publishing'], to: 'missed' },
  /** Late and not begun: held for a person, or no longer let out by its late policy. */
  'set-aside': { from: ['scheduled', 'waiting'], to: 'held' },
  overdue: { from: ['scheduled', 'waiting'], to: 'missed' },
  /** The channel cannot publish. */
  hold: { from: ['scheduled', 'publishing', 'waiting'], to: 'held' },
  release: { from: ['held'], to: 'scheduled' },
  /** A person found it: what follows it (a thread's next part, a comment) goes on, or nothing follows. */
  'resolve-there': { from: ['unconfirmed'], to: 'waiting' },
  'resolve-last': { from: ['unconfirmed'], to: 'published' },
  'resolve-again': { from: ['unconfirmed'], to: 'scheduled' },
} as const satisfies Record<string, { from: readonly PublicationState[]; to: PublicationState }>
export type PublicationEvent = keyof typeof transitions

/** Events that take a publication back. Once a create step has begun they are refused: the network may have the post. */
export const takesBack: ReadonlySet<PublicationEvent> = new Set([
  'cancel',
  'unschedule',
  'schedule',
  'set-aside',
  'overdue',
])

/** The next state, or null when the event is not allowed now. `begun`: has a create step begun? */
export const next = (state: PublicationState, event: PublicationEvent, begun: boolean): PublicationState | null => {
  const { from, to }: { from: readonly PublicationState[]; to: PublicationState } = transitions[event]
  return (begun && takesBack.has(event)) || !from.includes(state) ? null : to
}

/** A step as the journal has it. */
export type StepRecord = {
  state: 'begun' | 'done' | 'unknown' | 'refused'
  times: number
  /** Epoch ms of the last begin. */
  begunAt: number
  /** Epoch ms when its end was written: the answer came, or was given up. Null: nobody said, for its worker died. */
  endedAt: number | null
  /** A refusal that waits for a look before it is believed. */
  failure: Failure | null
}
export type StepRule = { again: Again; hasWitness: boolean; believeEmptyAfterMs: number }

export type Move = 'skip' | 'run' | 'look' | 'ask'

/** What to do with a step next. The one place that lets a create go out a second time. */
export const nextMove = (record: StepRecord | undefined, rule: StepRule): Move => {
  if (!record || record.state === 'refused') return 'run'
  if (record.state === 'done') return 'skip'
  // A kept failure waits for a look: a refusal that may be a lie, or a lost answer after the last try.
  if (record.failure && rule.hasWitness && rule.again !== 'safe') return 'look'
  if (rule.again === 'safe' || rule.again === 'keyed') return 'run'
  if (rule.again === 'ask') return 'look'
  return 'ask'
}

/** `unsure`: it could be made and proves nothing. `unable`: it could not be made. */
export type Look = 'found' | 'absent' | 'unsure' | 'unable'
export type AfterLook =
  | { do: 'done' }
  /** Nothing is there. `last`: it is not begun again. */
  | { do: 'again'; last: boolean }
  | { do: 'fail'; failure: Failure }
  | { do: 'look-later'; ms: number }
  | { do: 'ask' }

/** What has gone before a look. */
export type Looked = {
  /** Looks this begin has had that showed nothing clear, this one included. */
  unclear: number
  /** Begins after which nothing was there, this one included, since a person last spoke. */
  losses: number
  /** Tries of the publication that met trouble. */
  tries: number
  /** [0, 1): jitter. */
  random: number
}

/** A create that is lost this many times is not begun again by itself: something is wrong that trying does not mend. */
export const mostLosses = 3

/**
 * What a look at the network leads to. An empty look is believed only when the network's lists must have caught up:
 * `believeEmptyAfterMs` after the answer was given up, since until then the network may have been at work on it; after a
 * worker died, from the first look on.
 */
export const afterLook = (look: Look, record: StepRecord, rule: StepRule, now: number, o: Looked): AfterLook => {
  if (look === 'found') return { do: 'done' }
  const triedOut = spent('unknown-outcome', o.tries)
  if (look !== 'absent') {
    // An outage is waited out once: not by trying and then by looking as well.
    const trouble = triedOut ? 'unsure' : look
    if (spent(trouble, o.unclear - 1)) return { do: 'ask' }
    return { do: 'look-later', ms: backOff(trouble, o.unclear - 1, o.random) }
  }
  const since = Math.max(record.begunAt, record.endedAt ?? now)
  const believedAt = since + rule.believeEmptyAfterMs
  if (now < believedAt) return { do: 'look-later', ms: nextLookMs(since, believedAt, now) }
  const last = o.losses >= mostLosses || triedOut
  if (!record.failure) return { do: 'again', last }
  // The network called it a duplicate, yet shows nothing of ours. After an earlier lost answer nobody can tell: ask.
  if (record.failure.kind === 'duplicate')
    return record.times > 1 ? { do: 'ask' } : { do: 'fail', failure: record.failure }
  return believable(record.failure.kind) ? { do: 'fail', failure: record.failure } : { do: 'again', last }
}

/** Refusals: verdicts that end a publication, once a look has shown that the network really has nothing. */
const refusals: ReadonlySet<FailureKind> = new Set([
  'not-permitted',
  'refused-content',
  'refused-media',
  'refused-account',
  'duplicate',
  'gone',
  'our-bug',
])
const believable = (kind: FailureKind) => refusals.has(kind)

export type Verdict =
  /** Not done for sure: wait, then begin the step anew. `counts`: uses up a try. `channel`: the whole channel waits. */
  | { do: 'wait'; step: 'refused' | 'unknown'; until: number; counts: boolean; channel: boolean }
  /** Look at the network at once. */
  | { do: 'look' }
  | { do: 'ask' }
  | { do: 'hold'; reason: 'reconnect' | 'blocked' }
  | { do: 'fail' }

/** A time the network names that is past (clocks differ) still means "not now" (ms). */
const leastWaitMs = 5_000
/** A time the network names may be nonsense; it is asked again at least this often (ms). */
const mostWaitMs = 24 * 3_600_000

/** When to call again after `too-fast`. `until` ISO 8601; gives epoch ms, always ahead of `now`. */
export const slowUntil = (until: string | undefined, now: number): number => {
  const at = until === undefined ? Number.NaN : Date.parse(until)
  if (Number.isNaN(at)) return now + 60_000
  return Math.min(at <= now ? now + leastWaitMs : at, now + mostWaitMs)
}

/** Not before the time a network names, if it names one (`until` ISO 8601); gives epoch ms, never before `at`. */
export const notBefore = (until: string | undefined, at: number, now: number): number => {
  const named = until === undefined ? Number.NaN : Date.parse(until)
  return Number.isNaN(named) ? at : Math.max(at, Math.min(named, now + mostWaitMs))
}

/** When to try again after trouble: as the table says, and never before the time the network names, if it names one. */
const againAt = (failure: Failure, trouble: Trouble, tries: number, now: number, random: number): number =>
  notBefore(failure.until, now + backOff(trouble, tries, random), now)

/**
 * The remedy of a failed step, by the kind of its failure (docs/ARCHITECTURE.md, "I am a post"; decision 0005). `tries`: those
 * of the publication that met trouble before this one.
 */
export const afterFailure = (failure: Failure, rule: StepRule, tries: number, now: number, random: number): Verdict => {
  const mayHaveActed = rule.again !== 'safe'
  switch (failure.kind) {
    case 'too-fast':
      return {
        do: 'wait',
        step: 'refused',
        until: slowUntil(failure.until, now),
        counts: false,
        channel: true,
      }
    case 'try-later':
      // An earlier begin of a keyed step may have acted: the last word is the network's.
      if (spent('try-later', tries))
        return !mayHaveActed || rule.again === 'never'
          ? { do: 'fail' }
          : rule.hasWitness
            ? { do: 'look' }
            : { do: 'ask' }
      return {
        do: 'wait',
        step: 'refused',
        until: againAt(failure, 'try-later', tries, now, random),
        counts: true,
        channel: false,
      }
    case 'unknown-outcome':
      if (rule.again === 'never') return { do: 'ask' }
      if (rule.again === 'ask') return { do: 'look' }
      if (!spent('unknown-outcome', tries))
        return {
          do: 'wait',
          step: 'unknown',
          until: againAt(failure, 'unknown-outcome', tries, now, random),
          counts: true,
          channel: false,
        }
      return !mayHaveActed ? { do: 'fail' } : rule.hasWitness ? { do: 'look' } : { do: 'ask' }
    case 'duplicate':
      if (rule.hasWitness) return { do: 'look' }
      return mayHaveActed && !failure.older ? { do: 'ask' } : { do: 'fail' }
    case 'reconnect':
      return { do: 'hold', reason: 'reconnect' }
    case 'refused-account':
      return { do: 'hold', reason: 'blocked' }
    case 'not-permitted':
    case 'refused-content':
    case 'refused-media':
    case 'gone':
    case 'our-bug':
      // "400 though done": where we can look, a refusal of a create is believed only after a look.
      return mayHaveActed && rule.hasWitness ? { do: 'look' } : { do: 'fail' }
  }
}

/** May a publication that has not begun still go out? Decided when the engine first takes it. */
export const late = (dueAt: number, now: number, policy: LatePolicy): 'publish' | 'ask' | 'expire' =>
  now - dueAt <= policy.maxLateMs ? 'publish' : policy.otherwise

/** Trouble that only whoever runs Clarion can mend. A publication waits for it and uses up no try, but not for ever. */
export const operators = { storage: 'clarion.storage-away', app: 'channel.app-missing' } as const
const operatorsMs = 24 * 3_600_000

/** Has it waited so long for what the operator is to mend that a person is told, whatever its late policy? `since` epoch ms. */
export const waitedOut = (failure: Failure, since: number, now: number): boolean =>
  Object.values<string>(operators).includes(failure.code) && now - since > operatorsMs

/** Later than this (ms) a publication counts as backlog, which goes out paced, never as a burst. */
export const backlogAfterMs = 60_000

/** A call of a network, for an estimate (ms). */
const callMs = 1_000

/** `until`: for each in the order of their turns, the last instant (epoch ms) its late policy lets it out; null: any. What is beyond the list may go out any time. */
export type BacklogPart = {
  platform: string
  count: number
  gapMs: number
  atOnce: number
  free: boolean
  from?: number
  until?: readonly (number | null)[]
}

/**
 * When a backlog is through (epoch ms; null: there is none, or never by itself), for each of its channels and for all, and how
 * many of each will be too late when their turn comes: those are settled, and take no turn. A channel publishes one at a time
 * with `gapMs` between two, not before `from`; a network `atOnce` at a time. An estimate: calls are taken to last a second.
 */
export const throughAt = (
  parts: readonly BacklogPart[],
  now: number,
): { each: { doneAt: number | null; tooLate: number }[]; all: number | null } => {
  const networks = new Map<string, number>()
  const each = parts.map((p) => {
    const turnMs = p.gapMs + callMs
    let at = Math.max(now, p.from ?? now)
    let tooLate = 0
    for (const until of p.until ?? []) {
      if (until !== null && at > until) tooLate++
      else at += turnMs
    }
    at += (p.count - (p.until?.length ?? 0)) * turnMs
    networks.set(p.platform, (networks.get(p.platform) ?? 0) + ((p.count - tooLate) * callMs) / p.atOnce)
    return { doneAt: p.count > 0 && p.free ? at : null, tooLate: p.free ? tooLate : 0 }
  })
  const ends = each.flatMap((e, i) => (parts[i]!.count > 0 ? [e.doneAt] : []))
  const all =
    ends.length === 0 || ends.some((ms) => ms === null)
      ? null
      : Math.max(...ends.map((ms) => ms!), ...[...networks.values()].map((ms) => now + ms))
  return { each, all }
}

/** One word for the post from the states of its publications. What was taken down no longer counts, unless nothing else is left. */
export const postState = (every: readonly { state: PublicationState; removed_at?: Date | null }[]): PostState => {
  const publications = every.filter((p) => p.state !== 'published' || !p.removed_at)
  if (publications.length < every.length && publications.every((p) => p.state === 'cancelled')) return 'removed'
  const has = (...states: PublicationState[]) => publications.some((p) => states.includes(p.state))
  const all = (...states: PublicationState[]) =>
    publications.length > 0 && publications.every((p) => states.includes(p.state))
  if (publications.length === 0 || all('draft', 'cancelled')) return all('cancelled') ? 'cancelled' : 'draft'
  if (has('unconfirmed', 'held', 'missed')) return 'attention'
  if (has('publishing', 'waiting')) return 'publishing'
  if (has('scheduled')) return 'scheduled'
  if (has('failed')) return has('published') ? 'attention' : 'failed'
  return has('draft') ? 'partly_published' : 'published'
}
