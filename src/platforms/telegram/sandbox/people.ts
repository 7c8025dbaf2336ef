/** What people do on Telegram by hand, for the desk: post in a chat, give and take the bot's rights. */
import type { Chat, Message, TgWorld } from './state.ts'
import { findOrInvent } from './state.ts'
import { addUpdate } from './updates.ts'
import { chatView, memberView, messageView, ownerUser } from './view.ts'

/** The owner writes into a chat; the bot gets `channel_post` or `message`. */
const write = (world: TgWorld, c: Chat, text: string): void => {
  const at = world.now()
  const command = /^\/\w+/.exec(text)?.[0]
  const m: Message = {
    chat: c.id,
    id: ++c.lastId,
    from: 'person',
    date: Math.floor(at / 1000),
    at,
    editedAt: null,
    kind: 'text',
    text,
    entities: command ? [{ type: 'bot_command', offset: 0, length: command.length }] : [],
    file: null,
    group: null,
    poll: null,
    replyTo: null,
    silent: false,
    spoiler: false,
    deleted: false,
    raw: { byHand: 'true' },
  }
  world.state.messages.push(m)
  if (c.bot.status !== 'left' && c.bot.status !== 'kicked')
    addUpdate(world, c.type === 'channel' ? 'channel_post' : 'message', messageView(world, m))
}

const rights = (world: TgWorld, c: Chat, change: Partial<Chat['bot']>): void => {
  const old = memberView(world, c, c.bot)
  c.bot = { ...c.bot, ...change }
  addUpdate(world, 'my_chat_member', {
    chat: chatView(c),
    from: ownerUser(world.state),
    date: Math.floor(world.now() / 1000),
    old_chat_member: old,
    new_chat_member: memberView(world, c, c.bot),
  })
}

/** Everything a person can do; throws an Error that names it. */
export const act = (world: TgWorld, action: { do: string; [k: string]: string }): void => {
  const c = findOrInvent(world, action.chat ?? action.account)
  switch (action.do) {
    case 'prove':
      if (!action.code) throw new Error('prove: code is missing')
      write(world, c, `/connect ${action.code}`)
      break
    case 'post':
      write(world, c, action.text ?? '')
      break
    case 'promote':
      rights(world, c, {
        status: 'administrator',
        canPost: true,
        canEdit: true,
        canDelete: true,
        canPin: true,
        canSend: true,
      })
      break
    case 'demote':
      rights(world, c, c.type === 'channel' ? { canPost: false } : { status: 'restricted', canSend: false })
      break
    case 'no-delete':
      rights(world, c, { canDelete: false })
      break
    case 'no-pin':
      rights(world, c, { canPin: false, canEdit: false })
      break
    case 'kick':
      rights(world, c, { status: 'kicked' })
      break
    default:
      throw new Error(
        'on Telegram a person can: prove {code, chat?}, post {text, chat?}, promote, demote, no-delete, no-pin, kick {chat?}',
      )
  }
}
