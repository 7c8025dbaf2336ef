/** What the imitation of Telegram remembers. Plain JSON; the host saves it. */
import { avatar } from '#kit/sandbox/avatar.ts'
import type { SandboxAccount, Secret, World } from '#kit/sandbox/imitation.ts'
import type { Windows } from '#kit/sandbox/window.ts'
import type { Entity } from './markup.ts'

export type Bot = { id: number; token: string; username: string; name: string; revoked: boolean }

export type Rights = {
  status: 'administrator' | 'member' | 'restricted' | 'left' | 'kicked'
  canPost: boolean
  canEdit: boolean
  canDelete: boolean
  canPin: boolean
  canSend: boolean
}

export type Chat = {
  id: number
  type: 'channel' | 'supergroup' | 'group'
  title: string
  username: string | null
  about: string
  members: number
  hue: number
  bot: Rights
  /** Message ids count up per chat. */
  lastId: number
  pinned: number | null
}

export type File = {
  id: string
  unique: string
  blob: string
  kind: 'photo' | 'video' | 'animation' | 'document' | 'audio'
  size: number
  width: number | null
  height: number | null
  /** How long it plays. */
  seconds?: number
  name: string | null
  mime: string
}

export type Message = {
  chat: number
  id: number
  /** The bot's own, or a person's. */
  from: 'bot' | 'person'
  /** Unix seconds. */
  date: number
  at: number
  editedAt: number | null
  kind: 'text' | 'media' | 'poll'
  /** Text or caption, markup taken out. */
  text: string
  entities: Entity[]
  file: string | null
  /** Part of an album. */
  group: string | null
  poll: { question: string; options: string[]; anonymous: boolean; quiz: boolean; multiple: boolean } | null
  replyTo: number | null
  silent: boolean
  spoiler: boolean
  deleted: boolean
  raw: Record<string, string>
}

export type Update = { id: number; at: number; kind: string; body: Record<string, unknown> }

export type TgState = {
  bot: Bot
  owner: { id: number; first_name: string; last_name: string; username: string }
  chats: Chat[]
  messages: Message[]
  files: Record<string, File>
  updates: Update[]
  nextUpdate: number
  webhook: {
    url: string
    secret: string | null
    allowed: string[] | null
    max: number
    lastError: string | null
    lastErrorAt: number | null
  } | null
  allowed: string[] | null
  windows: Windows
}

export type TgWorld = World<TgState>

const admin: Rights = {
  status: 'administrator',
  canPost: true,
  canEdit: true,
  canDelete: true,
  canPin: true,
  canSend: true,
}
const member: Rights = {
  status: 'member',
  canPost: false,
  canEdit: false,
  canDelete: false,
  canPin: false,
  canSend: true,
}

const chat = (
  id: number,
  type: Chat['type'],
  title: string,
  username: string | null,
  about: string,
  members: number,
  hue: number,
  bot: Rights,
): Chat => ({ id, type, title, username, about, members, hue, bot: { ...bot }, lastId: 16, pinned: null })

export const seed = (secret: Secret): TgState => ({
  bot: {
    id: 7301994418,
    token: `7301994418:AAG${secret(32)}`,
    username: 'clarion_sandbox_bot',
    name: 'Clarion',
    revoked: false,
  },
  owner: { id: 5204417733, first_name: 'Ilse', last_name: 'Marchetti', username: 'ilse_marchetti' },
  chats: [
    chat(
      -1002200000001,
      'channel',
      'Canal Street Bakery',
      'canal_street_bakery',
      'What comes out of the oven today.',
      1843,
      24,
      admin,
    ),
    chat(-1002200000002, 'supergroup', 'Night Cyclists', 'night_cyclists', 'We ride after dark.', 212, 190, member),
    chat(-1002200000003, 'channel', 'Studio Drafts', null, 'Private: sketches before they are ready.', 9, 286, admin),
  ],
  messages: [],
  files: {},
  updates: [],
  nextUpdate: 48_215_001,
  webhook: null,
  allowed: null,
  windows: {},
})

export const avatarOf = (c: Chat): string => avatar(c.title, c.hue)
export const accountOf = (c: Chat): SandboxAccount => ({
  id: String(c.id),
  handle: c.username ? `@${c.username}` : c.title,
  name: c.title,
  avatar: avatarOf(c),
})

/** By id or @username; undefined when there is none. */
export const findChat = (world: TgWorld, who: string): Chat | undefined => {
  const word = who.trim()
  const name = word.replace(/^@/, '').toLowerCase()
  return world.state.chats.find(
    (c) => String(c.id) === word || (c.username !== null && c.username.toLowerCase() === name),
  )
}

/** The chat of this id or @username; an unknown name becomes a new channel with the bot in it. */
export const findOrInvent = (world: TgWorld, who?: string): Chat => {
  const known = who === undefined ? world.state.chats[0] : findChat(world, who)
  if (known) return known
  const name = who!.replace(/^@/, '').replaceAll('-', '_')
  if (!/^[a-z]\w{3,31}$/i.test(name))
    throw new Error(`a Telegram name has 4 to 32 letters, digits or _ and begins with a letter: "${name}"`)
  const made = chat(
    -1002300000000 - world.state.chats.length,
    'channel',
    name,
    name,
    '',
    100,
    (world.state.chats.length * 61) % 360,
    admin,
  )
  world.state.chats.push(made)
  world.changed()
  return made
}

/** `https://t.me/name/17`, or the members-only form for chats without a name. */
export const permalink = (c: Chat, id: number): string =>
  c.username ? `https://t.me/${c.username}/${id}` : `https://t.me/c/${String(c.id).replace(/^-100/, '')}/${id}`
