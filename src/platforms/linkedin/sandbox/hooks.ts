/** Events of pages (fact sheet §9): a subscription a page and app, batches signed with the app's secret. */
import { createHmac } from 'node:crypto'
import { json } from '#kit/sandbox/answer.ts'
import { jsonBody } from '#kit/sandbox/body.ts'
import { is } from '#kit/sandbox/fields.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { httpsOrHome } from '#kit/sandbox/this-machine.ts'
import { actAs, caller, problem, wrongValue } from './answers.ts'
import { strict } from './content.ts'
import type { LinkedInWorld, Post } from './state.ts'

/** https, or plain http on this machine, where the sandbox lives. */
const reachable = (url: string) => URL.canParse(url) && httpsOrHome(new URL(url))

const keyParts = (key: string) =>
  Object.fromEntries(
    key
      .replace(/^\(|\)$/g, '')
      .split(',')
      .map((part) => [part.slice(0, part.indexOf(':')), decodeURIComponent(part.slice(part.indexOf(':') + 1))]),
  ) as Record<string, string>

const subscribe =
  (world: LinkedInWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, 'eventSubscriptions.UPDATE', ['rw_organization_admin'])
    const key = keyParts(req.params['*'] ?? '')
    const app = world.state.apps.find((a) => a.clientId === c.client)
    if (key.eventType !== 'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS')
      return problem(400, 'ILLEGAL_ARGUMENT', 'eventType is not known')
    if (key.developerApplication !== `urn:li:developerApplication:${app?.id}` || key.user !== c.urn)
      return problem(403, 'ACCESS_DENIED', 'The developer application or the user is not the one of the token', 100)
    const scope = { person: 'rw_organization_admin', page: 'rw_organization_admin' }
    const page = actAs(world, c, key.entity, 'eventSubscriptions.UPDATE', scope)
    const { webhook } = strict(jsonBody(req), '', { webhook: { required: true, check: is.string } })
    if (!reachable(String(webhook))) return wrongValue('webhook must be an https address')
    const id = `${c.client}/${page}`
    world.state.subscriptions = world.state.subscriptions.filter((s) => s.key !== id)
    world.state.subscriptions.push({ key: id, page, client: c.client, webhook: String(webhook) })
    world.changed()
    return json(204, undefined)
  }

/** Tells every app that listens to the page of this post. */
export const notify = (world: LinkedInWorld, post: Post, action: string, activity: string): void => {
  for (const s of world.state.subscriptions) {
    if (s.page !== post.author) continue
    const app = world.state.apps.find((a) => a.clientId === s.client)
    if (!app) continue
    const body = JSON.stringify({
      type: 'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS',
      notifications: [
        {
          notificationId: world.state.nextNotification++,
          organizationalEntity: s.page,
          action,
          sourcePost: post.urn,
          generatedActivity: activity,
          lastModifiedAt: world.now(),
        },
      ],
    })
    const signature = createHmac('sha256', app.clientSecret).update(`hmacsha256=${body}`).digest('hex')
    world.deliver({
      url: s.webhook,
      headers: { 'content-type': 'application/json', 'x-li-signature': signature },
      body,
    })
  }
  world.changed()
}

export const hookRoutes = (world: LinkedInWorld): SandboxRoute[] => [
  route('subscribe', 'PUT api.linkedin.com/rest/eventSubscriptions/*', subscribe(world), { writes: true }),
]
