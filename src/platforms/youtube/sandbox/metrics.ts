/** Numbers that grow with virtual time from the moment a video is seen; the same video always has the same ones. */
import type { Video, YouTubeWorld } from './state.ts'

const hour = 3_600_000
export const dayMs = 24 * hour

/** 0.5 to 1.5, by the id. */
const taste = (v: Video) => 0.5 + ([...v.id].reduce((n, c) => n + c.charCodeAt(0), 0) % 101) / 100

/** Views up to `at`; private ones have none. They come fast at first and level off. */
export const viewsAt = (v: Video, at: number): number => {
  if (v.publicAt === null || v.uploadStatus !== 'processed') return 0
  const hours = Math.max(0, at - v.publicAt) / hour
  return Math.floor(taste(v) * 900 * (1 - Math.exp(-hours / 60)))
}

export const commentsOf = (world: YouTubeWorld, v: Video): number =>
  world.state.comments.filter((c) => c.video === v.id && !c.deleted).length

/** As the API gives them: strings. */
export const countsOf = (world: YouTubeWorld, v: Video) => {
  const views = viewsAt(v, world.now())
  return {
    viewCount: String(views),
    likeCount: String(Math.floor(views / 21)),
    commentCount: String(commentsOf(world, v) + Math.floor(views / 240)),
  }
}
