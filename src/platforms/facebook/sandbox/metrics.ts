/** How often things were seen: numbers that grow with the virtual clock, the same for the same moment. */
import { pageById } from '../../families/meta/sandbox/state.ts'
import type { FbWorld, Post } from './state.ts'

const HOUR = 3_600_000

/** Between 0.5 and 1.5, by the id. */
const luck = (id: string): number => {
  let n = 7
  for (const ch of id) n = (n * 31 + ch.charCodeAt(0)) % 1000
  return 0.5 + n / 1000
}

export type PostNumbers = {
  views: number
  unique: number
  clicks: number
  reactions: number
  comments: number
  shares: number
}

/** Most of it comes on the first day. */
export const numbersOf = (world: FbWorld, p: Post): PostNumbers => {
  const hours = p.state === 'published' ? Math.max(0, world.now() - p.at) / HOUR : 0
  const followers = pageById(world, p.page)?.followers ?? 100
  const views = Math.floor(followers * 0.6 * luck(p.id) * (1 - 0.5 ** (hours / 12)))
  return {
    views,
    unique: Math.floor(views * 0.8),
    clicks: Math.floor(views * 0.04),
    reactions: Math.floor(views * 0.05),
    comments: 0,
    shares: Math.floor(views * 0.01),
  }
}
