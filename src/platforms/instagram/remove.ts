/**
 * Deleting (fact sheet §5): posts with Facebook Login only, comments with both. Instagram calls "not there" and "not for
 * you" the same, so a post that cannot be found counts as gone only when the account itself still answers.
 */
import type { ChannelContext } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf, account, deleteObject } from './api.ts'
import { failureCode } from './container.ts'

export const remove = async (t: ChannelContext, created: Created): Promise<void> => {
  if (!created.id) return
  const c = accessOf(t)
  if (c.way === 'instagram-login' && created.comment !== true)
    throw new PlatformFailure({
      kind: 'not-permitted',
      code: 'instagram.remove-in-app',
      message:
        'With Instagram Login no app may delete a post. Delete it in the Instagram app, or connect the account through Facebook.',
    })
  try {
    await deleteObject(c, created.id)
  } catch (error) {
    if (failureCode(error) !== 'instagram.object-missing') throw error
    await account(c)
  }
}
