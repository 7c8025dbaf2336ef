/** Taking down and changing what was published (fact sheet §5). */
import type { ChannelContext } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { deleteComment, deletePost, editPost } from './api.ts'
import { accessOf } from './rest.ts'
import { commentary } from './text.ts'

/** Deletes a post, or a comment; what is gone already is a success. */
export const remove = async (t: ChannelContext, created: Created): Promise<void> => {
  if (!created.id) return
  const c = accessOf(t)
  try {
    if (typeof created.on === 'string' && typeof created.number === 'string')
      await deleteComment(c, { post: created.on, id: created.number, actor: t.channel.externalId })
    else await deletePost(c, created.id)
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.kind === 'gone') return
    throw error
  }
}

/** Changes the commentary in place; pictures, videos and polls stay as they are. */
export const edit = async (t: ChannelContext, created: Created, text: string): Promise<void> => {
  if (!created.id)
    throw new PlatformFailure({
      kind: 'gone',
      code: 'linkedin.id-unknown',
      message: 'Clarion does not know the id of this post, so it cannot change it.',
    })
  await editPost(accessOf(t), created.id, commentary(text))
}
