/** Deleting messages: every one of an album. Gone already is a success; after 48 hours only with delete rights (fact sheet §5). */
import type { ChannelContext } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { deleteMessage, deleteMessages } from './api.ts'

export const remove = async (t: ChannelContext, created: Created): Promise<void> => {
  const ids = Array.isArray(created.messages)
    ? created.messages.filter((x) => typeof x === 'number')
    : created.id
      ? [Number(created.id)]
      : []
  if (ids.length === 0) return
  const chat = typeof created.chat === 'string' ? created.chat : t.channel.externalId
  const bot = { http: t.http, token: t.credentials.botToken ?? '' }
  try {
    if (ids.length === 1) await deleteMessage(bot, chat, ids[0]!)
    else await deleteMessages(bot, chat, ids)
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.kind === 'gone') return
    throw error
  }
}
