/** Deleting and editing a pin (fact sheet §5). One that is gone already is a success when deleting. */
import type { ChannelContext } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { accessOf, deletePin, updatePin } from './api.ts'
import type { Settings } from './spec.ts'

export const remove = async (t: ChannelContext, created: Created): Promise<void> => {
  if (!created.id) return
  try {
    await deletePin(accessOf(t), created.id)
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.status === 404) return
    throw error
  }
}

/**
 * Description, title and link of a pin. Pinterest opens this call to some apps only; the others hear so. Raises
 * `not-permitted`, `gone`, `refused-content`.
 */
export const edit = async (t: ChannelContext, created: Created, text: string, settings: Settings): Promise<void> => {
  if (!created.id)
    throw new PlatformFailure({
      kind: 'gone',
      code: 'pinterest.pin-unknown',
      message: 'Clarion does not know the id of this pin. Edit it on Pinterest.',
    })
  try {
    await updatePin(accessOf(t), created.id, {
      description: text.trim(),
      title: settings.title ?? null,
      link: settings.link ?? null,
    })
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.kind === 'not-permitted')
      throw new PlatformFailure({
        ...error.failure,
        code: 'pinterest.edit-restricted',
        message: 'Pinterest lets only some apps edit pins, and not this one. Edit the pin on pinterest.com.',
      })
    throw error
  }
}
