/** The doors: is the token good, does the chat exist, may the bot write there, is it too fast? (fact sheet telegram.md §7, §8) */
import { Refused } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { take } from '#kit/sandbox/window.ts'
import { limits } from './numbers.ts'
import { bad, type Params, tgError } from './params.ts'
import { type Chat, findChat, type TgWorld } from './state.ts'

/** 404 for something that is no token at all, 401 for one that is not (or no longer) ours. */
export const checkToken = (world: TgWorld, req: SandboxRequest): void => {
  const token = req.params.token ?? ''
  if (!/^\d{1,15}:[A-Za-z0-9_-]{20,}$/.test(token)) throw new Refused(tgError(404, 'Not Found'))
  const { bot } = world.state
  if (token !== bot.token || bot.revoked) throw new Refused(tgError(401, 'Unauthorized'))
}

export const tooMany = (retryAfter: number): SandboxResponse =>
  tgError(429, `Too Many Requests: retry after ${retryAfter}`, { retry_after: retryAfter })

/** 30 messages a second for the bot, 20 a minute for a chat; an album counts per item. */
export const pace = (world: TgWorld, c: Chat, messages: number): void => {
  if (world.knob('rateLimits') === 0) return
  const now = world.now()
  const perSecond = take(world.state.windows, 'bot', {
    cost: messages,
    limit: limits.perBotSecond,
    windowMs: 1000,
    now,
  })
  if (!perSecond.ok) throw new Refused(tooMany(1))
  const perMinute = take(world.state.windows, `chat/${c.id}`, {
    cost: messages,
    limit: limits.perChatMinute,
    windowMs: 60_000,
    now,
  })
  world.changed()
  if (!perMinute.ok) throw new Refused(tooMany(Math.max(1, Math.ceil((perMinute.resetAt - now) / 1000))))
}

export const chatOf = (world: TgWorld, p: Params, name = 'chat_id'): Chat => {
  const id = (p.str(name) ?? '').trim()
  if (id === '') return bad('chat_id is empty')
  return findChat(world, id) ?? bad('chat not found')
}

const forbidden = (description: string): never => {
  throw new Refused(tgError(403, `Forbidden: ${description}`))
}

/** A chat the bot may look into. */
export const memberChat = (world: TgWorld, p: Params, name = 'chat_id'): Chat => {
  const c = chatOf(world, p, name)
  if (c.bot.status === 'kicked') return forbidden(`bot was kicked from the ${c.type} chat`)
  if (c.bot.status === 'left') return forbidden(`bot is not a member of the ${c.type} chat`)
  return c
}

/** A chat the bot may write to; `what` is the word of the refusal (`text messages`, `photos`). */
export const writableChat = (world: TgWorld, p: Params, what: string): Chat => {
  const c = memberChat(world, p)
  if (c.type === 'channel' && (c.bot.status !== 'administrator' || !c.bot.canPost))
    return bad('need administrator rights in the channel chat')
  if (c.type !== 'channel' && c.bot.status === 'restricted' && !c.bot.canSend)
    return bad(`not enough rights to send ${what} to the chat`)
  if (p.int('message_thread_id') !== undefined) return bad('message thread not found')
  return c
}
