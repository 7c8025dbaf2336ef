/** What the imitation of LinkedIn remembers. Plain JSON; the host saves it. */
import { avatar } from '#kit/sandbox/avatar.ts'
import type { SandboxAccount, Secret, World } from '#kit/sandbox/imitation.ts'
import type { TokenState } from '#kit/sandbox/tokens.ts'
import type { Product } from './numbers.ts'

export type App = { id: string; clientId: string; clientSecret: string; products: Product[]; refreshTokens: boolean }
export type Member = { id: string; name: string; vanity: string; hue: number; restricted: boolean }
export type Page = { id: string; name: string; vanity: string; hue: number; followers: number }
export type Role = { member: string; page: string; role: string }

export type Code = {
  member: string
  client: string
  redirectUri: string
  scopes: string[]
  madeAt: number
  used: boolean
}

export type AssetKind = 'image' | 'document' | 'video'
export type Asset = {
  urn: string
  kind: AssetKind
  owner: string
  /** Who announced it; only they may send a picture or document. */
  member: string
  size: number | null
  /** Part -> its bytes (inclusive), and the blob once it came. */
  parts: Record<string, { from: number; to: number; key: string | null; etag: string }>
  uploadToken: string
  thumbnail: string | null
  captions: string | null
  /** Blob of the whole, once it is there. */
  blob: string | null
  mime: string
  madeAt: number
  uploadedAt: number | null
  readyAt: number | null
  failure: string | null
}

export type Post = {
  urn: string
  author: string
  /** As sent: little text. */
  commentary: string
  visibility: string
  content: Record<string, unknown> | null
  parent: string | null
  reshareDisabled: boolean
  at: number
  editedAt: number | null
  deleted: boolean
  raw: unknown
}

export type Comment = {
  id: string
  urn: string
  post: string
  actor: string
  text: string
  at: number
  deleted: boolean
}
export type Subscription = { key: string; page: string; client: string; webhook: string }

export type LinkedInState = {
  apps: App[]
  members: Member[]
  pages: Page[]
  roles: Role[]
  codes: Record<string, Code>
  tokens: TokenState
  assets: Record<string, Asset>
  posts: Post[]
  comments: Comment[]
  subscriptions: Subscription[]
  /** Creates a day: `member/<id>/<day>` -> count. */
  daily: Record<string, number>
  lastId: string
  nextNotification: number
}
export type LinkedInWorld = World<LinkedInState>

export const seed = (secret: Secret): LinkedInState => ({
  apps: [
    {
      id: '228401337',
      clientId: '86sandboxpages',
      clientSecret: `WPL_AP1.${secret(16)}.${secret(6)}==`,
      products: ['community'],
      refreshTokens: true,
    },
    {
      id: '228401338',
      clientId: '77sandboxself',
      clientSecret: `WPL_AP1.${secret(16)}.${secret(6)}==`,
      products: ['self'],
      refreshTokens: false,
    },
    {
      id: '228401339',
      clientId: '55sandboxnarrow',
      // Only clients of tests know this app; it opens nothing and signs no webhook, so its secret may stand here.
      clientSecret: 'WPL_AP1.sandboxNarrow5Ty1.qLs9Dk==',
      products: ['pagesOnly'],
      refreshTokens: false,
    },
  ],
  members: [
    { id: '782bbtaQ', name: 'Ines Okafor', vanity: 'ines-okafor', hue: 212, restricted: false },
    { id: 'k41MzWpX', name: 'Jonas Reinholt', vanity: 'jonas-reinholt', hue: 18, restricted: false },
    { id: 'Qe7vTn0c', name: 'Wanda Zielińska', vanity: 'wanda-zielinska', hue: 150, restricted: false },
  ],
  pages: [
    { id: '2414183', name: 'Harbor Coffee Roasters', vanity: 'harbor-coffee', hue: 28, followers: 5120 },
    { id: '18004721', name: 'Northlight Studio', vanity: 'northlight-studio', hue: 262, followers: 840 },
    { id: '9377105', name: 'Tideline Robotics', vanity: 'tideline-robotics', hue: 190, followers: 26_400 },
  ],
  roles: [
    { member: '782bbtaQ', page: '2414183', role: 'ADMINISTRATOR' },
    { member: '782bbtaQ', page: '18004721', role: 'CONTENT_ADMINISTRATOR' },
    { member: '782bbtaQ', page: '9377105', role: 'ANALYST' },
    { member: 'k41MzWpX', page: '9377105', role: 'ADMINISTRATOR' },
  ],
  codes: {},
  tokens: {},
  assets: {},
  posts: [],
  comments: [],
  subscriptions: [],
  daily: {},
  lastId: '0',
  nextNotification: 1,
})

export const personUrn = (id: string) => `urn:li:person:${id}`
export const pageUrn = (id: string) => `urn:li:organization:${id}`
export const lastPart = (urn: string) => urn.slice(urn.lastIndexOf(':') + 1)

export const faceOf = (who: { vanity: string; hue: number }): string => avatar(who.vanity, who.hue)

/** Name and face behind an author URN. */
export const whoIs = (
  world: LinkedInWorld,
  urn: string,
): { name: string; vanity: string; hue: number; page: Page | null } | null => {
  const id = lastPart(urn)
  if (urn.startsWith('urn:li:person:')) {
    const m = world.state.members.find((x) => x.id === id)
    return m ? { ...m, page: null } : null
  }
  const page = world.state.pages.find((x) => x.id === id)
  return page ? { ...page, page } : null
}

export const accountOf = (m: Member): SandboxAccount => ({
  id: m.id,
  handle: m.vanity,
  name: m.name,
  avatar: faceOf(m),
})

/** Milliseconds since 1970 in the upper bits and a running number: sorts by time, never repeats. */
export const nextId = (world: LinkedInWorld): string => {
  const now = BigInt(world.now()) << 22n
  const last = BigInt(world.state.lastId)
  const id = (now > last ? now : last + 1n).toString()
  world.state.lastId = id
  return id
}

const WORD = /^[\w-]{2,60}$/

/** The member of this id, short name or URN; a page's URN gives who runs it; an unknown word becomes a new member with a page. */
export const findOrInvent = (world: LinkedInWorld, account?: string): Member => {
  const { members, roles, pages } = world.state
  if (account === undefined) return members[0]!
  const word = lastPart(account)
  const runs = roles.find((r) => account.startsWith('urn:li:organization:') && r.page === word)
  const known = members.find((m) => m.id === word || m.vanity === word || m.id === runs?.member)
  if (known) return known
  if (!WORD.test(word)) throw new Error(`a LinkedIn short name has 2 to 60 letters, digits or -: "${word}"`)
  const n = members.length
  const member: Member = { id: world.id(8), name: word, vanity: word, hue: (n * 47) % 360, restricted: false }
  const page: Page = {
    id: String(30_000_000 + n),
    name: `${word} & Co`,
    vanity: `${word}-co`,
    hue: (n * 83) % 360,
    followers: 100 + n,
  }
  members.push(member)
  pages.push(page)
  roles.push({ member: member.id, page: page.id, role: 'ADMINISTRATOR' })
  world.changed()
  return member
}
