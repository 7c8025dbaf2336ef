/** Chats, members and messages as the Bot API shows them (fact sheet telegram.md §2, §3). */
import type { Bot, Chat, File, Message, Rights, TgState, TgWorld } from './state.ts'

export const botUser = (b: Bot) => ({ id: b.id, is_bot: true, first_name: b.name, username: b.username })
export const ownerUser = (s: TgState) => ({ is_bot: false, ...s.owner })

export const chatView = (c: Chat) => ({
  id: c.id,
  title: c.title,
  ...(c.username ? { username: c.username } : {}),
  type: c.type,
})

export const memberView = (world: TgWorld, c: Chat, r: Rights) => {
  const base = { user: botUser(world.state.bot), status: r.status }
  if (r.status === 'administrator')
    return {
      ...base,
      can_be_edited: false,
      can_manage_chat: true,
      can_change_info: false,
      ...(c.type === 'channel'
        ? { can_post_messages: r.canPost, can_edit_messages: r.canEdit }
        : { can_pin_messages: r.canPin }),
      can_delete_messages: r.canDelete,
      can_invite_users: false,
      can_restrict_members: false,
      can_promote_members: false,
      can_manage_video_chats: false,
      can_post_stories: false,
      can_edit_stories: false,
      can_delete_stories: false,
      is_anonymous: false,
    }
  if (r.status === 'restricted')
    return {
      ...base,
      is_member: true,
      can_send_messages: r.canSend,
      can_send_photos: r.canSend,
      can_send_videos: r.canSend,
      can_send_documents: r.canSend,
      can_send_audios: r.canSend,
      can_send_polls: r.canSend,
      can_pin_messages: r.canPin,
      until_date: 0,
    }
  return r.status === 'kicked' ? { ...base, until_date: 0 } : base
}

export const fileView = (f: File) => ({ file_id: f.id, file_unique_id: f.unique, file_size: f.size })

const media = (f: File): Record<string, unknown> => {
  const sized = { ...fileView(f), width: f.width ?? 0, height: f.height ?? 0 }
  if (f.kind === 'photo') return { photo: [sized] }
  const named = { ...(f.name ? { file_name: f.name } : {}), mime_type: f.mime }
  if (f.kind === 'video') return { video: { ...sized, ...named, duration: f.seconds ?? 0 } }
  // An animation is a document too, for older clients.
  if (f.kind === 'animation')
    return { animation: { ...sized, ...named, duration: f.seconds ?? 0 }, document: { ...fileView(f), ...named } }
  if (f.kind === 'audio') return { audio: { ...fileView(f), ...named, duration: f.seconds ?? 0 } }
  return { document: { ...fileView(f), ...named } }
}

export const messageView = (world: TgWorld, m: Message): Record<string, unknown> => {
  const { state } = world
  const c = state.chats.find((x) => x.id === m.chat)!
  const sender =
    c.type === 'channel'
      ? { sender_chat: chatView(c) }
      : { from: m.from === 'bot' ? botUser(state.bot) : ownerUser(state) }
  const reply =
    m.replyTo === null ? undefined : state.messages.find((x) => x.chat === m.chat && x.id === m.replyTo && !x.deleted)
  const f = m.file === null ? undefined : state.files[m.file]
  const words =
    m.kind === 'text'
      ? { text: m.text, ...(m.entities.length > 0 ? { entities: m.entities } : {}) }
      : m.text
        ? { caption: m.text, ...(m.entities.length > 0 ? { caption_entities: m.entities } : {}) }
        : {}
  const poll = m.poll
    ? {
        poll: {
          id: `${Math.abs(m.chat)}${m.id}`,
          question: m.poll.question,
          options: m.poll.options.map((text) => ({ text, voter_count: 0 })),
          total_voter_count: 0,
          is_closed: false,
          is_anonymous: m.poll.anonymous,
          type: m.poll.quiz ? 'quiz' : 'regular',
          allows_multiple_answers: m.poll.multiple,
        },
      }
    : {}
  return {
    message_id: m.id,
    ...sender,
    chat: chatView(c),
    date: m.date,
    ...(m.editedAt === null ? {} : { edit_date: Math.floor(m.editedAt / 1000) }),
    ...(m.group ? { media_group_id: m.group } : {}),
    ...(reply
      ? { reply_to_message: { message_id: reply.id, chat: chatView(c), date: reply.date, text: reply.text } }
      : {}),
    ...(f ? media(f) : {}),
    ...(m.spoiler ? { has_media_spoiler: true } : {}),
    ...poll,
    ...words,
  }
}
