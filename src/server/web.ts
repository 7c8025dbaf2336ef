/** The built web app: hashed assets for ever, `index.html` for every address the app routes itself, problems for the rest. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { Problem } from '#contract/problems.ts'
import { routes } from '#contract/routes.ts'
import { sendProblem } from './problems.ts'

/** Addresses that are never pages of the app, and beginnings under which clients look for machines. */
const notPages =
  /^\/(api|admin|v\d+|mcp|sse|rpc|graphql|rest|webhooks|sandbox|oauth|docs|health|metrics|media|openapi\.json|\.well-known)(\/|$|\?)/

/** A browser that opens a page says that it takes HTML; what else asks for an unknown address is told that it is unknown. */
const takesPages = (accept: string | undefined) => accept !== undefined && /\btext\/html\b/.test(accept)

const patterns = Object.values(routes).map((r) => ({
  method: r.method as string,
  match: new RegExp(`^${r.path.replace(/:[a-zA-Z]+/g, '[^/]+')}$`),
}))
/** Methods the API takes at this path. */
export const methodsAt = (path: string): string[] => [
  ...new Set(patterns.filter((p) => p.match.test(path)).map((p) => p.method)),
]

const missingPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Clarion</title><style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}</style></head>
<body><h1>Clarion runs, its web app is not built</h1><p>Build it with <code>npm run build</code>, then load this page again. <code>npm start</code> does it by itself.</p><p>The API is here: <a href="/docs/api/">reference</a>, <a href="/docs/">documents</a>, <a href="/health/ready">health</a>.</p></body></html>
`

export const registerWeb = async (app: FastifyInstance, { dir }: { dir: string | null }): Promise<void> => {
  const index = dir && existsSync(join(dir, 'index.html')) ? join(dir, 'index.html') : null
  if (dir && index)
    await app.register(fastifyStatic, {
      root: dir,
      wildcard: true,
      index: false,
      serve: true,
      // `npm run build` lays a .br and a .gz beside each script and style.
      preCompressed: true,
      cacheControl: false,
      setHeaders: (reply, path) => {
        // Vite puts a hash of the content in every name below assets/.
        reply.header(
          'cache-control',
          path.includes(`${join(dir, 'assets')}`) ? 'public, max-age=31536000, immutable' : 'no-cache',
        )
      },
      schemaHide: true,
    })

  const page = async () => (index ? await readFile(index) : missingPage)
  app.get('/', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(await page()),
  )

  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0]!
    const wantsPage =
      (request.method === 'GET' || request.method === 'HEAD') &&
      takesPages(request.headers.accept) &&
      !notPages.test(path) &&
      !/\.[a-z0-9]{2,5}$/i.test(path)
    if (wantsPage)
      return reply
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-cache')
        .send(await page())
    const methods = methodsAt(path)
    if (methods.length > 0 && !methods.includes(request.method)) {
      reply.header('allow', methods.join(', '))
      return sendProblem(reply, new Problem('method-not-allowed'), request.id)
    }
    return sendProblem(reply, new Problem('not-found'), request.id)
  })
}
