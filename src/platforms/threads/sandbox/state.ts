/** What the imitation of Threads remembers. Plain JSON; the host saves it. */
import { avatar } from '#kit/sandbox/avatar.ts'
import type { SandboxAccount, Secret, World } from '#kit/sandbox/imitation.ts'
import type { OwnCode, OwnToken } from '../../families/meta/sandbox/own-login.ts'
import { type MetaState, metaSeed, nextId } from '../../families/meta/sandbox/state.ts'

export type Account = {
  id: string
  username: string
  name: string
  hue: number
  followers: number
  verified: boolean
  /** May it choose countries? */
  geo: boolean
  /** What Threads did to it: `restricted` answers 4279013, `blocked` 2207051. */
  restricted: boolean
  blocked: boolean
}

export type Kind = 'TEXT' | 'IMAGE' | 'VIDEO' | 'CAROUSEL'
export type File = { key: string; mime: string }

export type Container = {
  id: string
  account: string
  kind: Kind
  item: boolean
  text: string
  alt: string
  file: File | null
  children: string[]
  replyTo: string | null
  params: Record<string, string>
  madeAt: number
  /** When processing ends. */
  readyAt: number
  /** Word of `error_message` after processing. */
  error: string | null
  publishedAs: string | null
  /** Reads and publishes so far, for faults of fresh containers. */
  reads: number
  sends: number
}

export type Post = {
  id: string
  /** Account id, or null when somebody else wrote it. */
  account: string | null
  username: string
  kind: Kind | 'REPOST'
  text: string
  items: { key: string; mime: string; alt: string; id: string }[]
  replyTo: string | null
  at: number
  shortcode: string
  hidden: boolean
  deleted: boolean
  deletedAt: number | null
  params: Record<string, string>
  raw: unknown
}

export type ThreadsState = {
  /** The app, ids and call windows; Threads has tokens and people of its own. */
  meta: MetaState
  accounts: Account[]
  codes: Record<string, OwnCode>
  tokens: Record<string, OwnToken>
  appTokens: string[]
  containers: Record<string, Container>
  posts: Post[]
  /** Epoch ms of each deletion, by account. */
  deletions: Record<string, number[]>
}
export type ThWorld = World<ThreadsState>

const account = (o: Pick<Account, 'id' | 'username' | 'name' | 'hue' | 'followers'>): Account => ({
  ...o,
  verified: o.followers > 10_000,
  geo: o.followers > 10_000,
  restricted: false,
  blocked: false,
})

const seeded = [
  account({ id: '24000000000000101', username: 'marta.bakes', name: 'Marta Lindqvist', hue: 28, followers: 3120 }),
  account({
    id: '24000000000000202',
    username: 'harbor.field.notes',
    name: 'Harbor Field Notes',
    hue: 205,
    followers: 22_400,
  }),
  account({ id: '24000000000000303', username: 'teo_plants', name: 'Teodor Wiśniewski', hue: 130, followers: 85 }),
]

export const seed = (secret: Secret): ThreadsState => ({
  meta: metaSeed({
    app: { id: '770017001122334', secret: secret(32), name: 'Clarion' },
    people: [],
    pages: [],
  }),
  accounts: structuredClone(seeded),
  codes: {},
  tokens: {},
  appTokens: [],
  containers: {},
  posts: [],
  deletions: {},
})

export const avatarOf = (a: Account): string => avatar(a.username, a.hue)
export const sandboxAccount = (a: Account): SandboxAccount => ({
  id: a.id,
  handle: `@${a.username}`,
  name: a.name,
  avatar: avatarOf(a),
})

export const accountById = (world: ThWorld, id: string | null | undefined): Account | undefined =>
  world.state.accounts.find((a) => a.id === id)

/** The account of this id or name; none named gives the first, an unknown name a new account. */
export const findOrInvent = (world: ThWorld, word?: string): Account => {
  const { accounts } = world.state
  const name = word?.replace(/^@/, '')
  const known = name === undefined ? accounts[0] : accounts.find((a) => a.id === name || a.username === name)
  if (known) return known
  if (!/^[\w.]{3,30}$/.test(name!))
    throw new Error(`a name on Threads has 3 to 30 letters, digits, dots or _: "${name}"`)
  const fresh = account({
    id: nextId(world, '24'),
    username: name!,
    name: name!,
    hue: (accounts.length * 61) % 360,
    followers: 250,
  })
  accounts.push(fresh)
  world.changed()
  return fresh
}

/** `DxY...`: the short code in a link. */
export const shortcodeOf = (id: string): string =>
  Buffer.from(BigInt(id).toString(16).padStart(16, '0'), 'hex').toString('base64url').replace(/^A+/, '')

export const permalinkOf = (p: Post): string => `https://www.threads.com/@${p.username}/post/${p.shortcode}`

export const postById = (world: ThWorld, id: string | null | undefined): Post | undefined =>
  world.state.posts.find((p) => p.id === id && !p.deleted)

/** The post at the head of the thread. */
export const rootOf = (world: ThWorld, p: Post): Post => {
  const above = p.replyTo === null ? undefined : world.state.posts.find((x) => x.id === p.replyTo)
  return above ? rootOf(world, above) : p
}

/** Puts a post on the network. */
export const addPost = (
  world: ThWorld,
  o: Omit<Post, 'id' | 'at' | 'shortcode' | 'hidden' | 'deleted' | 'deletedAt'>,
): Post => {
  const id = nextId(world, '18')
  const post: Post = {
    ...o,
    id,
    at: world.now(),
    shortcode: shortcodeOf(id),
    hidden: false,
    deleted: false,
    deletedAt: null,
  }
  world.state.posts.push(post)
  world.changed()
  return post
}
