/** The made-up network itself: consent, tokens that rotate or stay, `/me`. Its state is what the tests read as the truth. */

import { json } from '#kit/sandbox/answer.ts'
import { formBody } from '#kit/sandbox/body.ts'
import { backToApp, consentDecision, consentPage } from '#kit/sandbox/consent.ts'
import { defineImitation, type Imitation, type World } from '#kit/sandbox/imitation.ts'

type Pair = { account: string; refresh: string; access: string; accessUntil: number; dead: boolean }
type State = { codes: Record<string, string>; pairs: Pair[]; closed: boolean }

export type ToyNetworkOptions = { id: string; rotates: boolean; many?: boolean; lifeMs?: number }

const people = [
  { id: '1', handle: 'ada', name: 'Ada' },
  { id: '2', handle: 'bo', name: 'Bo' },
]

const allow = (world: World<State>, account: string, lifeMs: number): Pair => {
  const pair = {
    account,
    refresh: `r-${world.id(20)}`,
    access: `a-${world.id(20)}`,
    accessUntil: world.now() + lifeMs,
    dead: false,
  }
  world.state.pairs.push(pair)
  world.changed()
  return pair
}
const answer = (p: Pair, now: number) =>
  json(200, {
    access_token: p.access,
    refresh_token: p.refresh,
    expires_in: Math.round((p.accessUntil - now) / 1000),
    scope: 'post',
    token_type: 'bearer',
  })

/** Access tokens live `lifeMs` (default 2 h) of the sandbox clock. */
export const toyImitation = (o: ToyNetworkOptions): Imitation => {
  const lifeMs = o.lifeMs ?? 2 * 3_600_000
  const host = `${o.id}.example`
  const live = (world: World<State>, access: string | undefined) =>
    world.state.pairs.find((p) => !p.dead && p.access === access && p.accessUntil > world.now())
  return defineImitation<State>({
    platform: o.id,
    name: `Toy ${o.id}`,
    hosts: [host],
    seed: () => ({ codes: {}, pairs: [], closed: false }),
    routes: (world) => [
      {
        name: 'consent',
        method: 'GET',
        host,
        path: '/authorize',
        handle: () =>
          consentPage({
            network: 'Toy',
            app: 'Clarion',
            scopes: [{ id: 'post', says: 'Post' }],
            accounts: people,
            accent: '#333',
          }),
      },
      {
        name: 'decide',
        method: 'POST',
        host,
        path: '/authorize',
        handle: (req) => {
          const decision = consentDecision(req, people)
          const redirect = req.query.get('redirect_uri') ?? ''
          const state = req.query.get('state')
          if (!decision?.allow) return backToApp(redirect, { error: 'access_denied', state })
          const code = `c-${world.id(20)}`
          world.state.codes[code] = decision.account.id
          world.changed()
          return backToApp(redirect, { code, state })
        },
      },
      {
        name: 'token',
        method: 'POST',
        host,
        path: '/token',
        writes: true,
        handle: (req) => {
          const form = formBody(req)
          if (form?.get('client_id') !== 'toy-client' || form.get('client_secret') !== 'toy-secret')
            return json(401, { error: 'invalid_client' })
          if (form.get('grant_type') === 'authorization_code') {
            const code = form.get('code') ?? ''
            const account = world.state.codes[code]
            delete world.state.codes[code]
            return account ? answer(allow(world, account, lifeMs), world.now()) : json(400, { error: 'invalid_grant' })
          }
          const old = world.state.pairs.find((p) => !p.dead && p.refresh === form.get('refresh_token'))
          if (!old) return json(400, { error: 'invalid_grant' })
          if (!o.rotates) {
            old.access = `a-${world.id(20)}`
            old.accessUntil = world.now() + lifeMs
            world.changed()
            return answer(old, world.now())
          }
          // The strictest kind of network: refresh and access token of the old pair die at once.
          old.dead = true
          return answer(allow(world, old.account, lifeMs), world.now())
        },
      },
      {
        name: 'me',
        method: 'GET',
        host,
        path: '/me',
        handle: (req) => {
          const pair = live(world, req.headers.authorization?.replace('Bearer ', ''))
          if (!pair) return json(401, { error: 'invalid_token' })
          return json(200, {
            data: (o.many ? people : people.filter((p) => p.id === pair.account)).map((p) => ({
              id: p.id,
              name: p.name,
              token: `page-${p.id}`,
            })),
          })
        },
      },
      {
        name: 'revoke',
        method: 'POST',
        host,
        path: '/revoke',
        writes: true,
        handle: (req) => {
          const token = formBody(req)?.get('token')
          for (const p of world.state.pairs) if (p.refresh === token || p.access === token) p.dead = true
          world.changed()
          return json(200, {})
        },
      },
    ],
    posts: () => [],
    accounts: () => people,
    tokens: (world, account) => {
      const pair = allow(world, account ?? '1', lifeMs)
      return {
        credentials: { clientId: 'toy-client', clientSecret: 'toy-secret' },
        tokens: { access: pair.access, refresh: pair.refresh },
      }
    },
    revoke: (world) => {
      for (const p of world.state.pairs) p.dead = true
      world.changed()
    },
    faultAnswer: (_world, status) =>
      json(
        status,
        status === 503 ? { error: 'closed' } : status === 403 ? { error: 'suspended' } : { error: 'broken' },
      ),
    render: () => '',
  })
}
