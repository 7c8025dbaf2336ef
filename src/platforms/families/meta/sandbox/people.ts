/** People, their Pages and what they permitted, as Graph shows them (fact sheets facebook.md §2, instagram.md §2.2). */
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { enter, graphAnswer } from './door.ts'
import { badParam, missingObject } from './envelope.ts'
import { listPage, pickFields } from './params.ts'
import { type MetaPage, type MetaWorld, pageAccount, pageById, pagesOf, personAccount } from './state.ts'
import { killTokens, pageToken } from './tokens.ts'

/** A Page as lists and `GET /{page}` show it to this user token. */
const pageView = (p: MetaPage, person: string, token: string | null): Record<string, unknown> => ({
  id: p.id,
  name: p.name,
  username: p.username,
  category: p.category,
  category_list: [{ id: '2500', name: p.category }],
  tasks: p.tasks[person] ?? [],
  access_token: token ?? undefined,
  picture: { data: { url: pageAccount(p).avatar, is_silhouette: false, height: 50, width: 50 } },
  fan_count: p.followers,
  followers_count: p.followers,
  link: `https://www.facebook.com/${p.username}`,
  instagram_business_account: p.account
    ? {
        id: p.account.id,
        username: p.account.username,
        name: p.account.name,
        followers_count: p.account.followers,
        profile_picture_url: pageAccount(p).avatar,
      }
    : undefined,
})
const listed = ['access_token', 'category', 'category_list', 'name', 'tasks']

const pageList = (world: MetaWorld, req: SandboxRequest, which: (p: MetaPage) => boolean): SandboxResponse => {
  const c = enter(world, req, { scopes: ['pages_show_list'] })
  if (c.row.type !== 'USER') badParam('Tried accessing nonexisting field (accounts) on node type (Page)')
  const pages = pagesOf(world, c.person.id).filter(
    (p) => which(p) && (c.row.pages === null || c.row.pages.includes(p.id)),
  )
  const rows = pages.map((p) =>
    pickFields(pageView(p, c.person.id, pageToken(world, c.token, p.id)), req.query.get('fields'), listed),
  )
  return graphAnswer(c, listPage(req, rows))
}

const me =
  (world: MetaWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = enter(world, req)
    if (c.page)
      return graphAnswer(c, pickFields(pageView(c.page, c.person.id, c.token), req.query.get('fields'), ['name']))
    const picture = { data: { url: personAccount(c.person).avatar } }
    return graphAnswer(
      c,
      pickFields({ id: c.person.id, name: c.person.name, picture }, req.query.get('fields'), ['name']),
    )
  }

/** `GET /{page}` for a Page: facts for whoever may see it, the token for those with a role. */
export const readPage = (world: MetaWorld, req: SandboxRequest, id: string): SandboxResponse => {
  const c = enter(world, req)
  const page = pageById(world, id) ?? missingObject(id)
  const token =
    c.page?.id === id
      ? c.token
      : Object.hasOwn(page.tasks, c.person.id) && c.row.type === 'USER'
        ? pageToken(world, c.token, id)
        : null
  return graphAnswer(c, pickFields(pageView(page, c.person.id, token), req.query.get('fields'), ['name']))
}

const permissions =
  (world: MetaWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = enter(world, req)
    if (c.row.type !== 'USER') badParam('Tried accessing nonexisting field (permissions) on node type (Page)')
    if (req.method === 'GET')
      return graphAnswer(c, { data: c.row.scopes.map((permission) => ({ permission, status: 'granted' })) })
    killTokens(world, (t) => t.person === c.person.id, 458)
    return graphAnswer(c, { success: true })
  }

const businesses =
  (world: MetaWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = enter(world, req, { scopes: ['business_management'] })
    const seen = new Map(pagesOf(world, c.person.id).flatMap((p) => (p.business ? [[p.business.id, p.business]] : [])))
    return graphAnswer(c, listPage(req, [...seen.values()]))
  }

export const peopleRoutes = (world: MetaWorld): SandboxRoute[] => [
  // Without a version, as many login libraries ask; before the nodes, which would take `me` for a version.
  route('accounts', 'GET graph.facebook.com/me/accounts', (req) => pageList(world, req, (p) => !p.business)),
  route('permissions', 'GET graph.facebook.com/me/permissions', permissions(world)),
  route('me', 'GET graph.facebook.com/me', me(world)),
  route('accounts', 'GET graph.facebook.com/:version/me/accounts', (req) => pageList(world, req, (p) => !p.business)),
  route('businesses', 'GET graph.facebook.com/:version/me/businesses', businesses(world)),
  route('business-pages', 'GET graph.facebook.com/:version/:business/owned_pages', (req) =>
    pageList(world, req, (p) => p.business?.id === req.params.business),
  ),
  route('business-pages', 'GET graph.facebook.com/:version/:business/client_pages', (req) =>
    pageList(world, req, () => false),
  ),
  route('permissions', 'GET graph.facebook.com/:version/me/permissions', permissions(world)),
  route('revoke', 'DELETE graph.facebook.com/:version/me/permissions', permissions(world), { writes: true }),
  route('me', 'GET graph.facebook.com/:version/me', me(world)),
]
