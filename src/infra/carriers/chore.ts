/**
 * One look at a time over all processes: whoever finds that it is time asks for a look, asking twice is asking once, and
 * one process makes it. All hear when the next one is due, and each keeps that instant by itself: a queue that is lost
 * costs nothing but the turn.
 */
import { afterBroken, type Carried, type Look } from '../carrier.ts'
import type { Clock } from '../clock.ts'

/** The queue as this needs it. */
export type LookQueue = {
  /** Can it be asked now? */
  ready: () => boolean
  /** Asks for a look in `ms`; one that was asked for already and has not begun is enough. */
  ask: (ms: number) => Promise<void>
  /** Does anybody look, or is a look asked for? */
  busy: () => Promise<boolean>
}

type Log = { error: (o: object, text: string) => void }

/** What many processes ask within this long is one look (ms). */
const gatherMs = 20
/** A look that was asked for and is heard nothing of is asked after this often (ms). */
const sweepMs = 5_000

export const createChore = (d: { look: Look; o: Carried; clock: Clock; log: Log; queue: LookQueue }) => {
  const { clock, o, queue } = d
  const gapMs = o.gapMs ?? (() => 1_000)
  const atMostMs = o.atMostMs ?? Number.POSITIVE_INFINITY
  const stopping = new AbortController()
  let nudge = new AbortController()
  let wanted = true
  let waiting = false
  let next = Number.NEGATIVE_INFINITY
  let ended = Number.NEGATIVE_INFINITY
  let broken = 0
  let under: Promise<unknown> = Promise.resolve()
  let loop: Promise<void> | undefined

  /** Looks here; gives when it is to be looked again (ms of the clock). */
  const lookHere = async (): Promise<number | null> => {
    let at: number | null
    try {
      at = (await d.look())?.getTime() ?? null
      broken = 0
    } catch (err) {
      at = clock.now() + afterBroken(broken++)
      d.log.error({ err, job: o.name }, `${o.name}: a look broke; it looks again`)
    }
    return at
  }
  const heard = (at: number | null) => {
    next = at ?? Number.POSITIVE_INFINITY
    ended = clock.now()
    waiting = false
    nudge.abort()
  }

  const step = async () => {
    if (waiting && !wanted && queue.ready()) {
      if (await queue.busy()) return
      // Whoever was to look is gone, and the look with it.
      wanted = true
    }
    waiting = false
    const due = Math.min(next, ended + atMostMs)
    if (!wanted && clock.now() < due) return
    const rest = Math.max(0, gapMs() - Math.max(0, clock.now() - ended))
    wanted = false
    if (queue.ready()) {
      waiting = true
      await queue.ask(Math.max(gatherMs, rest))
    } else {
      await clock.sleep(rest, stopping.signal)
      if (stopping.signal.aborted) return
      under = lookHere().then(heard)
      await under
    }
  }

  const run = async () => {
    while (!stopping.signal.aborted) {
      nudge = new AbortController()
      try {
        await step()
      } catch {
        // The queue went away while it was asked: the look is made here.
        wanted = true
        waiting = false
        await clock.sleep(gatherMs, stopping.signal)
        continue
      }
      const until = Math.min(next, ended + atMostMs) - clock.now()
      const ms = waiting ? sweepMs : wanted ? 0 : Math.max(0, until)
      await clock.sleep(ms, AbortSignal.any([nudge.signal, stopping.signal]))
    }
  }
  const wake = () => {
    wanted = true
    nudge.abort()
  }

  return {
    start: () => {
      loop = run()
    },
    stop: async () => {
      stopping.abort()
      await loop
      await under
    },
    wake,
    /** The queue came or went. */
    changed: () => nudge.abort(),
    /** A look ended somewhere and said when the next is due. */
    heard,
    /** It is this process's turn. */
    turn: async (): Promise<number | null> => {
      if (stopping.signal.aborted) return clock.now()
      const mine = lookHere()
      under = mine
      return mine
    },
  }
}
