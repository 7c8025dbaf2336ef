/** Activity webhooks (fact sheet x-com.md §9): signed with the OAuth 2.0 client secret over the raw body. */
import { createHmac } from 'node:crypto'
import type { XWorld } from './state.ts'

/** Sends one event to the app's webhook, when it has one. */
export const tell = (world: XWorld, type: string, user: string, payload: Record<string, unknown>): void => {
  if (world.webhookUrl() === null) return
  const body = JSON.stringify({
    data: { event_uuid: world.id(20), event_type: type, filter: { user_id: user }, payload },
  })
  const signature = createHmac('sha256', world.state.app.clientSecret).update(body).digest('base64')
  world.deliver({
    headers: {
      'content-type': 'application/json',
      'x-twitter-webhooks-signature-oauth2': `sha256=${signature}`,
    },
    body,
  })
}
