/** Doors of media: the contract's, the bytes for our own pages, and the signed door for networks that pull. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { id } from '#contract/common.ts'
import { mediaPatch } from '#contract/media.ts'
import { Problem } from '#contract/problems.ts'
import type { Media } from '#planner/media/service.ts'
import type { Authorize } from '../access.ts'
import type { Bind } from '../bind.ts'
import { uploadPolicy } from '../security.ts'

export type MediaDeps = { media: Media; authorize: Authorize }

/** What people uploaded leaves with its true type, never as a page that runs. */
const sendFile = (reply: FastifyReply, file: { mime: string; bytes: Buffer }, cache: string) =>
  reply
    .type(file.mime)
    .header('x-content-type-options', 'nosniff')
    .header('content-disposition', 'inline')
    .header('content-security-policy', uploadPolicy)
    .header('cache-control', cache)
    .send(file.bytes)

export const registerMedia = (bind: Bind, app: FastifyInstance, { media, authorize }: MediaDeps): void => {
  bind('mediaList', ({ query }, ctx) => media.list(ctx.ws!.id, query))
  bind('mediaUpload', (_input, ctx) => {
    const { bytes, name, mime, fields } = ctx.upload!
    const alt = mediaPatch.safeParse({ alt: fields.alt ?? '' })
    if (!alt.success)
      throw new Problem('validation', undefined, {
        errors: alt.error.issues.map((i) => ({ path: i.path.join('.'), message: i.message })),
      })
    return media.upload({ ws: ctx.ws!.id, userId: ctx.userId!, bytes, name, declared: mime, alt: alt.data.alt })
  })
  bind('mediaImport', ({ body }, ctx) =>
    media.importFrom({ ws: ctx.ws!.id, userId: ctx.userId!, url: new URL(body.url), alt: body.alt }),
  )
  bind('mediaGet', ({ params }, ctx) => media.get(ctx.ws!.id, params.id))
  bind('mediaPatch', ({ params, body }, ctx) => media.describe(ctx.ws!.id, params.id, body.alt))
  bind('mediaRemove', async ({ params }, ctx) => {
    await media.remove(ctx.ws!.id, params.id)
    return { ok: true as const }
  })

  const access = { role: 'viewer', scope: 'read' } as const
  for (const what of ['content', 'thumb'] as const)
    app.get(`/api/v1/workspaces/:ws/media/:id/${what}`, {
      config: { name: `media.${what}` },
      schema: {
        operationId: `media${what === 'content' ? 'Content' : 'Thumb'}`,
        summary: what === 'content' ? 'The picture as it was uploaded' : 'A small copy of the picture',
        tags: ['media'],
        security: [{ session: [] }, { apiKey: [] }],
        params: z.object({ ws: id, id }),
      },
      onRequest: async (request) => {
        request.caller = await authorize(request, access)
      },
      handler: async (request, reply) => {
        const { id: mediaId } = request.params as { id: string }
        // The bytes of an id never change; the browser may keep them for this person only.
        return sendFile(
          reply,
          await media[what](request.caller.ws!.id, mediaId),
          'private, max-age=31536000, immutable',
        )
      },
    })

  app.get('/media/:id/:profile', {
    config: { name: 'media.signed' },
    schema: {
      hide: true,
      params: z.object({ id, profile: z.string().max(200) }),
      querystring: z.object({ exp: z.string().max(20), sig: z.string().max(100) }),
    },
    handler: async (request, reply) => {
      const { id: mediaId, profile } = request.params as { id: string; profile: string }
      const { exp, sig } = request.query as { exp: string; sig: string }
      reply.header('cross-origin-resource-policy', 'cross-origin')
      return sendFile(reply, await media.openSigned({ mediaId, profile, exp, sig }), 'private, max-age=3600')
    },
  })
}
