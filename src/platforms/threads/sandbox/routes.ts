/** Every call, on both hosts, with the version in the path and without (as Meta's own samples call it). Nodes go last. */
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { createContainer } from './create.ts'
import { postInsights, profileInsights } from './insights.ts'
import { appToken, authorize, debugToken, exchange, refresh, upgrade } from './oauth.ts'
import { publishContainer, publishingLimit, remove, repost } from './publish.ts'
import { below, list, manageReply, me, node } from './read.ts'
import type { ThWorld } from './state.ts'

export const apiHosts = ['graph.threads.net', 'graph.threads.com']
export const pageHosts = ['threads.net', 'www.threads.net', 'threads.com', 'www.threads.com']

type Handle = (req: SandboxRequest) => Promise<SandboxResponse> | SandboxResponse

const on = (name: string, method: string, path: string, handle: Handle, writes = false): SandboxRoute[] =>
  apiHosts.flatMap((host) =>
    ['/:version', ''].map((v) => route(name, `${method} ${host}${v}/${path}`, handle, writes ? { writes } : {})),
  )

/** Those with a literal first; `/:version/:id` would take `/me/threads` for a node. */
const edges = (world: ThWorld): SandboxRoute[] => [
  ...on('token', 'POST', 'oauth/access_token', exchange(world), true),
  ...on('app-token', 'GET', 'oauth/access_token', appToken(world)),
  ...on('long', 'GET', 'access_token', upgrade(world)),
  ...on('refresh', 'GET', 'refresh_access_token', refresh(world), true),
  ...on('debug', 'GET', 'debug_token', debugToken(world)),
  ...on('container', 'POST', ':id/threads', createContainer(world), true),
  ...on('create', 'POST', ':id/threads_publish', publishContainer(world), true),
  ...on('limit', 'GET', ':id/threads_publishing_limit', publishingLimit(world)),
  ...on('list', 'GET', ':id/threads', list(world, false)),
  ...on('replies', 'GET', ':id/replies', list(world, true)),
  ...on('conversation', 'GET', ':id/conversation', (req) => below(world, req, true)),
  ...on('insights', 'GET', ':id/insights', postInsights(world)),
  ...on('profile-insights', 'GET', ':id/threads_insights', profileInsights(world)),
  ...on('hide', 'POST', ':id/manage_reply', manageReply(world), true),
  ...on('repost', 'POST', ':id/repost', repost(world), true),
  ...on('me', 'GET', 'me', me(world)),
]

export const routes = (world: ThWorld): SandboxRoute[] => [
  ...pageHosts.map((host) => route('authorize', `GET|POST ${host}/oauth/authorize`, authorize(world))),
  ...edges(world),
  ...on('node', 'GET', ':id', node(world)),
  ...on('delete', 'DELETE', ':id', remove(world), true),
]
