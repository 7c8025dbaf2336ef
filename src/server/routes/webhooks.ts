/**
 * `GET|POST /webhooks/:platform`: the one door for what networks send by themselves. No cookies, no API prefix, any
 * content type: signatures are over the bytes as they came.
 */
import type { FastifyInstance } from 'fastify'
import type { Signals } from '#planner/signals/service.ts'

/** Largest delivery (bytes). */
export const webhookLimit = 1_000_000

export const registerWebhooks = (app: FastifyInstance, { webhooks }: { webhooks: Pick<Signals, 'receive'> }): void => {
  // A scope of its own: here alone bodies are left unread.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: webhookLimit }, (_request, body, done) =>
      done(null, body),
    )
    scope.route({
      method: ['GET', 'POST'],
      url: '/webhooks/:platform',
      bodyLimit: webhookLimit,
      config: { name: 'webhook' },
      schema: { hide: true },
      handler: async (request, reply) => {
        const { platform } = request.params as { platform: string }
        const strings = (o: unknown) =>
          Object.fromEntries(
            Object.entries(o as Record<string, unknown>).flatMap(([k, v]) =>
              typeof v === 'string' ? [[k, v]] : Array.isArray(v) ? [[k, String(v.at(-1))]] : [],
            ),
          )
        const answer = await webhooks.receive(platform, {
          method: request.method as 'GET' | 'POST',
          headers: strings(request.headers),
          query: strings(request.query),
          body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        })
        return reply
          .code(answer.status)
          .header('cache-control', 'no-store')
          .type(answer.type ?? 'text/plain; charset=utf-8')
          .send(answer.body)
      },
    })
  })
}
