/** Changing the words of a message: the text, or the caption under its pictures (fact sheet §5). */
import type { ChannelContext } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { editCaption, editText } from './api.ts'
import { modeOf } from './publish.ts'
import type { Settings } from './spec.ts'

/** Raises `refused-content` for what has no words of its own: a poll, pictures whose text went out as a message after. */
export const edit = async (t: ChannelContext, created: Created, text: string, settings: Settings): Promise<void> => {
  const bot = { http: t.http, token: t.credentials.botToken ?? '' }
  const chat = typeof created.chat === 'string' ? created.chat : t.channel.externalId
  if (created.id === null || created.words === 'none')
    throw new PlatformFailure({
      kind: 'refused-content',
      code: 'telegram.no-words',
      message:
        'This message has no text Telegram would change: edit it in Telegram, or take it down and publish again.',
    })
  const at = { chat_id: chat, message_id: Number(created.id), ...modeOf(settings) }
  try {
    await (created.words === 'caption' ? editCaption(bot, { ...at, caption: text }) : editText(bot, { ...at, text }))
  } catch (error) {
    // "message is not modified": it already says so.
    if (!(error instanceof PlatformFailure) || error.failure.code !== 'telegram.not-modified') throw error
  }
}
