/** Documents of platforms that networks fetch from us, such as an OAuth client's metadata. Public and the same for all. */
import type { FastifyInstance } from 'fastify'
import { Problem } from '#contract/problems.ts'
import type { Platform } from '#kit/client/platform.ts'

export const registerPlatformFiles = (
  app: FastifyInstance,
  o: { platforms: ReadonlyMap<string, Platform>; publicUrl: string },
): void => {
  app.get('/oauth/:platform/:file', { schema: { hide: true } }, (request, reply) => {
    const { platform, file } = request.params as { platform: string; file: string }
    const files = o.platforms.get(platform)?.files?.({ publicUrl: o.publicUrl }) ?? {}
    if (!Object.hasOwn(files, file)) throw new Problem('not-found')
    return reply.header('cache-control', 'public, max-age=300').send(files[file])
  })
}
