/** Deleting a post; one that is gone already is a success (fact sheet §5). */
import type { ChannelContext } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { deletePost } from './api.ts'

export const remove = async (t: ChannelContext, created: Created): Promise<void> => {
  if (!created.id) return
  try {
    await deletePost({ http: t.http, access: t.grant.access }, created.id)
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.kind === 'gone') return
    throw error
  }
}
