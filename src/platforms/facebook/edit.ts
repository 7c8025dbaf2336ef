/** Changing the text of a published post: posts of this app only; a video's text is its description (fact sheet §5). */
import type { ChannelContext } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf } from './access.ts'
import { editNode } from './api.ts'
import type { Made } from './remove.ts'
import type { Settings } from './spec.ts'

export const edit = async (t: ChannelContext, created: Created, text: string, settings: Settings): Promise<void> => {
  const made = created as Made
  if (settings.format === 'story' || !made.id)
    throw new PlatformFailure({
      kind: 'refused-content',
      code: 'facebook.no-text',
      message: 'A story has no text that could be changed.',
    })
  if (made.video) await editNode(accessOf(t), made.video, { description: text })
  else await editNode(accessOf(t), made.id, { message: text })
}
