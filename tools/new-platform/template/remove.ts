/** Taking a post down; gone already is gone. */
import type { ChannelContext } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { deletePost } from './api.ts'

export const remove = async (t: ChannelContext, post: Created): Promise<void> => {
  if (!post.id) return
  try {
    await deletePost({ http: t.http, token: t.grant.access }, post.id)
  } catch (error) {
    if (!(error instanceof PlatformFailure) || error.failure.kind !== 'gone') throw error
  }
}
