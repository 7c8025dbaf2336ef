/** Deleting and editing (fact sheet §4.6). Deleting says `{}` whatever happens, so a look follows it. */
import type { ChannelContext } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf } from './access.ts'
import { authorOf, del, editText } from './api.ts'

export const remove = async (t: ChannelContext, created: Created): Promise<void> => {
  if (!created.id) return
  const c = accessOf(t)
  await del(c, created.id)
  const author = await authorOf(c, created.id)
  if (author && author !== '[deleted]')
    throw new PlatformFailure({
      kind: 'try-later',
      code: 'reddit.still-there',
      message: 'Reddit said nothing against it, but the post is still there. Try again in a moment.',
    })
}

/** The body of a text post. Titles, links, pictures and their texts stay as they are for ever. */
export const edit = async (t: ChannelContext, created: Created, text: string): Promise<void> => {
  if (!created.id)
    throw new PlatformFailure({
      kind: 'gone',
      code: 'reddit.post-unknown',
      message: 'Clarion does not know the id of this post. Edit it on reddit.com.',
    })
  await editText(accessOf(t), created.id, text.trim())
}
