/** What the imitation of Business Profile remembers. Plain JSON; the host saves it. */
import { avatar } from '#kit/sandbox/avatar.ts'
import type { SandboxAccount, Secret, World } from '#kit/sandbox/imitation.ts'
import { type GoogleState, seedGoogle } from '../../families/google/sandbox/state.ts'

/** A Google account: who signs in. */
export type Person = { sub: string; name: string; email: string; hue: number }

/** What holds locations: a person's own account, or a group several people manage. `roles`: by person. */
export type Holder = {
  id: string
  name: string
  type: 'PERSONAL' | 'LOCATION_GROUP' | 'ORGANIZATION'
  roles: Record<string, 'PRIMARY_OWNER' | 'OWNER' | 'MANAGER'>
}

export type Place = {
  id: string
  /** Under every one of these it is listed. */
  holders: string[]
  title: string
  street: string
  locality: string
  region: string
  website?: string
  phone?: string
  category: { name: string; displayName: string }
  /** `yes`: its posts are shown. */
  voice: 'yes' | 'verify' | 'wait' | 'ownership' | 'suspended'
  hue: number
}

/** A post as the client may set it. */
export type Fields = {
  languageCode?: string
  summary: string
  topicType: string
  callToAction?: { actionType: string; url?: string }
  event?: Record<string, unknown> & { title: string }
  offer?: Record<string, string>
  scheduledTime?: string
}

export type Post = Fields & {
  id: string
  holder: string
  place: string
  /** Epoch ms. */
  at: number
  updatedAt: number
  photos: { id: string; blob: string; mime: string }[]
  fate: 'live' | 'rejected'
  /** When Google has made up its mind (epoch ms). */
  decidedAt: number
  deleted: boolean
  raw: unknown
}

export type GbpState = {
  google: GoogleState
  people: Person[]
  holders: Holder[]
  places: Place[]
  posts: Post[]
  /** What becomes of the next posts: `reject` at once, `reject-later` after a while. */
  doom: string[]
  /** APIs the project has not switched on. */
  off: string[]
}

export type GbpWorld = World<GbpState>

const bakery = { name: 'categories/gcid:bakery', displayName: 'Bakery' }

export const seed = (secret: Secret): GbpState => ({
  google: seedGoogle('business', secret),
  people: [
    { sub: '108200000000000000001', name: 'Marta Kowal', email: 'marta.bakes@gmail.example', hue: 28 },
    { sub: '108200000000000000002', name: 'Teodor Lis', email: 'teo.lis@gmail.example', hue: 130 },
  ],
  holders: [
    {
      id: '106100000000000000011',
      name: 'Marta Kowal',
      type: 'PERSONAL',
      roles: { '108200000000000000001': 'PRIMARY_OWNER' },
    },
    {
      id: '106100000000000000012',
      name: 'Rose Hill Group',
      type: 'LOCATION_GROUP',
      roles: { '108200000000000000001': 'MANAGER' },
    },
    {
      id: '106100000000000000013',
      name: 'Teodor Lis',
      type: 'PERSONAL',
      roles: { '108200000000000000002': 'PRIMARY_OWNER' },
    },
  ],
  places: [
    {
      id: '1220000000000000101',
      holders: ['106100000000000000011', '106100000000000000012'],
      title: 'Rose Hill Bakery',
      street: '12 Quay Street',
      locality: 'Harbor',
      region: 'US',
      website: 'https://rosehill.example/',
      phone: '(555) 010-0199',
      category: bakery,
      voice: 'yes',
      hue: 18,
    },
    {
      id: '1220000000000000102',
      holders: ['106100000000000000012'],
      title: 'Rose Hill Bakery',
      street: '3 Mill Lane',
      locality: 'Uptown',
      region: 'US',
      category: bakery,
      voice: 'yes',
      hue: 46,
    },
    {
      id: '1220000000000000103',
      holders: ['106100000000000000012'],
      title: 'Rose Hill Rooms',
      street: '14 Quay Street',
      locality: 'Harbor',
      region: 'US',
      website: 'https://rooms.rosehill.example/',
      phone: '(555) 010-0142',
      category: { name: 'categories/gcid:hotel', displayName: 'Hotel' },
      voice: 'yes',
      hue: 210,
    },
    {
      id: '1220000000000000104',
      holders: ['106100000000000000012'],
      title: 'Rose Hill Popup',
      street: '1 Fair Ground',
      locality: 'Uptown',
      region: 'US',
      category: bakery,
      voice: 'verify',
      hue: 300,
    },
    {
      id: '1220000000000000105',
      holders: ['106100000000000000012'],
      title: 'Rose Hill Van',
      street: '',
      locality: 'Harbor',
      region: 'US',
      category: bakery,
      voice: 'suspended',
      hue: 340,
    },
  ],
  posts: [],
  doom: [],
  off: [],
})

export const pictureOf = (p: Place): string => avatar(`${p.title} ${p.street}`, p.hue)

export const personAccount = (p: Person): SandboxAccount => ({
  id: p.sub,
  handle: p.email,
  name: p.name,
  avatar: avatar(p.email, p.hue),
})

export const placeAccount = (p: Place): SandboxAccount => ({
  id: p.id,
  handle: [p.street, p.locality].filter(Boolean).join(', '),
  name: p.title,
  avatar: pictureOf(p),
})

const digits = '0123456789'
export const number = (world: GbpWorld, length: number): string =>
  world.id(1, digits.slice(1)) + world.id(length - 1, digits)

export const holdersOf = (world: GbpWorld, sub: string): Holder[] =>
  world.state.holders.filter((h) => h.roles[sub] !== undefined)

/** Who manages a place: the first person of its first account. */
const managerOf = (world: GbpWorld, place: Place): Person | undefined => {
  const holder = world.state.holders.find((h) => place.holders.includes(h.id))
  return world.state.people.find((p) => holder?.roles[p.sub] !== undefined)
}

/** A person by sub, e-mail or a place of theirs; one nobody knows is invented together with a place. */
export const findOrInvent = (world: GbpWorld, account?: string): Person => {
  const { people, holders, places } = world.state
  if (account === undefined) return people[0]!
  const known = people.find((p) => p.sub === account || p.email === account)
  const place = places.find((p) => p.id === account)
  const manager = place && managerOf(world, place)
  if (known ?? manager) return (known ?? manager)!
  const name = account.replace(/[^\w-]/g, '').slice(0, 22) || 'someone'
  const hue = (people.length * 47) % 360
  const person = { sub: number(world, 21), name: `Owner ${name}`, email: account, hue }
  const holder: Holder = {
    id: number(world, 21),
    name: person.name,
    type: 'PERSONAL',
    roles: { [person.sub]: 'PRIMARY_OWNER' },
  }
  people.push(person)
  holders.push(holder)
  places.push({
    id: number(world, 19),
    holders: [holder.id],
    title: `Shop of ${name}`,
    street: `${people.length} High Street`,
    locality: 'Newtown',
    region: 'US',
    category: bakery,
    voice: 'yes',
    hue,
  })
  world.changed()
  return person
}

/** Live, rejected, still being checked, or waiting for its time. */
export const stateOf = (world: GbpWorld, p: Post): string => {
  if (world.now() < p.decidedAt) return 'PROCESSING'
  if (p.fate === 'rejected') return 'REJECTED'
  if (p.scheduledTime && Date.parse(p.scheduledTime) > world.now()) return 'SCHEDULED'
  return p.event?.recurrenceInfo ? 'RECURRING' : 'LIVE'
}

export const nameOf = (p: Post): string => `accounts/${p.holder}/locations/${p.place}/localPosts/${p.id}`
