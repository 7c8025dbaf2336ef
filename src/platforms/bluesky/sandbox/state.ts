/** What the imitation of Bluesky remembers. Plain JSON; the host saves it. */
import { createHash } from 'node:crypto'
import { avatar } from '#kit/sandbox/avatar.ts'
import type { SandboxAccount, World } from '#kit/sandbox/imitation.ts'
import type { TokenState } from '#kit/sandbox/tokens.ts'
import type { Windows } from '#kit/sandbox/window.ts'

export type Account = {
  did: string
  handle: string
  name: string
  bio: string
  hue: number
  /** The account's own password; app passwords are apart. */
  password: string
  appPasswords: { name: string; password: string }[]
  /** null = active. */
  status: null | 'takendown' | 'suspended' | 'deactivated'
}

export type StoredRecord = {
  did: string
  collection: string
  rkey: string
  cid: string
  value: Record<string, unknown>
  at: number
}

/** One appearance of a post: an entry per creation, so that a second one shows. */
export type Appeared = { uri: string; did: string; value: Record<string, unknown>; at: number; deleted: boolean }

/** A video the service is encoding. */
export type VideoJob = { id: string; did: string; cid: string; madeAt: number; readyAt: number; problem: string | null }

/** An authorization request that was pushed; `code` once somebody allowed it. */
export type Pushed = {
  client: string
  redirectUri: string
  scopes: string[]
  state: string
  challenge: string
  jkt: string
  madeAt: number
  account: string | null
  code: string | null
}

export type BskyState = {
  jobs: Record<string, VideoJob>
  pushed: Record<string, Pushed>
  /** Token -> thumbprint of the key it is bound to. */
  keys: Record<string, string>
  /** Ids of proofs already seen. */
  proofs: string[]
  accounts: Account[]
  tokens: TokenState
  /** CID -> stored blob and who uploaded it. */
  blobs: Record<string, { key: string; mime: string; size: number; owners: string[] }>
  /** AT-URI -> record. */
  records: Record<string, StoredRecord>
  appeared: Appeared[]
  windows: Windows
  /** Running number behind revs and TIDs. */
  step: number
}

export type BskyWorld = World<BskyState>

const plc = (handle: string) => `did:plc:${base32(createHash('sha256').update(handle).digest()).slice(0, 24)}`
const base32 = (b: Buffer) => [...b].map((x) => 'abcdefghijklmnopqrstuvwxyz234567'[x & 31]).join('')

const account = (handle: string, name: string, bio: string, hue: number, appPassword: string): Account => ({
  did: plc(handle),
  handle,
  name,
  bio,
  hue,
  password: 'sandbox-password',
  appPasswords: [{ name: 'sandbox', password: appPassword }],
  status: null,
})

export const seed = (): BskyState => ({
  accounts: [
    account('lena.bsky.social', 'Lena Okafor', 'Ceramics, kiln diaries, one cat.', 262, 'sand-lena-kiln-blue'),
    account('northwind.bsky.social', 'Northwind Bikes', 'A repair shop by the canal.', 165, 'sand-nort-bike-mint'),
    account('pietr.bsky.social', 'Pietr Vandamme', 'Maps and trains.', 12, 'sand-piet-maps-rust'),
  ],
  jobs: {},
  pushed: {},
  keys: {},
  proofs: [],
  tokens: {},
  blobs: {},
  records: {},
  appeared: [],
  windows: {},
  step: 0,
})

export const avatarOf = (a: Account): string => avatar(a.handle, a.hue)
export const accountOf = (a: Account): SandboxAccount => ({
  id: a.did,
  handle: `@${a.handle}`,
  name: a.name,
  avatar: avatarOf(a),
})

/** By DID, handle (with or without @) or email. */
export const find = (world: BskyWorld, who: string): Account | undefined => {
  const word = who.replace(/^@/, '').toLowerCase()
  return world.state.accounts.find((a) => a.did === who || a.handle === word || emailOf(a) === word)
}

export const emailOf = (a: Account): string => `${a.handle.split('.')[0]}@mail.example`

const LOWER = 'abcdefghijklmnopqrstuvwxyz234567'

/** An app password in the shape the network gives. */
export const newAppPassword = (world: BskyWorld, a: Account, name: string): string => {
  const password = Array.from({ length: 4 }, () => world.id(4, LOWER)).join('-')
  a.appPasswords.push({ name, password })
  // Only the last few matter; a long test run would pile them up.
  if (a.appPasswords.length > 50) a.appPasswords.splice(1, a.appPasswords.length - 50)
  world.changed()
  return password
}

/** The account of this DID or handle; an unknown handle becomes a new account. */
export const findOrInvent = (world: BskyWorld, who?: string): Account => {
  const known = who === undefined ? world.state.accounts[0] : find(world, who)
  if (known) return known
  const word = who!.replace(/^@/, '').toLowerCase()
  const handle = word.includes('.') ? word : `${word.replaceAll('_', '-')}.bsky.social`
  const again = find(world, handle)
  if (again) return again
  if (!/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]+$/.test(handle)) throw new Error(`not a handle: "${who}"`)
  const made = account(handle, word, '', (world.state.accounts.length * 53) % 360, 'sand-made-upon-need')
  world.state.accounts.push(made)
  world.changed()
  return made
}
