/** What the imitation of Reddit remembers. Plain JSON; the host saves it. */
import { avatar } from '#kit/sandbox/avatar.ts'
import type { SandboxAccount, Secret, World } from '#kit/sandbox/imitation.ts'
import type { TokenState } from '#kit/sandbox/tokens.ts'
import type { Windows } from '#kit/sandbox/window.ts'
import { type Sub, subs } from './communities.ts'

export type User = {
  id: string
  name: string
  hue: number
  karma: number
  /** Epoch ms. */
  madeAt: number
  verified: boolean
  followers: number
}

export type Code = {
  user: string
  redirectUri: string
  scopes: string[]
  permanent: boolean
  madeAt: number
  used: boolean
}

export type Lease = {
  assetId: string
  owner: string
  mime: string
  host: string
  fields: { name: string; value: string }[]
  madeAt: number
  uploaded: boolean
  blob: string | null
  width: number | null
  height: number | null
  /** Why nothing will come of the file; null: it is good. */
  wrong: string | null
}

export type Kind = 'self' | 'link' | 'image' | 'gallery' | 'video' | 'videogif' | 'poll'

export type Submission = {
  /** Without `t3_`. */
  id: string
  owner: string
  sub: string
  kind: Kind
  title: string
  text: string
  url: string | null
  assets: { assetId: string; caption: string; outbound: string }[]
  poster: string | null
  poll: { options: string[]; days: number } | null
  nsfw: boolean
  spoiler: boolean
  flairText: string | null
  /** Epoch ms; of files when they are worked on. */
  at: number
  deleted: boolean
  removedBy: string | null
  locked: boolean
  raw: unknown
}

export type Comment = {
  /** Without `t1_`. */
  id: string
  post: string
  owner: string
  text: string
  at: number
  deleted: boolean
  raw: unknown
}

export type RedditState = {
  app: { clientId: string; clientSecret: string }
  users: User[]
  subs: Sub[]
  codes: Record<string, Code>
  tokens: TokenState
  leases: Record<string, Lease>
  posts: Submission[]
  comments: Comment[]
  windows: Windows
  /** Last post of an account with little karma, by account (epoch ms). */
  lastPost: Record<string, number>
  sequence: number
}

export type RedditWorld = World<RedditState>

export const seed = (secret: Secret): RedditState => ({
  app: { clientId: 'sBx7Qk2LmPa9Tg', clientSecret: secret(30) },
  users: [
    {
      id: '1a2b3c',
      name: 'rosehill_bakery',
      hue: 16,
      karma: 4180,
      madeAt: Date.UTC(2021, 4, 2),
      verified: true,
      followers: 212,
    },
    {
      id: '9z8y7x',
      name: 'teo_makes',
      hue: 200,
      karma: 3,
      madeAt: Date.UTC(2026, 10, 1),
      verified: false,
      followers: 0,
    },
  ],
  subs: subs(),
  codes: {},
  tokens: {},
  leases: {},
  posts: [],
  comments: [],
  windows: {},
  lastPost: {},
  // A number of late 2026, so that ids look like Reddit's.
  sequence: Number.parseInt('1pz0000', 36),
})

export const accountOf = (u: User): SandboxAccount => ({
  id: u.id,
  handle: u.name,
  name: `u/${u.name}`,
  avatar: avatar(u.name, u.hue),
})

/** Base 36, growing by one or a few, as Reddit counts. */
export const nextId = (world: RedditWorld): string => {
  world.state.sequence += 7
  return world.state.sequence.toString(36)
}

/** The user of this id or name; an unknown name becomes a new account of some standing. */
export const findOrInvent = (world: RedditWorld, account?: string): User => {
  const word = account?.replace(/^(?:@|\/?u\/)/, '')
  const known =
    word === undefined
      ? world.state.users[0]
      : world.state.users.find((u) => u.id === word || u.name.toLowerCase() === word.toLowerCase())
  if (known) return known
  if (!/^[\w-]{3,20}$/.test(word!)) throw new Error(`a Reddit name has 3 to 20 letters, digits, _ or -: "${word}"`)
  const user: User = {
    id: nextId(world),
    name: word!,
    hue: (world.state.users.length * 53) % 360,
    karma: 500,
    madeAt: Date.UTC(2024, 0, 1),
    verified: true,
    followers: 4,
  }
  world.state.users.push(user)
  world.changed()
  return user
}
