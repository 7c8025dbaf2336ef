/** What the imitation of Facebook Pages remembers. Plain JSON; the host saves it. */
import type { Secret, World } from '#kit/sandbox/imitation.ts'
import type { PieceUpload } from '#kit/sandbox/uploads.ts'
import { allTasks, type MetaState, metaSeed } from '../../families/meta/sandbox/state.ts'

export type Photo = {
  id: string
  page: string
  key: string
  mime: string
  alt: string
  at: number
  temporary: boolean
  /** The post or story that uses it. */
  post: string | null
  deleted: boolean
}

export type Visibility = 'published' | 'scheduled' | 'draft'

export type Video = {
  id: string
  page: string
  edge: 'videos' | 'video_reels' | 'video_stories'
  /** Of a chunked upload. */
  session: string | null
  upload: PieceUpload
  file: { key: string; mime: string; width?: number; height?: number; ms?: number; fps?: number; codec?: string } | null
  thumb: string | null
  want: { state: Visibility; due: number | null; description: string; title: string; raw: unknown } | null
  finishedAt: number | null
  readyAt: number | null
  error: { code: number; message: string } | null
  post: string | null
  /** A story's id is told when its last phase is taken (§3.6), before there is a post. */
  promised?: string
  at: number
  deleted: boolean
}

export type Post = {
  /** `<page>_<number>`; of a story only the number. */
  id: string
  page: string
  kind: 'post' | 'video' | 'reel' | 'story'
  message: string
  link: string | null
  photos: string[]
  video: string | null
  state: Visibility
  /** When Facebook publishes it by itself. */
  due: number | null
  at: number
  app: string
  deleted: boolean
  raw: unknown
}

export type Comment = {
  id: string
  post: string
  /** Page id, or a stranger's name. */
  from: { id: string; name: string }
  message: string
  at: number
  deleted: boolean
}

export type FbState = {
  meta: MetaState
  photos: Record<string, Photo>
  videos: Record<string, Video>
  posts: Post[]
  comments: Comment[]
  /** Page id -> webhook fields. */
  subscribed: Record<string, string[]>
}

export type FbWorld = World<FbState>

const marta = '100000000000101'
const teo = '100000000000202'

export const seed = (secret: Secret): FbState => ({
  meta: metaSeed({
    app: { id: '760000000000101', secret: secret(32), name: 'Clarion' },
    people: [
      { id: marta, name: 'Marta Lindqvist', hue: 28 },
      { id: teo, name: 'Teodor Wiśniewski', hue: 130 },
    ],
    pages: [
      {
        id: '100000000001001',
        name: 'Lindqvist Bakery',
        username: 'lindqvistbakery',
        category: 'Bakery',
        hue: 28,
        followers: 1840,
        tasks: { [marta]: [...allTasks] },
      },
      {
        id: '100000000001002',
        name: 'Harbor Field Notes',
        username: 'harborfieldnotes',
        category: 'Media',
        hue: 205,
        followers: 52_300,
        tasks: { [marta]: ['ANALYZE', 'MODERATE', 'CREATE_CONTENT'], [teo]: ['ANALYZE'] },
      },
      {
        id: '100000000001003',
        name: 'Teo’s Plants',
        username: 'teosplants',
        category: 'Garden centre',
        hue: 130,
        followers: 460,
        tasks: { [teo]: [...allTasks] },
        business: { id: '100000000009001', name: 'Wiśniewski i Syn' },
      },
    ],
  }),
  photos: {},
  videos: {},
  posts: [],
  comments: [],
  subscribed: {},
})

export const postOf = (world: FbWorld, id: string | undefined): Post | undefined =>
  world.state.posts.find((p) => p.id === id && !p.deleted)
export const commentOf = (world: FbWorld, id: string | undefined): Comment | undefined =>
  world.state.comments.find((c) => c.id === id && !c.deleted)
export const photoOf = (world: FbWorld, id: string | undefined): Photo | undefined => {
  const p = id !== undefined && Object.hasOwn(world.state.photos, id) ? world.state.photos[id] : undefined
  return p?.deleted ? undefined : p
}
export const videoById = (world: FbWorld, id: string | undefined): Video | undefined => {
  const v = id !== undefined && Object.hasOwn(world.state.videos, id) ? world.state.videos[id] : undefined
  return v?.deleted ? undefined : v
}

/** `2026-11-22T10:00:00+0000`, as Graph writes times. */
export const graphTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}+0000`
