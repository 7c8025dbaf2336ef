/** What is read at once for all that was claimed together. When that fails each reads for itself, so that one bad row stops no other. */
import type { Shared } from './attempt-context.ts'
import type { EngineDeps } from './deps.ts'
import { load } from './frozen.ts'
import type { Claim } from './store.ts'

export const readFor = (d: Pick<EngineDeps, 'steady' | 'keeper'>, claims: readonly Claim[]): Shared => {
  const all = load(
    d.steady,
    claims.map((c) => c.publicationId),
  ).catch(() => null)
  return {
    load: async (id) => ((await all) ?? (await load(d.steady, [id]))).get(id),
    grant: d.keeper.grants(claims.map((c) => c.channelId)),
  }
}
