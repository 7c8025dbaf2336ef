/** What is read at once for all that was claimed together. When that fails each reads for itself, so that one bad row stops no other. */
import type { Shared } from './attempt-context.ts'
import type { EngineDeps } from './deps.ts'
import { load } from './frozen.ts'
import type { Claim } from './store.ts'

type Deps = Pick<EngineDeps, 'steady' | 'keeper'>

export const readFor = (d: Deps, claims: readonly Claim[]): Shared => {
  const all = load(
    d.steady,
    claims.map((c) => c.publicationId),
  ).catch(() => null)
  return {
    load: async (id) => ((await all) ?? (await load(d.steady, [id]))).get(id),
    grant: d.keeper.grants(claims.map((c) => c.channelId)),
  }
}

/** The same for claims that come one by one in the same moment: all of this turn of the event loop are read together. */
export const createReadSoon = (d: Deps): ((claim: Claim) => Shared) => {
  let now: { claims: Claim[]; shared: Promise<Shared> } | undefined
  const gather = () => {
    const claims: Claim[] = []
    const shared = new Promise<Shared>((resolve) => {
      setImmediate(() => {
        now = undefined
        resolve(readFor(d, claims))
      })
    })
    return { claims, shared }
  }
  return (claim) => {
    now ??= gather()
    now.claims.push(claim)
    const { shared } = now
    return { load: async (id) => (await shared).load(id), grant: async (id) => (await shared).grant(id) }
  }
}
