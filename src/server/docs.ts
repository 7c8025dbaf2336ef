/** The API's own documents: /openapi.json, the reference at /docs, and the page of problems that `type` points to. */
import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { problems } from '#contract/problems.ts'
import { transform, transformObject } from './openapi.ts'
import { docsPolicy } from './security.ts'

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
/** `code` in backticks. */
const inline = (text: string) => escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>')

/** The page of problems, drawn from the table: one section a code. */
export const problemsPage = (): string => {
  const sections = Object.entries(problems).map(
    ([code, p]) =>
      `<section id="${code}"><h2><a href="#${code}">${code}</a> <small>${p.status}</small></h2><p><strong>${inline(p.title)}.</strong> ${inline(p.fix)}</p></section>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Problems - Clarion API</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}h2{font-size:1.1rem;margin:1.5rem 0 .25rem}h2 a{color:inherit;font-family:ui-monospace,monospace;text-decoration:none}h2 small{font-weight:400;opacity:.7}p{margin:0}section:target{outline:2px solid;outline-offset:.5rem;border-radius:2px}</style></head>
<body><h1>Problems</h1>
<p>Every error of the API is <code>application/problem+json</code> (RFC 9457). <code>code</code> is stable: programs decide by it. <code>detail</code> says what happened this time, <code>fix</code> what to do, <code>instance</code> is the request's id in the log.</p>
${sections.join('\n')}
<p style="margin-top:2rem"><a href="/docs/">API reference</a></p></body></html>
`
}

/**
 * The reference page, an app of its own: its script is 4.4 MB, which cost every process 35 MB and a tenth of a second of its
 * start. It is loaded when somebody first asks.
 */
const referenceApp = async (): Promise<FastifyInstance> => {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const app = Fastify()
  await app.register(scalar, {
    routePrefix: '/docs',
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
  app.get('/docs/problems', hidden, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(problemsPage()),
  )
  let loading: Promise<FastifyInstance> | undefined
  const reference = async (request: FastifyRequest, reply: FastifyReply) => {
    loading ??= referenceApp()
    const page = await (await loading).inject({ method: 'GET', url: request.url })
    if (page.statusCode === 404) return reply.callNotFound()
    const { location, 'content-type': type } = page.headers
    if (location !== undefined) return reply.redirect(String(location), page.statusCode)
    return reply.type(String(type)).header('content-security-policy', docsPolicy).send(page.rawPayload)
  }
  app.get('/docs', hidden, reference)
  app.get('/docs/*', hidden, reference)
}
