/** What a request is about, for the log: the ids in its address, by noun. Anything else in an address may be a secret. */
import type { FastifyRequest } from 'fastify'

const nouns: Readonly<Record<string, string>> = {
  workspaces: 'workspace',
  posts: 'post',
  publications: 'publication',
  channels: 'channel',
  media: 'media',
}
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** `/workspaces/:ws/posts/:id` -> `{ workspace, post }`. Only values that are ids: they are logged before they are validated. */
export const subjectOf = (request: Pick<FastifyRequest, 'params' | 'routeOptions'>): Record<string, string> => {
  const params = (request.params ?? {}) as Record<string, unknown>
  const subject: Record<string, string> = {}
  for (const [, segment = '', name = ''] of (request.routeOptions.url ?? '').matchAll(/([\w-]+)\/:(\w+)/g)) {
    const noun = nouns[segment]
    const value = params[name]
    if (noun && typeof value === 'string' && uuid.test(value)) subject[noun] = value
  }
  return subject
}
