/** Deleting (fact sheet threads.md §5): 100 posts and replies in 24 hours, with a permission of its own. */
import type { ChannelContext, Platform } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { accessOf, deleteMedia, me, readMedia } from './api.ts'
import { notShown } from './container.ts'

/** "Not there" and "not for you" are one answer, so a post that is not found counts as gone only when the profile still answers. */
export const remove = async (t: ChannelContext, created: Created): Promise<void> => {
  if (!created.id) return
  const c = accessOf(t)
  try {
    await deleteMedia(c, created.id)
  } catch (error) {
    if (!notShown(error)) throw error
    await me(c)
  }
}

export const isThere: NonNullable<Platform['isThere']> = async (t, { id }) => {
  if (!id) return 'unsure'
  const c = accessOf(t)
  try {
    await readMedia(c, id)
    return 'there'
  } catch (error) {
    if (!notShown(error)) throw error
    await me(c)
    return 'gone'
  }
}
