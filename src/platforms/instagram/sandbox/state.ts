/** What the imitation of Instagram remembers. Plain JSON; the host saves it. Meta's people, Pages and tokens live in `meta`. */
import { avatar } from '#kit/sandbox/avatar.ts'
import type { SandboxAccount, Secret, World } from '#kit/sandbox/imitation.ts'
import type { PieceUpload } from '#kit/sandbox/uploads.ts'
import type { Windows } from '#kit/sandbox/window.ts'
import type { OwnCode, OwnToken } from '../../families/meta/sandbox/own-login.ts'
import {
  allTasks,
  findOrInventPage,
  type MetaPage,
  type MetaState,
  metaSeed,
  nextId,
} from '../../families/meta/sandbox/state.ts'

export type Account = {
  id: string
  /** The app's own name for the account (`id` of `/me`). */
  scopedId: string
  username: string
  name: string
  type: 'Business' | 'Media_Creator'
  hue: number
  followers: number
  /** What a person or Instagram did to it: `blocked` answers 4/2207051, `restricted` 25/2207050. */
  blocked: boolean
  restricted: boolean
  /** May it publish trial reels? */
  trials: boolean
  /** Fields the app subscribed to with Instagram Login. */
  subscribed: string[]
}

export type Kind = 'IMAGE' | 'REELS' | 'STORIES' | 'CAROUSEL' | 'VIDEO'
export type Tag = { username: string; x?: number; y?: number }
export type File = { key: string; mime: string }

export type Container = {
  id: string
  account: string
  kind: Kind
  item: boolean
  caption: string
  alt: string
  file: File | null
  cover: string | null
  children: string[]
  tags: Tag[]
  collaborators: string[]
  params: Record<string, string>
  madeAt: number
  /** When processing ends; null: the bytes are not here yet. */
  readyAt: number | null
  /** Code of 22070xx shown after processing. */
  error: number | null
  publishedAs: string | null
  upload: PieceUpload | null
  /** Reads so far, for the fault of fresh reads. */
  reads: number
}

export type Media = {
  id: string
  account: string
  product: 'FEED' | 'REELS' | 'STORY'
  kind: Kind
  caption: string
  items: { key: string; mime: string; alt: string; id: string }[]
  cover: string | null
  tags: Tag[]
  collaborators: string[]
  at: number
  shortcode: string
  comments: boolean
  deleted: boolean
  /** The story's last numbers have been sent. */
  told: boolean
  raw: unknown
}

export type Comment = {
  id: string
  media: string
  /** Account id, or null when somebody else wrote it. */
  account: string | null
  username: string
  text: string
  parent: string | null
  at: number
  hidden: boolean
  deleted: boolean
}

export type InstagramState = {
  meta: MetaState
  app: { id: string; secret: string }
  accounts: Account[]
  codes: Record<string, OwnCode>
  tokens: Record<string, OwnToken>
  containers: Record<string, Container>
  media: Media[]
  comments: Comment[]
  windows: Windows
  /** Pages the app is installed on. */
  installed: string[]
  /** Videos whose processing was made to fail (`videoFailures`). */
  failed: number
}
export type IgWorld = World<InstagramState>

const account = (
  o: Pick<Account, 'id' | 'scopedId' | 'username' | 'name' | 'type' | 'hue' | 'followers'>,
): Account => ({
  ...o,
  blocked: false,
  restricted: false,
  trials: o.followers >= 1000,
  subscribed: [],
})

const seeded = [
  account({
    id: '17841400000000101',
    scopedId: '24812345678900101',
    username: 'marta.bakes',
    name: 'Marta Lindqvist',
    type: 'Business',
    hue: 28,
    followers: 4210,
  }),
  account({
    id: '17841400000000202',
    scopedId: '24812345678900202',
    username: 'harbor.field.notes',
    name: 'Harbor Field Notes',
    type: 'Media_Creator',
    hue: 205,
    followers: 18_300,
  }),
  account({
    id: '17841400000000303',
    scopedId: '24812345678900303',
    username: 'teo_plants',
    name: 'Teodor Wiśniewski',
    type: 'Business',
    hue: 130,
    followers: 640,
  }),
]

const people = [
  { id: '10200000000000011', name: 'Marta Lindqvist', hue: 28 },
  { id: '10200000000000012', name: 'Ines Okafor', hue: 205 },
]
const page = (id: string, a: Account, owner: string): MetaPage => ({
  id,
  name: a.name,
  username: a.username.replace(/\./g, '_'),
  category: 'Local business',
  hue: a.hue,
  followers: a.followers,
  tasks: { [owner]: [...allTasks] },
  account: { id: a.id, username: a.username, name: a.name, followers: a.followers },
})

export const seed = (secret: Secret): InstagramState => ({
  meta: metaSeed({
    app: { id: '481516234200011', secret: secret(32), name: 'Clarion' },
    people: people.map((p) => ({ ...p })),
    pages: [
      page('103000000000011', seeded[0]!, people[0]!.id),
      page('103000000000012', seeded[1]!, people[1]!.id),
      page('103000000000013', seeded[2]!, people[0]!.id),
    ],
  }),
  app: { id: '990017001122334', secret: secret(32) },
  accounts: structuredClone(seeded),
  codes: {},
  tokens: {},
  containers: {},
  media: [],
  comments: [],
  windows: {},
  installed: [],
  failed: 0,
})

export const avatarOf = (a: Account): string => avatar(a.username, a.hue)
export const sandboxAccount = (a: Account): SandboxAccount => ({
  id: a.id,
  handle: `@${a.username}`,
  name: a.name,
  avatar: avatarOf(a),
})

export const accountById = (world: IgWorld, id: string | undefined): Account | undefined =>
  world.state.accounts.find((a) => a.id === id)
export const pageOfAccount = (world: IgWorld, id: string): MetaPage | undefined =>
  world.state.meta.pages.find((p) => p.account?.id === id)

/** The account of this id or name; none named gives the first, an unknown name a new account with its Page. */
export const findOrInvent = (world: IgWorld, word?: string): Account => {
  const { accounts, meta } = world.state
  const name = word?.replace(/^@/, '')
  const known = name === undefined ? accounts[0] : accounts.find((a) => a.id === name || a.username === name)
  if (known) return known
  const linked = findOrInventPage(world, name, { account: true }).account
  if (!linked) throw new Error(`"${name}" is a Page without an Instagram account`)
  const fresh = account({
    ...linked,
    scopedId: nextId(world, '24'),
    type: 'Business',
    hue: (meta.pages.length * 61) % 360,
  })
  accounts.push(fresh)
  world.changed()
  return fresh
}

/** `DxY...`: the short code in a link. */
export const shortcodeOf = (id: string): string =>
  Buffer.from(BigInt(id).toString(16).padStart(16, '0'), 'hex').toString('base64url').replace(/^A+/, '')

export const permalinkOf = (world: IgWorld, m: Media): string => {
  const username = accountById(world, m.account)?.username ?? 'unknown'
  if (m.product === 'STORY') return `https://www.instagram.com/stories/${username}/${m.id}`
  return `https://www.instagram.com/${m.product === 'REELS' ? 'reel' : 'p'}/${m.shortcode}/`
}

export const storyOver = (world: IgWorld, m: Media, lifeMs: number): boolean =>
  m.product === 'STORY' && m.at + lifeMs <= world.now()
