/**
 * The door of the imitation networks, below /sandbox. They keep what is written to them and do what their desk is told,
 * so strangers may not come in: on a Clarion for this machine only, whoever is on it; anywhere else, people who are
 * signed in. Clarion itself comes through an address nobody else can know, since a proxy makes every caller look local.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '#contract/problems.ts'
import type { TrustProxy } from '#infra/trust-proxy.ts'
import { sameOrigin } from './access.ts'
import { isHere, isPrivate } from './this-machine.ts'

export type SandboxDoorDeps = {
  handle: (req: IncomingMessage, res: ServerResponse) => void
  /** The word in Clarion's own address of the sandbox: /sandbox/~<word>/<host>/<path>. Null: it has none. */
  word: string | null
  publicUrl: string
  trustProxy: TrustProxy
  session: (request: FastifyRequest) => Promise<string | null>
  /** Called before a 401 leaves. */
  strike: (request: FastifyRequest) => Promise<void>
  /** Counts a call from outside; throws `rate-limited` when an address makes too many. */
  count: (request: FastifyRequest) => Promise<void>
}

/** Does a page of another site send its visitor here, as apps do with a consent page? It sees nothing of the answer. */
const isVisit = ({ method, headers }: FastifyRequest): boolean =>
  method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'

/** The sandbox's base as Clarion itself calls it. */
export const ownSandboxPath = (word: string): string => `/sandbox/~${word}`

export const registerSandbox = (app: FastifyInstance, d: SandboxDoorDeps): void => {
  const own = d.word === null ? null : `${ownSandboxPath(d.word)}/`
  const local = isPrivate(d)

  /** Gives whether a browser asks: some networks write by GET, which any link or picture of a page can do. */
  const admit = async (request: FastifyRequest): Promise<{ browser: boolean }> => {
    await d.count(request)
    // A page of another site can send a form, a POST without a body, or load a "picture", from an address it cannot read.
    // Clients send none of the headers that tell, and are asked for their network's tokens.
    if (!isVisit(request) && !sameOrigin(request, d.publicUrl))
      throw new Problem('forbidden', 'This request came from another site.')
    if (local && isHere(request.raw)) return { browser: request.headers['sec-fetch-site'] !== undefined }
    if (await d.session(request)) return { browser: true }
    await d.strike(request)
    throw new Problem(
      'unauthenticated',
      'The sandbox of a Clarion that others can reach is open to people who are signed in to a workspace.',
    )
  }

  for (const url of ['/sandbox', '/sandbox/*'])
    app.route({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'],
      url,
      schema: { hide: true },
      // Before anything reads the body: the imitations read their own.
      onRequest: async (request, reply) => {
        const { raw } = request
        // Tells the host where its addresses must lead back to; nobody else may say that.
        delete raw.headers['x-sandbox-prefix']
        delete raw.headers['x-sandbox-browser']
        if (own && raw.url?.startsWith(own)) {
          raw.url = `/sandbox/${raw.url.slice(own.length)}`
          raw.headers['x-sandbox-prefix'] = own.slice(0, -1)
        } else if ((await admit(request)).browser) raw.headers['x-sandbox-browser'] = '1'
        reply.hijack()
        d.handle(raw, reply.raw)
      },
      handler: () => undefined,
    })
}
