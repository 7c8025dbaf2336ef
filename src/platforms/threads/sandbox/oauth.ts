/** Threads' own login (§2): as Meta's family has it, and who a token belongs to. */
import { json } from '#kit/sandbox/answer.ts'
import { eitherForm } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { otherWay } from '#kit/sandbox/notices.ts'
import { tokenOf } from '../../families/meta/sandbox/door.ts'
import { badParam, graphRefuse } from '../../families/meta/sandbox/envelope.ts'
import { onlyQuery, ownLogin } from '../../families/meta/sandbox/own-login.ts'
import { checkVersion, liveToken } from './door.ts'
import { login } from './numbers.ts'
import { sandboxAccount, type ThWorld } from './state.ts'

/** Meta's own collection sends the parameters in the query, the documents in a form: both are taken. */
const parameters = (req: SandboxRequest): URLSearchParams => {
  const all = new URLSearchParams(req.query)
  for (const [k, v] of eitherForm(req) ?? []) all.append(k, v)
  return all
}

export const { authorize, mint, exchange, upgrade, refresh } = ownLogin<ThWorld>({
  network: 'Threads',
  accent: '#1c1c1e',
  prefix: 'THQ',
  grants: 'th',
  numbers: login,
  unknownClient: 'client_id is not a Threads app ID',
  needs: 'threads_basic',
  app: (world) => world.state.meta.app,
  accounts: (world) => world.state.accounts.map(sandboxAccount),
  live: (world, req) => liveToken(world, tokenOf(req)),
  form: parameters,
  // As seen live: the id is a number.
  granted: (_, code, token) => `{"access_token":${JSON.stringify(token)},"user_id":${code.account}}`,
})

/** `GET /oauth/access_token?grant_type=client_credentials`: a token of the app. With a code it is the exchange, asked by GET. */
export const appToken =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    if (req.query.has('code')) {
      otherWay(req, 'a code exchanged by GET')
      return exchange(world)(req)
    }
    onlyQuery(req, ['grant_type', 'client_id', 'client_secret'])
    const { app } = world.state.meta
    if (req.query.get('grant_type') !== 'client_credentials') badParam('Invalid grant_type')
    if (req.query.get('client_id') !== app.id || req.query.get('client_secret') !== app.secret)
      graphRefuse(400, 1, 'Error validating client secret.')
    const access_token = `TH|${app.id}|${world.id(27)}`
    world.state.appTokens.push(access_token)
    world.changed()
    return json(200, { access_token, token_type: 'bearer' })
  }

export const debugToken =
  (world: ThWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    checkVersion(req)
    onlyQuery(req, ['input_token', 'access_token'])
    const by = tokenOf(req)
    if (!by || !world.state.appTokens.includes(by)) liveToken(world, by)
    const given = req.query.get('input_token') ?? badParam('The parameter input_token is required')
    const row = Object.hasOwn(world.state.tokens, given) ? world.state.tokens[given]! : undefined
    if (!row) return json(200, { data: { is_valid: false, scopes: [] } })
    const seconds = (ms: number) => Math.floor(ms / 1000)
    return json(200, {
      data: {
        type: 'USER',
        application: world.state.meta.app.name,
        data_access_expires_at: seconds(row.issuedAt + 90 * 86_400_000),
        expires_at: seconds(row.expiresAt),
        is_valid: !row.dead && row.expiresAt > world.now(),
        issued_at: seconds(row.issuedAt),
        scopes: row.scopes,
        user_id: row.account,
      },
    })
  }
