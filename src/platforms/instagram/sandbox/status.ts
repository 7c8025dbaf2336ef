/** What a container says of itself (§3.1). All of it follows from its times. */
import { containerLifeMs } from './numbers.ts'
import type { Container, IgWorld } from './state.ts'

export type Status = 'IN_PROGRESS' | 'FINISHED' | 'PUBLISHED' | 'ERROR' | 'EXPIRED'

export const statusOf = (world: IgWorld, c: Container): Status => {
  if (c.publishedAs !== null) return 'PUBLISHED'
  if (c.madeAt + containerLifeMs <= world.now()) return 'EXPIRED'
  if (c.readyAt === null || c.readyAt > world.now()) return 'IN_PROGRESS'
  return c.error === null ? 'FINISHED' : 'ERROR'
}

const said: Record<Exclude<Status, 'ERROR'>, string> = {
  IN_PROGRESS: 'In Progress: Media is still being processed.',
  FINISHED: 'Finished: Media has been uploaded and it is ready to be published.',
  PUBLISHED: 'Published: Media has been successfully published.',
  EXPIRED: 'Expired: Container expired.',
}

/** The node, with `video_status` of a resumable upload. */
export const containerNode = (world: IgWorld, c: Container): Record<string, unknown> => {
  const status_code = statusOf(world, c)
  const phase = c.readyAt === null ? 'not_started' : status_code === 'IN_PROGRESS' ? 'in_progress' : 'complete'
  return {
    id: c.id,
    status_code,
    status: status_code === 'ERROR' ? `Error: Media upload has failed with error code ${c.error}` : said[status_code],
    copyright_check_status: { status: 'completed', matches_found: false },
    video_status: c.upload
      ? {
          uploading_phase: {
            status: c.readyAt === null ? 'in_progress' : 'complete',
            bytes_transferred: c.upload.received,
            source_file_size: c.upload.size ?? 0,
          },
          processing_phase: { status: phase },
        }
      : undefined,
  }
}
