/** Taking publications by name, for carriers that say whose turn each is: what is asked in one moment is one claim. */
import type { Turns } from '#infra/carrier.ts'

type Came = Awaited<ReturnType<Turns['take']>>
type Hear = (came: Came | Promise<Came>) => void

/**
 * `claim` takes of these what is due and nobody's, and gives for each what resolves when its attempt is over. It does not
 * reject: what it could not take now is found by the next pass over the table. `may`: does this process take anything now?
 */
export const createTaking = (o: {
  claim: (ids: readonly string[]) => Promise<ReadonlyMap<string, Promise<void>>>
  may: () => boolean
}): Turns['take'] => {
  let asked = new Map<string, Hear[]>()
  const all = async () => {
    const now = asked
    asked = new Map()
    const taken = await o.claim([...now.keys()])
    for (const [id, hearers] of now) {
      const came = taken.get(id)?.then(() => 'done' as const) ?? 'nothing'
      for (const hear of hearers) hear(came)
    }
  }
  return (id) =>
    new Promise<Came>((resolve) => {
      if (!o.may()) return resolve('not-now')
      // After what has arrived by now was read: jobs that fire together come one after another.
      if (asked.size === 0) setImmediate(() => void all())
      asked.set(id, [...(asked.get(id) ?? []), resolve])
    })
}
