/**
 * The door of the imitation networks, below /sandbox. They keep what is written to them and do what their desk is told,
 * so strangers may not come in: on a Clarion for this machine only, whoever is on it; anywhere else, people who are
 * signed in. Clarion itself comes through an address nobody else can know, since a proxy makes every caller look local.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '#contract/problems.ts'
import { sameOrigin } from './access.ts'
import { isHere, isPrivate } from './this-machine.ts'

export type SandboxDoorDeps = {
  handle: (req: IncomingMessage, res: ServerResponse) => void
  /** The word in Clarion's own address of the sandbox: /sandbox/~<word>/<host>/<path>. Null: it has none. */
  word: string | null
  publicUrl: string
  trustProxy: boolean | string
  session: (request: FastifyRequest) => Promise<string | null>
  /** Called before a 401 leaves. */
  strike: (request: FastifyRequest) => Promise<void>
}

/** The sandbox's base as Clarion itself calls it. */
export const ownSandboxPath = (word: string): string => `/sandbox/~${word}`

export const registerSandbox = (app: FastifyInstance, d: SandboxDoorDeps): void => {
  const own = d.word === null ? null : `${ownSandboxPath(d.word)}/`
  const local = isPrivate(d)

  const admit = async (request: FastifyRequest): Promise<void> => {
    // A page of another site can send a form, or a POST without a body, to an address it cannot read.
    const reads = request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS'
    if (!reads && !sameOrigin(request, d.publicUrl))
      throw new Problem('forbidden', 'This request came from another site.')
    if (local && isHere(request.raw)) return
    if (await d.session(request)) return
    await d.strike(request)
    throw new Problem(
      'unauthenticated',
      'The sandbox of a Clarion that others can reach is open to people who are signed in.',
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
        if (own && raw.url?.startsWith(own)) {
          raw.url = `/sandbox/${raw.url.slice(own.length)}`
          raw.headers['x-sandbox-prefix'] = own.slice(0, -1)
        } else await admit(request)
        reply.hijack()
        d.handle(raw, reply.raw)
      },
      handler: () => undefined,
    })
}
