/** What a container says of itself (§3.2). All of it follows from its times. */
import { containerLifeMs } from './numbers.ts'
import type { Container, ThWorld } from './state.ts'

export type Status = 'IN_PROGRESS' | 'FINISHED' | 'PUBLISHED' | 'ERROR' | 'EXPIRED'

export const statusOf = (world: ThWorld, c: Container): Status => {
  if (c.publishedAs !== null) return 'PUBLISHED'
  if (c.madeAt + containerLifeMs <= world.now()) return 'EXPIRED'
  if (c.readyAt > world.now()) return 'IN_PROGRESS'
  return c.error === null ? 'FINISHED' : 'ERROR'
}

/** The node. Posts have no status: asking them for it is refused, as on Threads. */
export const containerNode = (world: ThWorld, c: Container): Record<string, unknown> => {
  const status = statusOf(world, c)
  return { id: c.id, status, error_message: status === 'ERROR' ? c.error : undefined }
}
