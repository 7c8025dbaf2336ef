/** Every call of both hosts. Facebook Login's own come from the family and go first: `me` is no node. */
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { loginRoutes } from '../../families/meta/sandbox/login.ts'
import { commentHandlers } from './comments.ts'
import { createContainer } from './create.ts'
import { graph } from './door.ts'
import { insights } from './insights.ts'
import { ownLoginRoutes } from './oauth.ts'
import { publishContainer, publishingLimit, rupload } from './publish.ts'
import { handlers } from './read.ts'
import type { IgWorld } from './state.ts'
import { subscribedApps } from './subscribe.ts'

type Handle = (req: SandboxRequest) => Promise<SandboxResponse> | SandboxResponse

const onBoth = (name: string, method: string, path: string, handle: Handle, writes = false): SandboxRoute[] =>
  [graph.own, graph.meta].map((host) =>
    route(name, `${method} ${host}/:version/${path}`, handle, writes ? { writes } : {}),
  )

export const routes = (world: IgWorld): SandboxRoute[] => [
  ...ownLoginRoutes(world),
  ...loginRoutes(world, { network: 'Facebook', accent: '#1877f2' }),
  ...onBoth('container', 'POST', ':id/media', createContainer(world), true),
  ...onBoth('create', 'POST', ':id/media_publish', publishContainer(world), true),
  ...onBoth('limit', 'GET', ':id/content_publishing_limit', publishingLimit(world)),
  ...onBoth('list', 'GET', ':id/media', handlers.list(world, false)),
  ...onBoth('list', 'GET', ':id/stories', handlers.list(world, true)),
  ...onBoth('insights', 'GET', ':id/insights', insights(world)),
  ...onBoth('comments', 'GET', ':id/comments', commentHandlers.list(world)),
  ...onBoth('comment', 'POST', ':id/comments', commentHandlers.create(world), true),
  ...onBoth('comment', 'POST', ':id/replies', commentHandlers.create(world), true),
  ...onBoth('collaborators', 'GET', ':id/collaborators', handlers.collaborators(world)),
  ...onBoth('children', 'GET', ':id/children', handlers.children(world)),
  ...onBoth('subscribe', 'POST|DELETE', ':id/subscribed_apps', subscribedApps(world), true),
  route('rupload', 'POST rupload.facebook.com/ig-api-upload/:version/:id', rupload(world), { writes: true }),
  ...onBoth('node', 'GET', ':id', handlers.node(world)),
  ...onBoth('update', 'POST', ':id', handlers.update(world), true),
  ...onBoth('delete', 'DELETE', ':id', handlers.remove(world), true),
]
