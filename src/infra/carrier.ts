/**
 * What carries work that is written down in the database: it looks, sleeps until the next instant the look named, and
 * looks sooner when something changed. The row with its due time is the truth; a look that is lost, late or made twice
 * harms nothing, so a carrier may be this loop or a queue of another make (`carriers/bullmq.ts`).
 */
import type { Clock } from './clock.ts'
import type { Database } from './db/database.ts'

/**
 * Does what is due and gives when something is due next (UTC; may be past), or null when only a change can make it so.
 * `goOn`: asked between two pieces of work that gives way; false: end here. `freed`: it is not time, and no topic was
 * heard; only a place is free (`Carrier.free`) since the last look.
 */
export type Look = (goOn?: () => boolean, freed?: boolean) => Promise<Date | null>

export type Carrier = {
  /** Starts looking, at once; resolves when it hears its topics. */
  start: () => Promise<void>
  /** Looks no more; resolves when the look under way is over. */
  stop: () => Promise<void>
  /** Looks now. */
  wake: () => void
  /** Something ended and its place is free: what waited for it may have its turn. */
  free: () => void
  /**
   * A place of a queue of `Turns` for work beside them, `most` of such in the queue: it counts like a turn that is taken, over
   * all processes. Null: there is none left, or a turn waits for one. Gives what gives it back; never rejects.
   */
  aside: (queue: string, most: number) => Promise<(() => void) | null>
  /** Does anything wait for a place of the queue, as far as is known at this moment? False where whoever asks knows for itself. */
  crowded: (queue: string) => boolean
}

/** Where each process counts by itself: whoever asks has counted already. */
export const asideHere: Carrier['aside'] = async () => () => undefined

/** One thing that is due at an instant, and may be taken alone. */
export type Turn = {
  /** The queue it waits in: a name of `Turns.queues`. */
  queue: string
  /** What `take` is given. Of letters, digits and hyphens. */
  thing: string
  /** Counts how often it was taken; the same thing taken again is another turn. */
  number: number
  /** UTC; may be past. */
  at: Date
}

/** Work that can be taken thing by thing: a carrier of many processes can then say whose turn each is. */
export type Turns = {
  /** Queues and how many of each may be taken at once, over all processes. */
  queues: readonly { name: string; atOnce: number }[]
  /**
   * What comes until then and nobody has, in the order it is due. `freed`: only what may have waited for something that
   * ended in this process since this was last asked. Null: this process takes nothing at the moment, another one may.
   */
  coming: (until: Date, o: { freed: boolean }) => Promise<Turn[] | null>
  /**
   * Takes it if it is due and nobody's, and resolves when it is over: `done`. `nothing`: it was taken, moved or called off
   * meanwhile. `not-now`: this process takes nothing at the moment, another one may. Never rejects.
   */
  take: (thing: string) => Promise<'done' | 'nothing' | 'not-now'>
}

export type Carried = {
  /** For the log. */
  name: string
  /** NOTIFY topics that mean: look now. */
  topics?: readonly string[]
  /** Looks at least this often (ms), for times in the database that may come nearer without a NOTIFY. Default: only when due. */
  atMostMs?: number
  /** The least time between two looks (ms): what comes in a burst is one look. Default 1,000. */
  gapMs?: () => number
  /** For carriers that carry things one by one; `look` is then what is done when they cannot. */
  turns?: Turns
}

/** A chore of a noun: `jobs.ts` of each says what it has. */
export type Job = Carried & {
  look: Look
  /** It has minutes of time: it is put off while something is due to the second (`giving-way.ts`). Never what publishing waits for, or a person. */
  givesWay?: boolean
}

export type Carry = (look: Look, o: Carried) => Carrier

/** A look that broke is made again after a second, doubling up to five minutes (ms). */
const brokenMs = { first: 1_000, most: 5 * 60_000 }

/** When to look again (ms from now) after `before` looks that broke one after another. */
export const afterBroken = (before: number): number => Math.min(brokenMs.most, brokenMs.first * 2 ** before)

export const createCarry =
  (d: {
    database: Pick<Database, 'listen'>
    clock: Clock
    log: { error: (o: object, message: string) => void }
  }): Carry =>
  (look, o) => {
    const { clock } = d
    const gapMs = o.gapMs ?? (() => 1_000)
    const atMostMs = o.atMostMs ?? Number.POSITIVE_INFINITY
    const stopping = new AbortController()
    let nudge = new AbortController()
    let loop: Promise<void> | undefined
    let stops: (() => Promise<void>)[] = []
    let woken = true
    /** A reason is a stack, and an attempt's end wakes: made once. */
    const awake = new Error('woken')
    const free = () => {
      if (!nudge.signal.aborted) nudge.abort(awake)
    }
    const wake = () => {
      woken = true
      free()
    }

    const run = async () => {
      let broken = 0
      while (!stopping.signal.aborted) {
        nudge = new AbortController()
        const freed = !woken
        woken = false
        let next: number
        try {
          const at = await look(undefined, freed)
          next = at?.getTime() ?? Number.POSITIVE_INFINITY
          broken = 0
        } catch (err) {
          next = clock.now() + afterBroken(broken++)
          woken = true
          d.log.error({ err, job: o.name }, `${o.name}: a look broke; it looks again`)
        }
        const ended = clock.now()
        const ms = Math.max(0, Math.min(atMostMs, next - ended))
        await clock.sleep(ms, AbortSignal.any([nudge.signal, stopping.signal]))
        if (!nudge.signal.aborted) woken = true
        // A clock that was set back meanwhile must not make a short rest a long one.
        const rest = gapMs() - Math.max(0, clock.now() - ended)
        if (rest > 0) await clock.sleep(rest, stopping.signal)
      }
    }

    return {
      start: async () => {
        stops = await Promise.all((o.topics ?? []).map((topic) => d.database.listen(topic, wake)))
        loop = run()
      },
      stop: async () => {
        stopping.abort()
        await loop
        await Promise.all(stops.splice(0).map((stop) => stop()))
      },
      wake,
      free,
      aside: asideHere,
      crowded: () => false,
    }
  }
