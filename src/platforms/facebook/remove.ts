/** Deleting a post, video, story or comment; one that is gone already is a success (fact sheet §5). */
import type { ChannelContext } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { deleteNode } from './api.ts'
import { callerOf } from './caller.ts'
import { readPage } from './reads.ts'

/** Checkpoints of this platform: `video` and `story` (a photo) are what the post is made of. */
export type Made = Created & { video?: string; story?: string }

export const remove = async (t: ChannelContext, created: Created): Promise<void> => {
  const made = created as Made
  const id = made.video ?? made.story ?? made.id
  if (!id) return
  const c = callerOf(t)
  try {
    await deleteNode(c, id)
  } catch (error) {
    // 100/33 says "gone" and "not for you" in one. When the Page itself can be read, it is gone.
    if (!(error instanceof PlatformFailure) || error.failure.code !== 'facebook.object-missing') throw error
    await readPage(c, t.channel.externalId)
  }
}
