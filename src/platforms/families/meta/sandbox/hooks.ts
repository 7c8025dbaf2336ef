/** Webhooks as Meta sends them: non-ASCII escaped, signed over those bytes (fact sheet facebook.md §9). */
import { createHmac } from 'node:crypto'
import type { MetaWorld } from './state.ts'

/** JSON with everything outside ASCII as `\uXXXX`. */
export const escapedJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Sends `{object, entry:[{id,time,changes}]}` to the app's webhook, if it has one. `secret`: default the app's. */
export const sendHook = (
  world: MetaWorld,
  o: { object: string; entry: string; changes: { field: string; value: unknown }[]; secret?: string },
): void => {
  if (!world.webhookUrl()) return
  const body = escapedJson({
    object: o.object,
    entry: [{ id: o.entry, time: Math.floor(world.now() / 1000), changes: o.changes }],
  })
  const sign = (algorithm: string) =>
    createHmac(algorithm, o.secret ?? world.state.meta.app.secret)
      .update(body)
      .digest('hex')
  world.deliver({
    headers: {
      'content-type': 'application/json',
      'user-agent': 'facebookexternalua',
      'x-hub-signature': `sha1=${sign('sha1')}`,
      'x-hub-signature-256': `sha256=${sign('sha256')}`,
    },
    body,
  })
}
