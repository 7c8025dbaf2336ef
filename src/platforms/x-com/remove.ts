/** Deleting a post; one that is gone already is a success (fact sheet §5). */
import type { ChannelContext, Platform } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { deletePost, postNumbers } from './api.ts'

export const remove = async (t: ChannelContext, created: Created): Promise<void> => {
  if (!created.id) return
  try {
    await deletePost({ http: t.http, access: t.grant.access }, created.id)
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.kind === 'gone') return
    throw error
  }
}

/** X leaves out of a list what it no longer shows. */
export const isThere: NonNullable<Platform['isThere']> = async (t, { id }) => {
  if (!id) return 'unsure'
  const posts = await postNumbers({ http: t.http, access: t.grant.access }, [id], false)
  return posts.some((p) => p.id === id) ? 'there' : 'gone'
}
