/** Taking a post down: its record, and the gate at the same key. Deleting twice is fine (fact sheet §5). */
import type { ChannelContext } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { deleteRecord, gateCollection, homeOf, postCollection } from './api.ts'

export const remove = async (t: ChannelContext, created: Created): Promise<void> => {
  const rkey = created.id?.split('/').at(-1)
  if (!rkey) return
  const home = homeOf(t)
  for (const collection of [postCollection, gateCollection])
    await deleteRecord(home, { repo: t.channel.externalId, collection, rkey })
}
