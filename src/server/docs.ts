/** /openapi.json, its reference at /docs/api/, and the documents for people at /docs/, with the page of problems that `type` points to. */
import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { transform, transformObject } from './openapi.ts'
import { docsPolicy } from './security.ts'

/**
 * The reference page, an app of its own: its script is 4.4 MB, which cost every process 35 MB and a tenth of a second of its
 * start. It is loaded when somebody first asks.
 */
const referenceApp = async (): Promise<FastifyInstance> => {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const app = Fastify()
  await app.register(scalar, {
    routePrefix: '/docs/api',
    configuration: {
      url: '/openapi.json',
      title: 'Clarion API',
      withDefaultFonts: false,
      telemetry: false,
      showDeveloperTools: 'never',
      hideClientButton: true,
      agent: { disabled: true },
      mcp: { disabled: true },
    },
  })
  await app.ready()
  return app
}

export const registerDocs = async (
  app: FastifyInstance,
  { version, publicUrl }: { version: string; publicUrl: string },
): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Clarion',
        version,
        description:
          'Plan posts and publish them once, on time. Sign in (cookie) or send an API key as `Authorization: Bearer clr_...`. Errors are [problems](/docs/problems). Every write takes an `Idempotency-Key`: sent again, it gets the first answer again (kept 24 hours).',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl }],
      components: {
        securitySchemes: {
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: publicUrl.startsWith('https:') ? '__Secure-clarion.session_token' : 'clarion.session_token',
          },
          apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'clr_...' },
        },
      },
    },
    transform,
    transformObject,
  })
  const hidden = { schema: { hide: true } }
  let document: string | undefined
  app.get('/openapi.json', hidden, async (_request, reply) => {
    document ??= JSON.stringify(app.swagger())
    return reply.type('application/json').send(document)
  })
  let loading: Promise<FastifyInstance> | undefined
  const reference = async (request: FastifyRequest, reply: FastifyReply) => {
    loading ??= referenceApp()
    const page = await (await loading).inject({ method: 'GET', url: request.url })
    if (page.statusCode === 404) return reply.callNotFound()
    const { location, 'content-type': type } = page.headers
    if (location !== undefined) return reply.redirect(String(location), page.statusCode)
    return reply.type(String(type)).header('content-security-policy', docsPolicy).send(page.rawPayload)
  }
  app.get('/docs/api', hidden, reference)
  app.get('/docs/api/*', hidden, reference)

  // Made when somebody first asks: a process that nobody reads in does not load what reads Markdown.
  let site: Promise<(slug: string) => string | null> | undefined
  const readable = async (request: FastifyRequest, reply: FastifyReply) => {
    site ??= import('./site/site.ts').then((m) => m.createSite())
    // What could not be read now may be readable at the next question.
    site.catch(() => (site = undefined))
    const slug = (request.params as { '*'?: string })['*'] ?? ''
    const page = (await site)(slug.replace(/\/$/, ''))
    if (page === null) return reply.callNotFound()
    return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page)
  }
  app.get('/docs', hidden, (_request, reply) => reply.redirect('/docs/', 302))
  app.get('/docs/*', hidden, readable)
}
