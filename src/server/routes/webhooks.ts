/**
 * `GET|POST /webhooks/:platform`: the door for what networks send by themselves, `.../:key` for a workspace's own app; `.../deletion` for a person who asks
 * that their data be deleted, with a page that tells how it stands. No cookies, no API prefix, any
 * content type: signatures are over the bytes as they came.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebhookRequest } from '#kit/client/webhook.ts'
import type { Signals } from '#planner/signals/service.ts'

/** Largest delivery (bytes). */
export const webhookLimit = 1_000_000

export type WebhooksDeps = { webhooks: Pick<Signals, 'receive' | 'forget' | 'deletion'>; publicUrl: string }

const strings = (o: unknown) =>
  Object.fromEntries(
    Object.entries(o as Record<string, unknown>).flatMap(([k, v]) =>
      typeof v === 'string' ? [[k, v]] : Array.isArray(v) ? [[k, String(v.at(-1))]] : [],
    ),
  )
const requestOf = (request: FastifyRequest): WebhookRequest => ({
  method: request.method as 'GET' | 'POST',
  headers: strings(request.headers),
  query: strings(request.query),
  body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
})

/** What the person who asked for deletion reads. */
const standing = {
  asked: 'Your request has come in. Clarion is asking the network whether its access has ended, and then deletes.',
  done: 'Done. Access tokens, profile picture and what Clarion knew about your account are deleted. Posts that were published through it stay on the network until they are deleted there.',
  open: 'The network says that this Clarion may still use your account, so nothing was deleted. Remove the app in the settings of the network, or ask whoever runs this Clarion to disconnect the account.',
} as const
const page = (sentence: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Deletion of data · Clarion</title><body><main><h1>Deletion of data</h1><p>${sentence}</p></main></body></html>`

export const registerWebhooks = (app: FastifyInstance, { webhooks, publicUrl }: WebhooksDeps): void => {
  // Where a person sees how their request stands; the code is known to them and their network alone.
  app.get('/webhooks/:platform/deletion/:code', { schema: { hide: true } }, async (request, reply) => {
    const { platform, code } = request.params as { platform: string; code: string }
    const how = /^[0-9a-f]{24}$/.test(code) ? await webhooks.deletion(platform, code) : null
    return reply
      .code(how ? 200 : 404)
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(page(how ? standing[how] : 'There is no such request. Clarion keeps them for 30 days.'))
  })

  // A scope of its own: here alone bodies are left unread.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: webhookLimit }, (_request, body, done) =>
      done(null, body),
    )
    scope.route({
      method: ['GET', 'POST'],
      url: '/webhooks/:platform/:key?',
      bodyLimit: webhookLimit,
      config: { name: 'webhook' },
      schema: { hide: true },
      handler: async (request, reply) => {
        const { platform, key } = request.params as { platform: string; key?: string }
        const answer = await webhooks.receive(platform, requestOf(request), key)
        return reply
          .code(answer.status)
          .header('cache-control', 'no-store')
          .type(answer.type ?? 'text/plain; charset=utf-8')
          .send(answer.body)
      },
    })
    scope.route({
      method: 'POST',
      url: '/webhooks/:platform/deletion',
      bodyLimit: webhookLimit,
      config: { name: 'webhook' },
      schema: { hide: true },
      handler: async (request, reply) => {
        const { platform } = request.params as { platform: string }
        const code = await webhooks.forget(platform, requestOf(request))
        return reply
          .header('cache-control', 'no-store')
          .send({ url: `${publicUrl}/webhooks/${platform}/deletion/${code}`, confirmation_code: code })
      },
    })
  })
}
