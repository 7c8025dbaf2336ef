/** Changing and taking back what was sent: edit, delete, pin (fact sheet telegram.md §5). */
import type { SandboxResponse } from '#kit/sandbox/imitation.ts'
import { memberChat } from './gate.ts'
import type { Formatted } from './markup.ts'
import { deleteManyMax, deleteWithinMs } from './numbers.ts'
import { bad, ok, type Params } from './params.ts'
import { captionOf, textOf } from './send.ts'
import type { Chat, Message, TgWorld } from './state.ts'
import { messageView } from './view.ts'

const SAME =
  'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message'

const find = (world: TgWorld, c: Chat, id: number | undefined): Message | undefined =>
  world.state.messages.find((m) => m.chat === c.id && m.id === id && !m.deleted)

const change = (world: TgWorld, p: Params, kind: Message['kind'], words: (p: Params) => Formatted): SandboxResponse => {
  const c = memberChat(world, p)
  const m = find(world, c, p.int('message_id'))
  if (!m) return bad('message to edit not found')
  if (m.from !== 'bot') return bad("message can't be edited")
  if (m.kind !== kind)
    return bad(
      kind === 'text' ? 'there is no text in the message to edit' : 'there is no caption in the message to edit',
    )
  const f = words(p)
  if (f.text === m.text && JSON.stringify(f.entities) === JSON.stringify(m.entities)) return bad(SAME)
  m.text = f.text
  m.entities = f.entities
  m.editedAt = world.now()
  world.changed()
  return ok(messageView(world, m))
}

export const editMessageText = (world: TgWorld, p: Params): SandboxResponse => change(world, p, 'text', textOf)
export const editMessageCaption = (world: TgWorld, p: Params): SandboxResponse =>
  change(world, p, 'media', () => captionOf(p.str('caption'), p.str('parse_mode'), p.json('caption_entities')))

/** Own messages for 48 hours (in a channel with posting rights too), anybody's with the right to delete. */
const mayDelete = (world: TgWorld, c: Chat, m: Message): boolean => {
  const young = world.now() - m.at < deleteWithinMs
  if (c.bot.status === 'administrator' && c.bot.canDelete) return true
  return m.from === 'bot' && young && (c.type !== 'channel' || c.bot.canPost)
}

const drop = (world: TgWorld, c: Chat, m: Message) => {
  m.deleted = true
  if (c.pinned === m.id) c.pinned = null
  world.changed()
}

export const deleteMessage = (world: TgWorld, p: Params): SandboxResponse => {
  const c = memberChat(world, p)
  const m = find(world, c, p.int('message_id'))
  if (!m) return bad('message to delete not found')
  if (!mayDelete(world, c, m)) return bad("message can't be deleted")
  drop(world, c, m)
  return ok(true)
}

/** Ids that are not there are skipped; one that may not be deleted refuses all. */
export const deleteMessages = (world: TgWorld, p: Params): SandboxResponse => {
  const c = memberChat(world, p)
  const ids = p.json('message_ids')
  if (!Array.isArray(ids) || ids.length === 0 || ids.some((i) => !Number.isInteger(i)))
    return bad('message identifiers are not specified')
  if (ids.length > deleteManyMax) return bad('too many message identifiers specified')
  const found = ids.flatMap((id: number) => find(world, c, id) ?? [])
  if (found.some((m) => !mayDelete(world, c, m))) return bad("message can't be deleted")
  for (const m of found) drop(world, c, m)
  return ok(true)
}

const pinRight = (c: Chat) => (c.type === 'channel' ? c.bot.canEdit : c.bot.canPin) && c.bot.status === 'administrator'

export const pinChatMessage = (world: TgWorld, p: Params): SandboxResponse => {
  const c = memberChat(world, p)
  const m = find(world, c, p.int('message_id'))
  if (!m) return bad('message to pin not found')
  if (!pinRight(c)) return bad('not enough rights to manage pinned messages in the chat')
  c.pinned = m.id
  world.changed()
  return ok(true)
}

export const unpinChatMessage = (world: TgWorld, p: Params): SandboxResponse => {
  const c = memberChat(world, p)
  if (!pinRight(c)) return bad('not enough rights to manage pinned messages in the chat')
  c.pinned = null
  world.changed()
  return ok(true)
}
