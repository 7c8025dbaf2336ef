/** Updates: asked for by long poll, or sent to a webhook; never both (fact sheet telegram.md §9). */
import { Refused } from '#kit/sandbox/answer.ts'
import type { SandboxResponse } from '#kit/sandbox/imitation.ts'
import { isHome } from '#kit/sandbox/this-machine.ts'
import { updates as n } from './numbers.ts'
import { bad, ok, type Params, tgError } from './params.ts'
import type { TgWorld } from './state.ts'

const DEFAULT_ALLOWED = [
  'message',
  'edited_message',
  'channel_post',
  'edited_channel_post',
  'my_chat_member',
  'poll',
  'callback_query',
  'inline_query',
]

/** Long polls that wait, one a world; a new poll ends the old one. Not state: a restart ends them too. */
const waiting = new WeakMap<TgWorld, (why: 'news' | 'replaced') => void>()

/** Adds an update a person caused, tells who waits for it, and sends it to the webhook if there is one. */
export const addUpdate = (world: TgWorld, kind: string, body: Record<string, unknown>): void => {
  const { state } = world
  state.updates = state.updates.filter((u) => u.at > world.now() - n.keptMs)
  const allowed = state.webhook?.allowed ?? state.allowed ?? DEFAULT_ALLOWED
  if (!allowed.includes(kind)) return
  const update = { id: state.nextUpdate++, at: world.now(), kind, body }
  state.updates.push(update)
  world.changed()
  if (state.webhook) void deliver(world, update)
  else waiting.get(world)?.('news')
}

const view = (u: { id: number; kind: string; body: Record<string, unknown> }) => ({ update_id: u.id, [u.kind]: u.body })

/** One try: the real server tries again for a day, which a sandbox on the same computer need not. */
const deliver = async (world: TgWorld, u: TgWorld['state']['updates'][number]): Promise<void> => {
  const hook = world.state.webhook
  if (!hook) return
  const headers = {
    'content-type': 'application/json',
    ...(hook.secret ? { 'x-telegram-bot-api-secret-token': hook.secret } : {}),
  }
  const res = await world
    .fetch(hook.url, {
      method: 'POST',
      headers,
      body: JSON.stringify(view(u)),
      redirect: 'error',
      signal: AbortSignal.timeout(10_000),
    })
    .catch((error: unknown) => String(error))
  if (typeof res !== 'string' && res.ok) world.state.updates = world.state.updates.filter((x) => x.id !== u.id)
  else if (world.state.webhook) {
    world.state.webhook.lastError =
      typeof res === 'string'
        ? 'Connection refused'
        : `Wrong response from the webhook: ${res.status} ${res.statusText}`
    world.state.webhook.lastErrorAt = world.now()
  }
  world.changed()
}

const CONFLICT = 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running'

export const getUpdates = async (world: TgWorld, p: Params): Promise<SandboxResponse> => {
  const { state } = world
  if (state.webhook)
    throw new Refused(
      tgError(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      ),
    )
  waiting.get(world)?.('replaced')
  const allowed = allowedOf(p)
  if (allowed) state.allowed = allowed
  const limit = Math.min(n.maxLimit, Math.max(1, p.int('limit') ?? n.maxLimit))
  const offset = p.int('offset') ?? 0
  // A negative offset counts from the end; what is before it is forgotten, as below a positive one.
  const from = offset < 0 ? (state.updates.at(Math.max(offset, -state.updates.length))?.id ?? 0) : offset
  state.updates = state.updates.filter((u) => u.id >= from)
  world.changed()
  const timeout = Math.min(n.maxTimeoutSecs, Math.max(0, p.int('timeout') ?? 0))
  if (state.updates.length === 0 && timeout > 0) {
    const why = await new Promise<'news' | 'replaced' | 'over'>((resolve) => {
      waiting.set(world, resolve)
      void world.sleep(timeout * 1000).then(() => resolve('over'))
    })
    if (why === 'replaced') throw new Refused(tgError(409, CONFLICT))
    waiting.delete(world)
  }
  return ok(world.state.updates.slice(0, limit).map(view))
}

const allowedOf = (p: Params): string[] | null => {
  const list = p.json('allowed_updates')
  if (list === undefined) return null
  if (!Array.isArray(list) || list.some((x) => typeof x !== 'string'))
    return bad("can't parse allowed_updates JSON object")
  return list.length === 0 ? DEFAULT_ALLOWED : (list as string[])
}

export const setWebhook = (world: TgWorld, p: Params): SandboxResponse => {
  const url = p.str('url') ?? ''
  if (url === '') return deleteWebhook(world, p)
  // The real server takes https only; a program on this computer may also listen on plain http here.
  const parsed = URL.canParse(url) ? new URL(url) : null
  const local = parsed !== null && isHome(parsed.hostname)
  if (parsed === null || (parsed.protocol !== 'https:' && !local))
    return bad('bad webhook: An HTTPS URL must be provided for webhook')
  if (!local && !['', '443', '80', '88', '8443'].includes(parsed.port))
    return bad('bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443')
  const secret = p.str('secret_token') ?? null
  if (secret !== null && !/^[A-Za-z0-9_-]{1,256}$/.test(secret))
    return bad('secret token contains unallowed characters')
  const max = p.int('max_connections') ?? 40
  if (max < 1 || max > 100) return bad('max_connections must be from 1 to 100')
  world.state.webhook = { url, secret, allowed: allowedOf(p), max, lastError: null, lastErrorAt: null }
  if (p.bool('drop_pending_updates')) world.state.updates = []
  world.changed()
  return ok(true)
}

export const deleteWebhook = (world: TgWorld, p: Params): SandboxResponse => {
  world.state.webhook = null
  if (p.bool('drop_pending_updates')) world.state.updates = []
  world.changed()
  return ok(true)
}

export const getWebhookInfo = (world: TgWorld): SandboxResponse => {
  const { webhook: w, updates } = world.state
  return ok({
    url: w?.url ?? '',
    has_custom_certificate: false,
    pending_update_count: updates.length,
    ...(w ? { max_connections: w.max, ...(w.allowed ? { allowed_updates: w.allowed } : {}) } : {}),
    ...(w?.lastError
      ? { last_error_date: Math.floor((w.lastErrorAt ?? 0) / 1000), last_error_message: w.lastError }
      : {}),
  })
}
