/** Deleting a post, video, story or comment; one that is gone already is a success (fact sheet §5). */
import type { ChannelContext, Platform } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf } from './access.ts'
import { deleteNode } from './api.ts'
import { readNode, readPage } from './api-reads.ts'

/** Checkpoints of this platform: `video` and `story` (a photo) are what the post is made of. */
export type Made = Created & { video?: string; story?: string }

/** The node that stands for the post: a video or a photo story lives under its own id. */
const nodeOf = ({ video, story, id }: Made) => video ?? story ?? id

/** 100/33 says "gone" and "not for you" in one. When the Page itself can be read, it is gone. */
const orGone = async <T>(t: ChannelContext, work: Promise<T>): Promise<T | 'gone'> => {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof PlatformFailure) || error.failure.code !== 'facebook.object-missing') throw error
    await readPage(accessOf(t), t.channel.externalId)
    return 'gone'
  }
}

export const remove = async (t: ChannelContext, created: Created): Promise<void> => {
  const id = nodeOf(created as Made)
  if (id) await orGone(t, deleteNode(accessOf(t), id))
}

export const isThere: NonNullable<Platform['isThere']> = async (t, created) => {
  const id = nodeOf(created as Made)
  if (!id) return 'unsure'
  return (await orGone(t, readNode(accessOf(t), id))) === 'gone' ? 'gone' : 'there'
}
