/** Deleting a post, and changing its words (fact sheet §5). Gone already is a success when deleting. */
import type { ChannelContext } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { deletePost, patchPost } from './api.ts'
import { accessOf } from './location.ts'

export const remove = async (t: ChannelContext, created: Created): Promise<void> => {
  if (!created.id) return
  try {
    await deletePost(accessOf(t), created.id)
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.kind === 'gone') return
    throw error
  }
}

/**
 * The text only: a picture can never be changed, and what else the post says may have been changed on Google. Google
 * checks the post again, so it may be away for a moment. Raises `gone`, `refused-content`.
 */
export const edit = async (t: ChannelContext, created: Created, text: string): Promise<void> => {
  if (!created.id)
    throw new PlatformFailure({
      kind: 'gone',
      code: 'google-business.post-unknown',
      message: 'Clarion does not know the name of this post on Google. Edit it at business.google.com.',
    })
  const post = await patchPost(accessOf(t), created.id, { summary: text.trim() })
  if (post.state === 'REJECTED')
    throw new PlatformFailure({
      kind: 'refused-content',
      code: 'google-business.rejected',
      message:
        'Google rejected the changed post and shows it to nobody now. Change the text again, or delete the post.',
    })
}
