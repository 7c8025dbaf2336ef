/** Instagram's own login (§2.1): as Meta's family has it, and who a token belongs to. */
import { eitherForm } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { ownLogin } from '../../families/meta/sandbox/own-login.ts'
import { pickFields } from '../../families/meta/sandbox/params.ts'
import { answer, caller, ownToken } from './door.ts'
import { login } from './numbers.ts'
import { profileOf } from './read.ts'
import { type IgWorld, sandboxAccount } from './state.ts'

const own = ownLogin<IgWorld>({
  network: 'Instagram',
  accent: '#b1207d',
  prefix: 'IGAA',
  grants: 'ig',
  numbers: login,
  unknownClient: 'Invalid platform app: client_id is not known',
  app: (world) => ({ ...world.state.app, name: 'Clarion' }),
  accounts: (world) => world.state.accounts.map(sandboxAccount),
  live: (world, req) => ownToken(world, req.query.get('access_token')),
  form: eitherForm,
  // As seen live: flat, and the app-scoped id as a number.
  granted: (world, code, token) => {
    const scoped = world.state.accounts.find((a) => a.id === code.account)!.scopedId
    return `{"access_token":${JSON.stringify(token)},"user_id":${scoped},"permissions":${JSON.stringify(code.scopes)}}`
  },
})
export const mintOwn = own.mint

const me =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['basic'])
    const a = c.accounts[0]!
    const whole = { ...profileOf(world, a), id: a.scopedId, user_id: a.id, account_type: a.type }
    return answer(c, pickFields(whole, req.query.get('fields'), ['id']))
  }

export const ownLoginRoutes = (world: IgWorld): SandboxRoute[] => [
  route('ig-authorize', 'GET|POST www.instagram.com/oauth/authorize', own.authorize(world)),
  route('ig-token', 'POST api.instagram.com/oauth/access_token', own.exchange(world), { writes: true }),
  route('ig-long', 'GET graph.instagram.com/access_token', own.upgrade(world)),
  route('ig-long', 'GET graph.instagram.com/:version/access_token', own.upgrade(world)),
  route('ig-refresh', 'GET graph.instagram.com/refresh_access_token', own.refresh(world), { writes: true }),
  route('ig-refresh', 'GET graph.instagram.com/:version/refresh_access_token', own.refresh(world), { writes: true }),
  route('ig-me', 'GET graph.instagram.com/:version/me', me(world)),
  route('ig-me', 'GET graph.instagram.com/me', me(world)),
]
