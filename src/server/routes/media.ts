/** Doors of media: the contract's, the bytes for our own pages, and the signed door for networks that pull. */
import type { FastifyInstance, RouteOptions } from 'fastify'
import { z } from 'zod'
import { id } from '#contract/common.ts'
import { rawRoutes } from '#contract/routes.ts'
import type { Media } from '#planner/media/service.ts'
import type { Authorize } from '../access.ts'
import type { Bind } from '../bind.ts'
import { sendFile } from '../send-file.ts'

export type MediaDeps = { media: Media; authorize: Authorize }

export const registerMedia = (bind: Bind, app: FastifyInstance, { media, authorize }: MediaDeps): void => {
  bind('mediaList', ({ query }, ctx) => media.list(ctx.ws!.id, query))
  bind('mediaUpload', (_input, ctx) => {
    const { received, name, fields } = ctx.upload!
    return media.keep(received, { ws: ctx.ws!.id, userId: ctx.userId! }, { name, alt: fields.alt ?? '' })
  })
  bind('mediaImport', ({ body }, ctx) =>
    media.importFrom({ ws: ctx.ws!.id, userId: ctx.userId!, url: new URL(body.url), alt: body.alt }),
  )
  bind('mediaGet', ({ params }, ctx) => media.get(ctx.ws!.id, params.id))
  bind('mediaPatch', ({ params, body }, ctx) => media.describe(ctx.ws!.id, params.id, body.alt, ctx.ws!, ctx.ifMatch))
  bind('mediaRemove', async ({ params }, ctx) => {
    await media.remove(ctx.ws!.id, params.id, ctx.ifMatch)
    return { ok: true as const }
  })

  for (const what of ['content', 'thumb'] as const) {
    const { path, summary, access } = what === 'content' ? rawRoutes.mediaContent : rawRoutes.mediaThumb
    const bytes: RouteOptions = {
      method: 'GET',
      url: path,
      exposeHeadRoute: false,
      config: { name: `media.${what}` },
      schema: {
        operationId: `media${what === 'content' ? 'Content' : 'Thumb'}`,
        summary,
        tags: ['media'],
        security: [{ session: [] }, { apiKey: [] }],
        params: z.object({ ws: id, id }),
      },
      onRequest: async (request) => {
        request.caller = await authorize(request, access)
      },
      handler: async (request, reply) => {
        const { id: mediaId } = request.params as { id: string }
        const file = await media[what](request.caller.ws!.id, mediaId)
        // The bytes of an id never change, only a drawn thumb may get better; kept for this person only.
        const forEver = what === 'content' || file.kind === 'image'
        return sendFile(request, reply, file, `private, max-age=${forEver ? '31536000, immutable' : '3600'}`)
      },
    }
    app.route(bytes)
    // HEAD is ours: Fastify's own would read the whole file to learn its length. It stands in the document with GET.
    app.route({ ...bytes, method: 'HEAD', schema: { hide: true, params: bytes.schema?.params } })
  }

  app.route({
    method: ['GET', 'HEAD'],
    url: '/media/:id/:profile',
    exposeHeadRoute: false,
    config: { name: 'media.signed' },
    schema: {
      hide: true,
      params: z.object({ id, profile: z.string().max(200) }),
      querystring: z.object({ exp: z.string().max(20), sig: z.string().max(100) }),
    },
    handler: async (request, reply) => {
      const { id: mediaId, profile } = request.params as { id: string; profile: string }
      const { exp, sig } = request.query as { exp: string; sig: string }
      const file = await media.openSigned({ mediaId, profile, exp, sig })
      reply.header('cross-origin-resource-policy', 'cross-origin')
      return sendFile(request, reply, file, 'private, max-age=3600')
    },
  })
}
