/** Doors of channels and connect flows, and the one address networks send a browser back to. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Channel } from '#contract/channels.ts'
import { Problem, problems } from '#contract/problems.ts'
import type { Accounts } from '#planner/channels/account.ts'
import type { Connect } from '#planner/channels/connect.ts'
import type { Channels } from '#planner/channels/service.ts'
import type { Bind } from '../bind.ts'

export type ChannelsDoorDeps = {
  channels: Channels
  accounts: Accounts
  connect: Connect
  /** One sandbox channel on every platform. */
  connectAll: (o: { ws: string; userId: string }) => Promise<Channel[]>
}

export const registerChannels = (bind: Bind, { channels, accounts, connect, connectAll }: ChannelsDoorDeps): void => {
  bind('connectBegin', ({ params, body }, ctx) =>
    connect.begin({
      ws: ctx.ws!.id,
      userId: ctx.userId!,
      platform: params.platform,
      realm: body.realm,
      form: body.form,
      channelId: body.channelId,
    }),
  )
  bind('connectGet', ({ params }, ctx) => connect.poll(ctx.ws!.id, params.id))
  bind('connectAnswer', ({ params, body }, ctx) => connect.answer(ctx.ws!.id, params.id, body.form))
  bind('connectChoose', ({ params, body }, ctx) => connect.choose(ctx.ws!.id, params.id, body.externalIds))
  bind('sandboxConnectAll', async (_input, ctx) => ({
    items: await connectAll({ ws: ctx.ws!.id, userId: ctx.userId! }),
  }))

  bind('channelList', async (_input, ctx) => ({ items: await channels.list(ctx.ws!.id) }))
  bind('channelGet', ({ params }, ctx) => channels.get(ctx.ws!.id, params.id))
  bind('channelPause', ({ params }, ctx) => channels.pause(ctx.ws!.id, params.id))
  bind('channelResume', ({ params }, ctx) => channels.resume(ctx.ws!.id, params.id))
  bind('channelCheck', ({ params }, ctx) => channels.check(ctx.ws!.id, params.id, ctx.ws!))
  bind('channelAccount', ({ params }, ctx) => accounts.view(ctx.ws!.id, params.id))
  bind('channelOptions', async ({ params, query }, ctx) => ({
    items: await accounts.options(ctx.ws!.id, params.id, params.list, query),
  }))
  bind('channelRemove', async ({ params }, ctx) => {
    await channels.remove(ctx.ws!.id, params.id, ctx.ws!)
    return { ok: true }
  })
}

export type OAuthDeps = {
  connect: Connect
  /** Where people reach us, without a slash at its end. */
  publicUrl: string
}

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/
const esc = (s: string) => s.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

/** A page for a person whose browser came back with something we cannot use. */
const sorry = (reply: FastifyReply, status: number, sentence: string) =>
  reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(
      `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Not connected · Clarion</title><body><main><h1>Not connected</h1><p>${esc(sentence)}</p><p><a href="/channels">Back to channels</a></p></main></body></html>`,
    )

/** `GET /oauth/:platform/callback` -> `/channels?flow=<id>`, which tells how it ended; a plain page when no flow can be named. */
export const registerOAuthCallback = (app: FastifyInstance, { connect, publicUrl }: OAuthDeps): void => {
  const home = new URL(publicUrl)

  /** Who is this browser? Our own door knows. */
  const userOf = async (request: FastifyRequest): Promise<string | null> => {
    const { cookie } = request.headers
    if (!cookie) return null
    const res = await app.inject({ method: 'GET', url: '/api/v1/me', headers: { cookie }, remoteAddress: request.ip })
    return res.statusCode === 200 ? (res.json() as { user: { id: string } }).user.id : null
  }

  app.get('/oauth/:platform/callback', { schema: { hide: true } }, async (request, reply) => {
    const { platform } = request.params as { platform: string }
    // Networks want `127.0.0.1` where people type `localhost`: cookies live on one of them only, so a browser that is
    // nobody here goes to the address people use.
    // `hop` keeps a proxy that rewrites Host from making a circle of it.
    const { hop, ...given } = request.query as Record<string, unknown>
    const { hostname } = request
    const user = await userOf(request)
    if (!user && !hop && hostname !== home.hostname && loopback.test(hostname) && loopback.test(home.hostname)) {
      const there = new URL(`${publicUrl}${request.url}`)
      there.searchParams.set('hop', '1')
      return reply.redirect(there.href, 302)
    }
    const query: Record<string, string> = {}
    for (const [k, v] of Object.entries(given)) if (typeof v === 'string') query[k] = v
    try {
      const flow = await connect.callback(platform, query, user)
      return reply.header('cache-control', 'no-store').redirect(`/channels?flow=${flow.id}`, 302)
    } catch (error) {
      if (!(error instanceof Problem)) request.log.error({ err: error }, 'an OAuth callback failed')
      const code = error instanceof Problem ? error.code : 'internal'
      return sorry(reply, problems[code].status, error instanceof Problem ? error.message : problems.internal.title)
    }
  })
}
