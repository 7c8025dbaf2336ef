/** Subscribing an account (Instagram Login) or its Page (Facebook Login) to webhooks (§9). */
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { enter, graphAnswer } from '../../families/meta/sandbox/door.ts'
import { badParam, missingObject } from '../../families/meta/sandbox/envelope.ts'
import { checkParams, listOf, param } from '../../families/meta/sandbox/params.ts'
import { pageById } from '../../families/meta/sandbox/state.ts'
import { accountIn, answer, caller } from './door.ts'
import type { IgWorld } from './state.ts'

const fields = ['comments', 'mentions', 'live_comments', 'messages', 'story_insights']
const table = { subscribed_fields: { required: true as const, check: param.text } }

const asked = (value: string | undefined, allowed: readonly string[]): string[] => {
  const names = listOf(value)
  const unknown = names.find((x) => !allowed.includes(x))
  if (names.length === 0 || unknown) badParam(`Param subscribed_fields must be one of {${allowed.join(', ')}}`)
  return names
}

export const subscribedApps =
  (world: IgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const id = req.params.id!
    if (req.host === 'graph.facebook.com') {
      const page = pageById(world, id) ?? missingObject(id)
      const c = enter(world, req, { scopes: ['pages_manage_metadata'], page: page.id })
      const rest = world.state.installed.filter((x) => x !== id)
      if (req.method === 'POST') {
        checkParams(c.params, table)
        asked(c.params.fields.subscribed_fields, ['feed', 'mention'])
        world.state.installed = [...rest, id]
      } else world.state.installed = rest
      world.changed()
      return graphAnswer(c, { success: true })
    }
    const c = caller(world, req, ['basic'])
    const a = accountIn(c, id)
    if (req.method === 'POST') {
      checkParams(c.params, table)
      a.subscribed = asked(c.params.fields.subscribed_fields, fields)
    } else a.subscribed = []
    world.changed()
    return answer(c, { success: true })
  }
