/**
 * The imitation of the Telegram Bot API: one bot, a few chats, no way for the bot to read back what it sent. Facts:
 * fact sheet telegram.md; numbers: `numbers.ts`. An unknown parameter is refused, though the real server ignores it.
 */
import { defineImitation, type LedgerPost, type SandboxResponse } from '#kit/sandbox/imitation.ts'
import { tooMany } from './gate.ts'
import { methodRoutes } from './methods.ts'
import { tgError } from './params.ts'
import { act } from './people.ts'
import { css, render } from './render.ts'
import { accountOf, findOrInvent, type Message, permalink, seed, type TgState, type TgWorld } from './state.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** The bot's own messages; an album is one post, deleted when all of it is. What people wrote by hand is left out. */
const ledger = (world: TgWorld): LedgerPost[] => {
  const { state } = world
  const groups = new Map<string, Message[]>()
  for (const m of state.messages) {
    if (m.from !== 'bot') continue
    const key = m.group ? `${m.chat}/${m.group}` : `${m.chat}:${m.id}`
    groups.set(key, [...(groups.get(key) ?? []), m])
  }
  return [...groups.values()].map((all): LedgerPost => {
    const first = all[0]!
    const left = all.filter((m) => !m.deleted)
    const chat = state.chats.find((c) => c.id === first.chat)!
    const worded = (left.length > 0 ? left : all).find((m) => m.text !== '') ?? first
    const files = (left.length > 0 ? left : all).flatMap((m) => (m.file === null ? [] : (state.files[m.file] ?? [])))
    return {
      id: `${first.chat}:${first.id}`,
      account: String(first.chat),
      text: first.poll ? first.poll.question : worded.text,
      media: files.map((f) => ({ key: f.blob, mime: f.mime, alt: '' })),
      replyTo: first.replyTo === null ? null : `${first.chat}:${first.replyTo}`,
      at: first.at,
      url: permalink(chat, first.id),
      raw: first.raw,
      ...(left.length === 0 ? { deleted: true } : {}),
    }
  })
}

/** The network's own envelope; 502 and 504 come from the machine in front and are HTML. The 400 is no documented refusal. */
const faultAnswer = (_world: TgWorld, status: number): SandboxResponse => {
  if (status === 429) return tooMany(30)
  if (status === 502 || status === 504) {
    const name = status === 502 ? '502 Bad Gateway' : '504 Gateway Time-out'
    return {
      status,
      html: `<html>\r\n<head><title>${name}</title></head>\r\n<body>\r\n<center><h1>${name}</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n`,
    }
  }
  const words: Record<number, string> = {
    400: 'Bad Request: REQUEST_STATE_UNKNOWN',
    401: 'Unauthorized',
    403: 'Forbidden: REQUEST_STATE_UNKNOWN',
    404: 'Not Found',
    500: 'Internal Server Error: Request aborted',
    503: 'Service Unavailable',
  }
  return tgError(status, words[status] ?? 'REQUEST_STATE_UNKNOWN')
}

export default defineImitation<TgState>({
  platform: 'telegram',
  name: 'Telegram',
  hosts: ['api.telegram.org'],
  seed,
  knobs: {
    /** 0 lets a bot send as fast as it likes. */
    rateLimits: 1,
  },
  routes: methodRoutes,
  posts: ledger,
  accounts: (world) => world.state.chats.map(accountOf),
  tokens: (world, account) => {
    const { bot } = world.state
    const chat = findOrInvent(world, account)
    if (bot.revoked) {
      bot.token = `${bot.id}:AA${world.id(33, LETTERS)}`
      bot.revoked = false
      world.changed()
    }
    return {
      credentials: { botToken: bot.token },
      tokens: {
        token: bot.token,
        bot_id: bot.id,
        username: bot.username,
        chat_id: chat.id,
        api_root: `${world.url}/api.telegram.org`,
      },
    }
  },
  revoke: (world) => {
    world.state.bot.revoked = true
    world.changed()
  },
  faultAnswer,
  act,
  render,
  css,
})
