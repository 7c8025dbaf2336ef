/**
 * Connecting a chat (fact sheet §2): knowing `@channel` is not enough, for many people may share one bot. Whoever can
 * post `/connect CODE` in the channel owns it; in a group the author must be an administrator. Then the bot's own
 * rights are checked and the chat's number is kept, for names change.
 */
import { codeConnector } from '#kit/client/connectors.ts'
import type { ChannelOffer, ConnectContext } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import {
  type Bot,
  type Chat,
  deleteMessage,
  getChat,
  getChatMember,
  getMe,
  type Incoming,
  type Member,
  recentUpdates,
} from './api.ts'

const refuse = (word: string, message: string): never => {
  throw new PlatformFailure({ kind: 'not-permitted', code: `telegram.${word}`, message })
}

const botOf = (t: Pick<ConnectContext, 'http' | 'credentials'>): Bot => {
  const token = t.credentials.botToken?.trim()
  if (!token) return refuse('credentials-missing', 'Telegram needs a bot: enter its token in Settings -> Platforms.')
  return { http: t.http, token }
}

/** `/connect CODE`, with or without the bot's name behind the command, as groups write it. */
const asks = (m: Incoming, code: string) =>
  new RegExp(`^/connect(@\\w+)?\\s+${code}\\s*$`, 'i').test(m.text?.trim() ?? '')

/** May the person who posted the code speak for the chat? */
const proveOwner = async (bot: Bot, m: Incoming): Promise<void> => {
  // Only administrators post in a channel, and an anonymous administrator posts as the group itself.
  if (m.chat.type === 'channel' || m.sender_chat?.id === m.chat.id) return
  const author = m.from ? (await getChatMember(bot, m.chat.id, m.from.id)).status : 'unknown'
  if (author !== 'creator' && author !== 'administrator')
    refuse('not-admin', 'Only an administrator of the group can connect it. Ask one to post the code.')
}

const proveBot = (chat: Chat, own: Member): void => {
  if (chat.type === 'channel') {
    if (own.status !== 'administrator' || own.can_post_messages !== true)
      refuse(
        'no-rights',
        'The bot is not allowed to post here. Open the channel, Administrators, the bot, and turn on "Post messages".',
      )
  } else if (
    ['left', 'kicked'].includes(own.status) ||
    (own.status === 'restricted' && own.can_send_messages === false)
  )
    refuse('no-rights', 'The bot may not write in this group. Let it send messages.')
}

const offer = (chat: Awaited<ReturnType<typeof getChat>>, own: Member, botName: string): ChannelOffer => ({
  externalId: String(chat.id),
  kind: chat.type,
  name: chat.title ?? chat.first_name ?? String(chat.id),
  handle: chat.username ?? '',
  avatarUrl: null,
  profileUrl: chat.username ? `https://t.me/${chat.username}` : null,
  facts: {
    username: chat.username ?? null,
    bot: botName,
    isForum: chat.is_forum ?? false,
    linkedChatId: chat.linked_chat_id ?? null,
    canPin: chat.type === 'channel' ? own.can_edit_messages === true : own.can_pin_messages === true,
    canDelete: own.can_delete_messages === true,
  },
})

export const connect = codeConnector({
  show: async (t, code) => {
    const me = await getMe(botOf(t))
    return {
      link: t.browserUrl(`https://t.me/${me.username}?startchannel&admin=post_messages+edit_messages+delete_messages`),
      instructions: `Add @${me.username} to your channel as an administrator who may post messages (a group: as a member). Then post this there: /connect ${code}`,
    }
  },
  readCode: async (t, code) => {
    const bot = botOf(t)
    const updates = await newUpdates(bot)
    if (!updates) return { pending: 'Telegram is answering another look; still waiting for the code.' }
    const m = updates.flatMap((u) => [u.channel_post, u.message]).findLast((x) => x !== undefined && asks(x, code))
    if (!m) return { pending: 'Waiting for the code in your channel or group.' }
    if (m.chat.type === 'private')
      return refuse('private-chat', 'Post the code in the channel or group, not in the chat with the bot.')
    await proveOwner(bot, m)
    const me = await getMe(bot)
    const own = await getChatMember(bot, m.chat.id, me.id)
    const chat = await getChat(bot, m.chat.id)
    proveBot(chat, own)
    await tidy(bot, m)
    // The token stays with the app's credentials: a new one from @BotFather heals every channel at once.
    return { grant: { access: `bot:${me.id}` }, offers: [offer(chat, own, me.username)] }
  },
})

/** Two looks at one moment: Telegram ends the older one with 409. The next poll sees the same updates. */
const newUpdates = async (bot: Bot) => {
  try {
    return await recentUpdates(bot)
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.raw?.includes('terminated by other getUpdates'))
      return undefined
    throw error
  }
}

/** Takes the code message away. Only nice to have: without the right to delete it stays, which harms nobody. */
const tidy = async (bot: Bot, m: Incoming): Promise<void> => {
  try {
    await deleteMessage(bot, m.chat.id, m.message_id)
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error
  }
}
