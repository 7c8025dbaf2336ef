/** What the imitation of YouTube remembers. Plain JSON; the host saves it. */
import { avatar } from '#kit/sandbox/avatar.ts'
import type { SandboxAccount, Secret, World } from '#kit/sandbox/imitation.ts'
import type { PieceUpload } from '#kit/sandbox/uploads.ts'
import { type GoogleState, seedGoogle } from '../../families/google/sandbox/state.ts'

/** A channel, or a Google account without one (`uploads` empty). */
export type Channel = {
  id: string
  title: string
  handle: string
  email: string
  uploads: string
  /** Has it proved a phone number? Then it uploads long videos and sets thumbnails. */
  verified: boolean
  country: string
  hue: number
  subscribers: number
  brand: boolean
}

/** A Video resource as the client may set it. */
export type Meta = {
  snippet: {
    title: string
    description: string
    tags: string[]
    categoryId: string
    defaultLanguage?: string
    defaultAudioLanguage?: string
  }
  status: {
    privacyStatus: string
    publishAt?: string
    license: string
    embeddable: boolean
    publicStatsViewable: boolean
    selfDeclaredMadeForKids?: boolean
    containsSyntheticMedia: boolean
  }
  paid: boolean
}

export type Video = Meta & {
  id: string
  channel: string
  /** Epoch ms of the upload. */
  at: number
  publicAt: number | null
  blob: string
  hash: string
  fileSize: number
  mime: string
  width: number
  height: number
  durationMs: number
  uploadStatus: 'uploaded' | 'processed' | 'failed' | 'rejected'
  failureReason?: string
  rejectionReason?: string
  processedAt: number
  thumbnail: string | null
  captions: { id: string; language: string; name: string; text: string }[]
  notify: boolean
  deleted: boolean
  raw: unknown
}

export type Session = {
  id: string
  channel: string
  meta: Meta
  part: string[]
  notify: boolean
  upload: PieceUpload
  openedAt: number
  /** The finished video. */
  video: string | null
  raw: unknown
}

export type Comment = {
  id: string
  video: string
  channel: string
  text: string
  at: number
  deleted: boolean
  raw: unknown
}

export type Playlist = {
  id: string
  channel: string
  title: string
  privacy: string
  items: { id: string; video: string; at: number }[]
}

export type Subscription = {
  callback: string
  topic: string
  secret: string
  /** Epoch ms. */
  until: number
  state: 'asked' | 'active'
}

export type YouTubeState = {
  google: GoogleState
  channels: Channel[]
  videos: Video[]
  sessions: Record<string, Session>
  comments: Comment[]
  playlists: Playlist[]
  subscriptions: Subscription[]
  /** What will become of the next uploads: a failure or rejection reason. */
  doom: string[]
  /** Feed events that wait for the next tick. */
  news: { channel: string; video: string; deleted: boolean; at: number }[]
}

export type YouTubeWorld = World<YouTubeState>

const channel = (
  id: string,
  title: string,
  handle: string,
  o: Partial<Channel> & Pick<Channel, 'hue' | 'subscribers'>,
): Channel => ({
  id: `UC${id}`,
  title,
  handle,
  email: `${handle.slice(1)}@gmail.example`,
  uploads: `UU${id}`,
  verified: true,
  country: 'US',
  brand: false,
  ...o,
})

export const seed = (secret: Secret): YouTubeState => ({
  google: seedGoogle('youtube', secret),
  channels: [
    channel('kS9bRtQ2mVx7LwZp4HnJdA', 'Marta Bakes', '@martabakes', { hue: 28, subscribers: 12_834 }),
    channel('h4rBoR7qWc2EvNfT8yKsLg', 'Harbor Field Notes', '@harborfieldnotes', {
      hue: 205,
      subscribers: 871,
      verified: false,
      brand: true,
      country: 'PL',
    }),
    {
      ...channel('', 'Teodor (no channel)', '@teo', { hue: 130, subscribers: 0 }),
      id: '108234567890123456789',
      handle: 'teo@gmail.example',
      uploads: '',
    },
  ],
  videos: [],
  sessions: {},
  comments: [],
  playlists: [
    {
      id: 'PLmB4k1ngBas1cs0000000000000000001',
      channel: 'UCkS9bRtQ2mVx7LwZp4HnJdA',
      title: 'Baking basics',
      privacy: 'public',
      items: [],
    },
    {
      id: 'PLmB4k1ngSund4y0000000000000000002',
      channel: 'UCkS9bRtQ2mVx7LwZp4HnJdA',
      title: 'Sundays',
      privacy: 'unlisted',
      items: [],
    },
    {
      id: 'PLh4rBoRBirds00000000000000000003',
      channel: 'UCh4rBoR7qWc2EvNfT8yKsLg',
      title: 'Birds',
      privacy: 'public',
      items: [],
    },
  ],
  subscriptions: [],
  doom: [],
  news: [],
})

export const avatarOf = (c: Channel): string => avatar(c.handle, c.hue)

export const accountOf = (c: Channel): SandboxAccount => ({
  id: c.id,
  handle: c.handle,
  name: c.brand ? `${c.title} (brand account)` : c.title,
  avatar: avatarOf(c),
})

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
export const videoId = (world: YouTubeWorld): string => world.id(11, letters)

/** A channel by id or handle; one nobody knows is invented, so that a test can have a hundred. */
export const findOrInvent = (world: YouTubeWorld, account?: string): Channel => {
  const { channels, playlists } = world.state
  if (account === undefined) return channels[0]!
  const known = channels.find((c) => c.id === account || c.handle === account || c.handle === `@${account}`)
  if (known) return known
  const name = account.replace(/[^\w-]/g, '').slice(0, 22) || 'someone'
  const made = channel(world.id(22, letters), `Channel ${name}`, `@${name.toLowerCase()}`, {
    hue: (channels.length * 47) % 360,
    subscribers: 100 + channels.length,
  })
  // Known again under the id it was asked for.
  if (/^UC[\w-]{22}$/.test(account)) Object.assign(made, { id: account, uploads: `UU${account.slice(2)}` })
  channels.push(made)
  playlists.push({
    id: `PL${world.id(32, letters)}`,
    channel: made.id,
    title: 'Favourites',
    privacy: 'public',
    items: [],
  })
  world.changed()
  return made
}

export const liveVideo = (world: YouTubeWorld, id: string): Video | undefined =>
  world.state.videos.find((v) => v.id === id && !v.deleted)

/** Public, and through with its processing. */
export const isPublic = (v: Video): boolean =>
  !v.deleted && v.status.privacyStatus === 'public' && v.uploadStatus !== 'failed' && v.uploadStatus !== 'rejected'
