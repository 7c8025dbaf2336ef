/**
 * What every imitation behind Facebook Login remembers of Meta: the app, people, their Pages (with linked professional
 * accounts), tokens and usage. An imitation keeps it under `meta` in its own state: `World<{ meta: MetaState }>`.
 */
import { avatar } from '#kit/sandbox/avatar.ts'
import type { SandboxAccount, World } from '#kit/sandbox/imitation.ts'
import type { Windows } from '#kit/sandbox/window.ts'

export type Person = { id: string; name: string; hue: number }

/** A professional account linked to a Page. */
export type LinkedAccount = { id: string; username: string; name: string; followers: number }

export type MetaPage = {
  id: string
  name: string
  username: string
  category: string
  hue: number
  followers: number
  /** Person id -> tasks on the Page. */
  tasks: Record<string, string[]>
  /** Held by a business: then it is missing from `/me/accounts`. */
  business?: { id: string; name: string }
  account?: LinkedAccount
}

export type GraphToken = {
  type: 'USER' | 'PAGE'
  person: string
  /** Of a Page token. */
  page: string | null
  /** Pages ticked in the dialog; null = all. */
  pages: string[] | null
  scopes: string[]
  issuedAt: number
  /** Epoch ms; null = never. */
  expiresAt: number | null
  long: boolean
  /** The user token a Page token came from. */
  parent: string | null
  /** Why it is dead, as the subcode of 190: 458 app removed, 460 password, 467 invalid; null = alive. */
  dead: number | null
}

export type Code = {
  person: string
  pages: string[] | null
  redirectUri: string
  scopes: string[]
  madeAt: number
  used: boolean
}

export type MetaState = {
  app: { id: string; secret: string; name: string }
  people: Person[]
  pages: MetaPage[]
  codes: Record<string, Code>
  tokens: Record<string, GraphToken>
  windows: Windows
  lastId: string
}

/** Any imitation that keeps Meta's state. */
export type MetaWorld = World<{ meta: MetaState }>

/** A fresh Meta. Each imitation brings its own app, people and Pages. */
export const metaSeed = (o: Pick<MetaState, 'app' | 'people' | 'pages'>): MetaState => ({
  ...o,
  codes: {},
  tokens: {},
  windows: {},
  lastId: '0',
})

/** Fifteen digits that grow with time and never repeat, as Graph ids look. */
export const nextId = (world: MetaWorld, prefix = ''): string => {
  const { meta } = world.state
  const fresh = BigInt(Math.max(0, world.now() - 1_262_304_000_000)) * 1000n
  const last = BigInt(meta.lastId)
  const id = fresh > last ? fresh : last + 1n
  meta.lastId = id.toString()
  world.changed()
  return `${prefix}${id}`
}

export const pageById = (world: MetaWorld, id: string | undefined): MetaPage | undefined =>
  world.state.meta.pages.find((p) => p.id === id)
export const personById = (world: MetaWorld, id: string | undefined): Person | undefined =>
  world.state.meta.people.find((p) => p.id === id)
export const pagesOf = (world: MetaWorld, person: string): MetaPage[] =>
  world.state.meta.pages.filter((p) => Object.hasOwn(p.tasks, person))

export const pageAccount = (p: MetaPage): SandboxAccount => ({
  id: p.id,
  handle: `@${p.username}`,
  name: p.name,
  avatar: avatar(p.username, p.hue),
})
export const personAccount = (p: Person): SandboxAccount => ({
  id: p.id,
  handle: p.name,
  name: p.name,
  avatar: avatar(p.name, p.hue),
})

export const allTasks = ['ANALYZE', 'ADVERTISE', 'MESSAGING', 'MODERATE', 'CREATE_CONTENT', 'MANAGE']

/**
 * The Page of this id or handle (its linked account's too); none named gives the first. An unknown handle becomes a new
 * Page with a new person, so that a test can have a hundred. `account`: also invents the linked professional account.
 */
export const findOrInventPage = (world: MetaWorld, word?: string, o: { account?: boolean } = {}): MetaPage => {
  const { meta } = world.state
  const name = word?.replace(/^@/, '')
  const known =
    name === undefined
      ? meta.pages[0]
      : meta.pages.find(
          (p) => p.id === name || p.username === name || p.account?.id === name || p.account?.username === name,
        )
  if (known) return known
  if (!/^[\w.]{3,50}$/.test(name!)) throw new Error(`a Page's handle has 3 to 50 letters, digits, dots or _: "${name}"`)
  const person: Person = { id: nextId(world, '10'), name: `Owner of ${name}`, hue: (meta.people.length * 47) % 360 }
  const page: MetaPage = {
    id: nextId(world, '10'),
    name: name!,
    username: name!,
    category: 'Local business',
    hue: (meta.pages.length * 61) % 360,
    followers: 250,
    tasks: { [person.id]: [...allTasks] },
    ...(o.account
      ? { account: { id: nextId(world, '178'), username: name!.toLowerCase(), name: name!, followers: 250 } }
      : {}),
  }
  meta.people.push(person)
  meta.pages.push(page)
  world.changed()
  return page
}
