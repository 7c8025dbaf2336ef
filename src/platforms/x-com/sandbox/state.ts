/** What the imitation of X remembers. Plain JSON; the host saves it. */
import { avatar } from '#kit/sandbox/avatar.ts'
import type { SandboxAccount, Secret, World } from '#kit/sandbox/imitation.ts'
import type { TokenState } from '#kit/sandbox/tokens.ts'
import type { Windows } from '#kit/sandbox/window.ts'

export type User = { id: string; username: string; name: string; premium: boolean; hue: number; createdAt: string }

export type Code = {
  user: string
  redirectUri: string
  scopes: string[]
  challenge: string
  method: string
  /** Epoch ms. */
  madeAt: number
  used: boolean
}

export type Media = {
  id: string
  key: string
  owner: string
  category: string
  mediaType: string
  total: number
  /** Segment index -> blob key and size, until it is finalized. */
  segments: Record<string, { blob: string; size: number }>
  /** Blob of the whole, once finalized. */
  blob: string | null
  width: number | null
  height: number | null
  alt: string
  /** Of a video. */
  durationMs?: number
  madeAt: number
  /** When processing is over; null until finalized. */
  readyAt: number | null
  finalizedAt: number | null
  failure: { code: number; name: string; message: string } | null
}

export type Post = {
  id: string
  author: string
  /** As sent, NFC. */
  text: string
  /** Short links, one per link in the text, in order. */
  links: { short: string; url: string }[]
  /** Short link of the attached media, appended to the text as X does. */
  mediaLink: string | null
  media: string[]
  replyTo: string | null
  conversation: string
  poll: { options: string[]; minutes: number } | null
  at: number
  deleted: boolean
  raw: unknown
}

export type XState = {
  app: { clientId: string; clientSecret: string }
  users: User[]
  codes: Record<string, Code>
  tokens: TokenState
  media: Record<string, Media>
  posts: Post[]
  windows: Windows
  lastId: string
}

export type XWorld = World<XState>

export const seed = (secret: Secret): XState => ({
  app: { clientId: 'c2FuZGJveC1jbGFyaW9uLXgtY2xpZW50OjE6Y2k', clientSecret: secret(50) },
  users: [
    {
      id: '2244000000000000101',
      username: 'marta_bakes',
      name: 'Marta Lindqvist',
      premium: false,
      hue: 28,
      createdAt: '2019-03-04T09:12:00.000Z',
    },
    {
      id: '2244000000000000202',
      username: 'harbor_notes',
      name: 'Harbor Field Notes',
      premium: true,
      hue: 205,
      createdAt: '2015-11-20T17:45:00.000Z',
    },
    {
      id: '2244000000000000303',
      username: 'teo_plants',
      name: 'Teodor Wiśniewski',
      premium: false,
      hue: 130,
      createdAt: '2021-06-30T06:00:00.000Z',
    },
  ],
  codes: {},
  tokens: {},
  media: {},
  posts: [],
  windows: {},
  lastId: '0',
})

export const avatarOf = (u: User): string => avatar(u.username, u.hue)

export const accountOf = (u: User): SandboxAccount => ({
  id: u.id,
  handle: `@${u.username}`,
  name: u.name,
  avatar: avatarOf(u),
})

/** Snowflake: milliseconds since 4 November 2010 and a running number; sorts by time, never repeats. */
export const nextId = (world: XWorld): string => {
  const fresh = BigInt(Math.max(0, world.now() - 1_288_834_974_657)) << 22n
  const last = BigInt(world.state.lastId)
  const id = (fresh > last ? fresh : last + 1n).toString()
  world.state.lastId = id
  return id
}

const HANDLE = /^\w{1,15}$/

/** The user of this id or handle; an unknown handle becomes a new account. */
export const findOrInvent = (world: XWorld, account?: string): User => {
  const word = account?.replace(/^@/, '')
  const known =
    word === undefined ? world.state.users[0] : world.state.users.find((u) => u.id === word || u.username === word)
  if (known) return known
  if (!HANDLE.test(word!)) throw new Error(`an X handle has 1 to 15 letters, digits or _: "${word}"`)
  const user: User = {
    id: nextId(world),
    username: word!,
    name: word!,
    premium: false,
    hue: (world.state.users.length * 47) % 360,
    createdAt: new Date(world.now()).toISOString(),
  }
  world.state.users.push(user)
  world.changed()
  return user
}
