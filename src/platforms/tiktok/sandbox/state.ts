/** What the imitation of TikTok remembers. Plain JSON; the host saves it. */
import { avatar } from '#kit/sandbox/avatar.ts'
import type { SandboxAccount, Secret, World } from '#kit/sandbox/imitation.ts'
import type { TokenState } from '#kit/sandbox/tokens.ts'
import type { PieceUpload } from '#kit/sandbox/uploads.ts'
import type { Windows } from '#kit/sandbox/window.ts'

export type User = {
  openId: string
  unionId: string
  username: string
  name: string
  private: boolean
  commentDisabled: boolean
  duetDisabled: boolean
  stitchDisabled: boolean
  maxSecs: number
  banned: boolean
  hue: number
}

export type Code = {
  user: string
  redirectUri: string
  scopes: string[]
  /** Null: a Web app without PKCE. */
  challenge: string | null
  /** Epoch ms. */
  madeAt: number
  used: boolean
}

export type TaskStatus =
  | 'PROCESSING_UPLOAD'
  | 'PROCESSING_DOWNLOAD'
  | 'SEND_TO_USER_INBOX'
  | 'PUBLISH_COMPLETE'
  | 'FAILED'

/** A file as TikTok holds it, with what a first look showed. */
export type HeldFile = { key: string; mime: string; bytes: number; problem: string | null }

/**
 * One post under way. PROCESSING_UPLOAD until the last chunk, or PROCESSING_DOWNLOAD until everything was fetched; then
 * `readyAt` is set, and when it has passed: PUBLISH_COMPLETE, SEND_TO_USER_INBOX or FAILED.
 */
export type Task = {
  publishId: string
  owner: string
  media: 'video' | 'photo'
  draft: boolean
  title: string
  description: string
  privacy: string | null
  cover: number | null
  raw: unknown
  madeAt: number
  status: TaskStatus
  failReason: string | null
  /** Of a file. */
  token: string | null
  chunk: number
  count: number
  upload: PieceUpload | null
  /** Of a pull. */
  urls: string[]
  downloaded: number
  held: HeldFile[]
  readyAt: number | null
  post: string | null
}

export type Post = {
  id: string
  author: string
  media: 'video' | 'photo'
  title: string
  description: string
  privacy: string
  held: HeldFile[]
  durationMs: number
  width: number
  height: number
  at: number
  /** When moderation is over and everybody sees it; null: never (not public). */
  publicAt: number | null
  announced: boolean
  publishId: string
  /** A draft in the inbox: no post yet. */
  draft: boolean
  deleted: boolean
  raw: unknown
}

export type TikTokState = {
  app: { clientKey: string; clientSecret: string }
  /** Verified domains and URL prefixes; loopback counts as verified. */
  verified: string[]
  users: User[]
  codes: Record<string, Code>
  tokens: TokenState
  tasks: Record<string, Task>
  posts: Post[]
  windows: Windows
  lastId: string
}
export type TikTokWorld = World<TikTokState>

const person = (n: number, username: string, name: string, hue: number, more: Partial<User> = {}): User => ({
  openId: `-000sandbox${n}QvT7mYb2Kd9LxRw4Hz`,
  unionId: `c9c60f44-a68e-4f5d-84dd-0000000000${n}0`,
  username,
  name,
  private: false,
  commentDisabled: false,
  duetDisabled: false,
  stitchDisabled: true,
  maxSecs: 600,
  banned: false,
  hue,
  ...more,
})

export const seed = (secret: Secret): TikTokState => ({
  app: { clientKey: 'sbawsandbox00clarion', clientSecret: secret(32) },
  verified: [],
  users: [
    person(1, 'oven.and.anvil', 'Oven & Anvil', 14),
    person(2, 'quiet_shelves', 'Quiet Shelves', 268, { private: true, duetDisabled: true, maxSecs: 60 }),
    person(3, 'tidepool.tom', 'Tidepool Tom', 188, { commentDisabled: true, maxSecs: 180 }),
  ],
  codes: {},
  tokens: {},
  tasks: {},
  posts: [],
  windows: {},
  lastId: '0',
})

export const avatarOf = (u: User): string => avatar(u.username, u.hue)

export const accountOf = (u: User): SandboxAccount => ({
  id: u.openId,
  handle: `@${u.username}`,
  name: u.name,
  avatar: avatarOf(u),
})

/** 64-bit ids above 2^53: seconds since 1970 in the upper half, a running number below; they sort by time. */
export const nextId = (world: TikTokWorld): string => {
  const fresh = BigInt(Math.floor(world.now() / 1000)) << 32n
  const last = BigInt(world.state.lastId)
  const id = (fresh > last ? fresh : last + 1n).toString()
  world.state.lastId = id
  return id
}

/** The user of this id or handle; an unknown handle becomes a new account. */
export const findOrInvent = (world: TikTokWorld, account?: string): User => {
  const word = account?.replace(/^@/, '')
  const known =
    word === undefined ? world.state.users[0] : world.state.users.find((u) => u.openId === word || u.username === word)
  if (known) return known
  if (!/^[\w.]{2,24}$/.test(word!)) throw new Error(`a TikTok username has 2 to 24 letters, digits, _ or .: "${word}"`)
  const user = { ...person(world.state.users.length + 1, word!, word!, (world.state.users.length * 53) % 360) }
  user.openId = `-000${world.id(28)}`
  world.state.users.push(user)
  world.changed()
  return user
}
