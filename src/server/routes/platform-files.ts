/** Documents of platforms that networks fetch from us, such as an OAuth client's metadata. Public and the same for all. */
import type { FastifyInstance } from 'fastify'
import { Problem } from '#contract/problems.ts'
import type { Platform } from '#kit/client/platform.ts'
import type { Credentials } from '#planner/channels/credentials.ts'

export type PlatformFilesDeps = {
  platforms: ReadonlyMap<string, Platform>
  credentials: Pick<Credentials, 'all'>
  publicUrl: string
}

export const registerPlatformFiles = (app: FastifyInstance, o: PlatformFilesDeps): void => {
  app.get('/oauth/:platform/:file', { schema: { hide: true } }, (request, reply) => {
    const { platform, file } = request.params as { platform: string; file: string }
    const files = o.platforms.get(platform)?.files?.({ publicUrl: o.publicUrl }) ?? {}
    if (!Object.hasOwn(files, file)) throw new Problem('not-found')
    return reply.header('cache-control', 'public, max-age=300').send(files[file])
  })

  /** What an app has that is not set up is nothing, not an error of whoever asks. */
  const proofsOf = async (p: Platform): Promise<Record<string, string>> => {
    if (!p.proofs) return {}
    try {
      const { proofs } = p
      // Every app proves its own hold of this address.
      return Object.assign({}, ...(await o.credentials.all(p.spec.id, 'live')).map((c) => proofs(c)))
    } catch (error) {
      if (error instanceof Problem) return {}
      throw error
    }
  }

  app.get('/:proof(^[\\w-]{1,100}\\.txt$)', { schema: { hide: true } }, async (request, reply) => {
    const { proof } = request.params as { proof: string }
    for (const p of o.platforms.values()) {
      const proofs = await proofsOf(p)
      if (Object.hasOwn(proofs, proof))
        return reply.type('text/plain; charset=utf-8').header('cache-control', 'no-store').send(proofs[proof])
    }
    throw new Problem('not-found')
  })
}
