/**
 * Taking publications by name, for carriers that say whose turn each is: what is asked in one moment is one claim, and so is
 * what is asked while a claim is under way.
 */
import type { Turns } from '#infra/carrier.ts'
import type { Clock } from '#infra/clock.ts'

type Came = Awaited<ReturnType<Turns['take']>>
type Hear = (came: Came | Promise<Came>) => void

/** A claim that takes longer than this (ms) waits for somebody's lock, and keeps the next one waiting no longer. */
const patienceMs = 100
/** After a claim as much time is left for others to ask as it took, at most this (ms): the busier the machine, the more go together. */
const restMs = 50

/**
 * `claim` takes of these what is due and nobody's, and gives for each what resolves when its attempt is over. It does not
 * reject: what it could not take now is found by the next pass over the table. `may`: does this process take anything now?
 */
export const createTaking = (o: {
  claim: (ids: readonly string[]) => Promise<ReadonlyMap<string, Promise<void>>>
  may: () => boolean
  clock: Clock
}): Turns['take'] => {
  let asked = new Map<string, Hear[]>()
  let busy = false
  const all = async (now: Map<string, Hear[]>) => {
    const taken = await o.claim([...now.keys()])
    for (const [id, hearers] of now) {
      const came = taken.get(id)?.then(() => 'done' as const) ?? 'nothing'
      for (const hear of hearers) hear(came)
    }
  }
  const work = async () => {
    busy = true
    while (asked.size > 0) {
      const now = asked
      asked = new Map()
      const over = new AbortController()
      const began = o.clock.now()
      const claiming = all(now).finally(() => over.abort())
      await Promise.race([claiming, o.clock.sleep(patienceMs, over.signal)])
      await o.clock.sleep(Math.min(restMs, o.clock.now() - began))
    }
    busy = false
  }
  return (id) =>
    new Promise<Came>((resolve) => {
      if (!o.may()) return resolve('not-now')
      // After what has arrived by now was read: jobs that fire together come one after another.
      if (asked.size === 0 && !busy) setImmediate(() => void work())
      asked.set(id, [...(asked.get(id) ?? []), resolve])
    })
}
