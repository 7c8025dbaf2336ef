/** Deleting the video (its comments go with it) or the first comment; gone already is a success (fact sheet §5). */
import type { ChannelContext, Platform } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { deleteComment, deleteVideo, videos } from './api.ts'
import { videoIdIn } from './context.ts'

export const remove = async (t: ChannelContext, created: Created): Promise<void> => {
  const id = created.id ?? (created.url ? videoIdIn(created.url) : undefined)
  if (!id) return
  const c = { http: t.http, access: t.grant.access }
  try {
    await (created.kind === 'comment' ? deleteComment(c, id) : deleteVideo(c, id))
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.kind === 'gone') return
    throw error
  }
}

/** One unit; YouTube leaves out of a list what is not there. */
export const isThere: NonNullable<Platform['isThere']> = async (t, created) => {
  const id = created.id ?? (created.url ? videoIdIn(created.url) : undefined)
  if (!id || created.kind === 'comment') return 'unsure'
  const [found] = await videos({ http: t.http, access: t.grant.access }, [id], 'status')
  return found && found.status?.uploadStatus !== 'deleted' ? 'there' : 'gone'
}
