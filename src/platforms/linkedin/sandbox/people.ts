/** Who signed in, which pages they run, pages by number and by name (fact sheet §2). */
import { json } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { bearer, caller, denied, needMethod, notFound, onlyQuery, problem, stop } from './answers.ts'
import { faceOf, type LinkedInWorld, type Page, pageUrn, personUrn } from './state.ts'

const names = (name: string) => {
  const [first = '', ...rest] = name.split(' ')
  return { first, last: rest.join(' ') }
}

const userinfo =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const { member: m, scopes } = bearer(world, req)
    if (!scopes.includes('openid')) return denied('userinfo.GET')
    const { first, last } = names(m.name)
    const profile = scopes.includes('profile')
      ? {
          name: m.name,
          given_name: first,
          family_name: last,
          picture: faceOf(m),
          locale: { country: 'US', language: 'en' },
        }
      : {}
    const email = scopes.includes('email') ? { email: `${m.vanity}@example.com`, email_verified: true } : {}
    return json(200, { sub: m.id, ...profile, ...email })
  }

const me =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const { member: m, scopes } = bearer(world, req)
    if (!scopes.includes('r_basicprofile'))
      return json(403, { status: 403, serviceErrorCode: 100, message: 'Not enough permissions to access: GET /me' })
    const { first, last } = names(m.name)
    return json(200, { id: m.id, localizedFirstName: first, localizedLastName: last, vanityName: m.vanity })
  }

const count = (req: SandboxRequest, fallback: number) => {
  const [start, n] = [Number(req.query.get('start') ?? 0), Number(req.query.get('count') ?? fallback)]
  if (!Number.isInteger(start) || !Number.isInteger(n) || start < 0 || n < 1 || n > 100)
    stop(problem(400, 'ILLEGAL_ARGUMENT', 'start and count must be whole numbers; count at most 100'))
  return { start, count: n }
}
/** Rest.li's window over a list. */
export const paged = <T>(req: SandboxRequest, all: readonly T[], fallback = 10) => {
  const p = count(req, fallback)
  return { elements: all.slice(p.start, p.start + p.count), paging: { ...p, links: [] } }
}

const acls =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, 'organizationAcls.FINDER-roleAssignee', [
      'rw_organization_admin',
      'r_organization_admin',
    ])
    needMethod(req, 'FINDER')
    onlyQuery(req, 'q', 'role', 'state', 'start', 'count')
    if (req.query.get('q') !== 'roleAssignee') return problem(400, 'ILLEGAL_ARGUMENT', 'q must be roleAssignee')
    const role = req.query.get('role')
    const all = world.state.roles
      .filter((r) => r.member === c.member.id && (role === null || r.role === role))
      .map((r) => ({
        role: r.role,
        organization: pageUrn(r.page),
        roleAssignee: personUrn(r.member),
        state: 'APPROVED',
      }))
    return json(200, paged(req, all))
  }

const view = (p: Page) => ({
  id: Number(p.id),
  localizedName: p.name,
  vanityName: p.vanity,
  name: { localized: { en_US: p.name }, preferredLocale: { country: 'US', language: 'en' } },
  logoV2: { original: `urn:li:digitalmediaAsset:C4D0B${p.id}` },
})

const organization =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    caller(world, req, 'organizations.GET', ['rw_organization_admin', 'r_organization_admin'])
    const found = world.state.pages.find((p) => p.id === req.params.id)
    return found ? json(200, view(found)) : notFound('organization')
  }

const finder =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    caller(world, req, 'organizations.FINDER-vanityName', ['rw_organization_admin', 'r_organization_admin'])
    needMethod(req, 'FINDER')
    onlyQuery(req, 'q', 'vanityName', 'start', 'count')
    const wanted = req.query.get('vanityName')
    if (req.query.get('q') !== 'vanityName' || !wanted) return problem(400, 'ILLEGAL_ARGUMENT', 'vanityName is missing')
    return json(200, paged(req, world.state.pages.filter((p) => p.vanity === wanted.toLowerCase()).map(view)))
  }

/** The old API: the only one that gives an address for a logo. */
const old =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = bearer(world, req)
    if (!c.scopes.includes('rw_organization_admin')) return denied('organizations.GET')
    const found = world.state.pages.find((p) => p.id === req.params.id)
    if (!found) return notFound('organization')
    const identifiers = [{ identifier: faceOf(found), mediaType: 'image/svg+xml' }]
    return json(200, {
      id: Number(found.id),
      localizedName: found.name,
      vanityName: found.vanity,
      logoV2: { 'original~': { elements: [{ identifiers }] } },
    })
  }

export const peopleRoutes = (world: LinkedInWorld): SandboxRoute[] => [
  route('identity', 'GET api.linkedin.com/v2/userinfo', userinfo(world)),
  route('identity', 'GET api.linkedin.com/v2/me', me(world)),
  route('logo', 'GET api.linkedin.com/v2/organizations/:id', old(world)),
  route('acls', 'GET api.linkedin.com/rest/organizationAcls', acls(world)),
  route('organization', 'GET api.linkedin.com/rest/organizations/:id', organization(world)),
  route('organizations', 'GET api.linkedin.com/rest/organizations', finder(world)),
]
