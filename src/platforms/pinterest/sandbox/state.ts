/** What the imitation of Pinterest remembers. Plain JSON; the host saves it. */
import { avatar } from '#kit/sandbox/avatar.ts'
import type { SandboxAccount, Secret, World } from '#kit/sandbox/imitation.ts'
import type { TokenState } from '#kit/sandbox/tokens.ts'
import type { Windows } from '#kit/sandbox/window.ts'

/** Two worlds of one company: pins, boards and tokens of one mean nothing to the other. */
export type Environment = 'production' | 'sandbox'

export type User = { id: string; username: string; business: string | null; hue: number; followers: number }

export type Board = {
  id: string
  owner: string
  environment: Environment
  name: string
  privacy: 'PUBLIC' | 'PROTECTED' | 'SECRET'
  adsOnly: boolean
  sections: { id: string; name: string }[]
}

export type Code = { user: string; redirectUri: string; scopes: string[]; madeAt: number; used: boolean }

export type Media = {
  id: string
  owner: string
  environment: Environment
  /** What the form must bring back, field by field. */
  form: Record<string, string>
  madeAt: number
  uploadedAt: number | null
  blob: string | null
  bytes: number
  width: number | null
  height: number | null
  durationMs: number | null
  /** Why processing ends badly; null: it ends well. */
  wrong: string | null
}

export type Item = {
  blob: string
  mime: string
  width: number
  height: number
  title: string | null
  description: string | null
  link: string | null
}

export type Pin = {
  id: string
  owner: string
  environment: Environment
  boardId: string
  sectionId: string | null
  title: string | null
  description: string | null
  link: string | null
  alt: string | null
  dominantColor: string | null
  kind: 'image' | 'multiple_images' | 'video'
  /** Pictures; of a video its cover, when it has one of its own. */
  items: Item[]
  mediaId: string | null
  at: number
  deleted: boolean
  /** As sent, pictures left out. */
  raw: unknown
}

export type PinterestState = {
  app: { clientId: string; clientSecret: string }
  users: User[]
  boards: Board[]
  codes: Record<string, Code>
  tokens: TokenState
  media: Record<string, Media>
  pins: Pin[]
  windows: Windows
  lastId: string
}

export type PinterestWorld = World<PinterestState>

const boardsOf = (owner: string, environment: Environment, from: number, names: readonly string[]): Board[] =>
  names.map((name, i) => ({
    id: String(549_755_000_000_000_000n + BigInt(from + i * 10)),
    owner,
    environment,
    name,
    privacy: 'PUBLIC' as const,
    adsOnly: false,
    sections:
      i === 0
        ? ['Everyday loaves', 'Feasts'].map((s, n) => ({
            id: String(549_756_000_000_000_000n + BigInt(from + n)),
            name: s,
          }))
        : [],
  }))

export const seed = (secret: Secret): PinterestState => ({
  app: { clientId: '1487305', clientSecret: secret(40) },
  users: [
    { id: '549755813600000101', username: 'rosehillbakery', business: 'Rose Hill Bakery', hue: 352, followers: 1840 },
    { id: '549755813600000202', username: 'teo_makes', business: null, hue: 140, followers: 73 },
  ],
  boards: [
    ...boardsOf('549755813600000101', 'production', 1000, ['Bread and rolls', 'The shop', 'Seasons']),
    {
      ...boardsOf('549755813600000101', 'production', 1500, ['Ad-only Pins'])[0]!,
      adsOnly: true,
      privacy: 'PROTECTED',
      sections: [],
    },
    { ...boardsOf('549755813600000101', 'production', 1600, ['Next year'])[0]!, privacy: 'SECRET', sections: [] },
    ...boardsOf('549755813600000101', 'sandbox', 2000, ['Test board']),
    ...boardsOf('549755813600000202', 'production', 3000, ['Wood']),
    ...boardsOf('549755813600000202', 'sandbox', 4000, ['Test board']),
  ],
  codes: {},
  tokens: {},
  media: {},
  pins: [],
  windows: {},
  lastId: '0',
})

export const accountOf = (u: User): SandboxAccount => ({
  id: u.id,
  handle: `@${u.username}`,
  name: u.business ?? u.username,
  avatar: avatar(u.username, u.hue),
})

/** Sorts by time, never repeats: 18 digits, as pins have. */
export const nextId = (world: PinterestWorld): string => {
  const fresh = BigInt(Math.max(0, world.now())) * 100_000n + 600_000_000_000_000_000n
  const last = BigInt(world.state.lastId)
  const id = (fresh > last ? fresh : last + 1n).toString()
  world.state.lastId = id
  return id
}

/** The user of this id or name; an unknown name becomes a new business account with one board on either side. */
export const findOrInvent = (world: PinterestWorld, account?: string): User => {
  const word = account?.replace(/^@/, '')
  const known =
    word === undefined ? world.state.users[0] : world.state.users.find((u) => u.id === word || u.username === word)
  if (known) return known
  if (!/^\w{3,30}$/.test(word!)) throw new Error(`a Pinterest user name has 3 to 30 letters, digits or _: "${word}"`)
  const user: User = {
    id: nextId(world),
    username: word!,
    business: word!,
    hue: (world.state.users.length * 53) % 360,
    followers: 10,
  }
  world.state.users.push(user)
  const from = 10_000 + world.state.users.length * 100
  world.state.boards.push(
    ...boardsOf(user.id, 'production', from, ['Board']),
    ...boardsOf(user.id, 'sandbox', from + 50, ['Test board']),
  )
  world.changed()
  return user
}
