/**
 * Publishing on Telegram: one send, at most once. There is no key and no way to look (fact sheet §4), so a lost answer
 * becomes `unconfirmed` and a person decides.
 *
 * A caption holds 1,024 characters. A longer text with pictures goes out as two messages: the pictures without words,
 * then the text. Pictures first, because the text is what readers see last and may reply to, and because a failure in
 * between leaves pictures to which the text can still be added by hand.
 */
import {
  type Created,
  done,
  type Json,
  type StepContext,
  type StepMedia,
  type StepView,
  step,
  steps,
} from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import {
  type Attached,
  type Bot,
  type Common,
  type Message,
  pinMessage,
  sendAlbum,
  sendFile,
  sendMessage,
  sendPoll,
} from './api.ts'
import { captionMax, type Settings } from './spec.ts'
import { visible } from './text.ts'

type T = StepContext<Settings>

/**
 * What a send leaves. `messages`: every id of an album. `chat`: where it really went, after a migration. `words`: where
 * its text sits, for editing.
 */
export type Sent = Created & { messages: number[]; chat: string; words: 'text' | 'caption' | 'none' }

const bot = (t: T): Bot => ({ http: t.http, token: t.credentials.botToken ?? '' })
const words = (t: StepView<Settings>) => t.segments[0]!.text
const pictures = (t: StepView<Settings>) => t.segments[0]!.media
const needsOwnMessage = (t: StepView<Settings>) =>
  pictures(t).length > 0 && visible(words(t), t.settings.parseMode).length > captionMax

/** Members that are not set are left out: Telegram's defaults are ours. */
const common = (t: T, chat: string): Common => ({
  chat_id: chat,
  ...(t.settings.topicId ? { message_thread_id: t.settings.topicId } : {}),
  ...(t.settings.silent ? { disable_notification: true } : {}),
  ...(t.settings.protect ? { protect_content: true } : {}),
})
/** The network's name of the text format; plain text has none. */
export const modeOf = (s: Pick<Settings, 'parseMode'>): { parse_mode?: string } =>
  s.parseMode === 'plain' ? {} : { parse_mode: s.parseMode === 'html' ? 'HTML' : 'MarkdownV2' }
const mode = (t: T) => modeOf(t.settings)

const preview = (t: T): { link_preview_options?: Json } => {
  const { linkPreview, previewAbove } = t.settings
  const above = previewAbove ? { show_above_text: true } : {}
  if (linkPreview === 'off') return { link_preview_options: { is_disabled: true } }
  if (linkPreview === 'small') return { link_preview_options: { prefer_small_media: true, ...above } }
  if (linkPreview === 'large') return { link_preview_options: { prefer_large_media: true, ...above } }
  return previewAbove ? { link_preview_options: above } : {}
}

/** Public chats by name; private channels and supergroups by number, for members only; basic groups have no links. */
export const permalink = (
  o: { chatId: string; username?: string; topicId?: number },
  messageId: number,
): string | null => {
  const place = o.topicId ? `${o.topicId}/${messageId}` : String(messageId)
  if (o.username) return `https://t.me/${o.username}/${place}`
  return /^-100\d+$/.test(o.chatId) ? `https://t.me/c/${o.chatId.slice(4)}/${place}` : null
}

/** The id after a basic group became a supergroup; the send itself was refused, so nothing has gone out. */
const migratedTo = (error: unknown): string | undefined => {
  if (!(error instanceof PlatformFailure) || error.failure.code !== 'telegram.migrated') return undefined
  return /"migrate_to_chat_id"\s*:\s*(-?\d+)/.exec(error.failure.raw ?? '')?.[1]
}

/** Sends to the chat, or, when Telegram says the chat has a new number, to that one. */
const sendTo = async (t: T, words: Sent['words'], send: (chat: string) => Promise<Message[]>): Promise<Sent> => {
  let chat = t.done<Sent>('create')?.chat ?? t.channel.externalId
  let sent: Message[]
  try {
    sent = await send(chat)
  } catch (error) {
    const moved = migratedTo(error)
    if (!moved) throw error
    chat = moved
    sent = await send(chat)
  }
  const first = sent[0]!
  const messages = sent.map((m) => m.message_id).filter((id) => id > 0)
  // message_id 0: accepted, but put off by the server; no id, no link until it appears (fact sheet §3).
  if (first.message_id === 0) return { id: null, url: null, messages, chat, words }
  const username =
    first.chat?.username ?? (typeof t.channel.facts.username === 'string' ? t.channel.facts.username : undefined)
  return {
    id: String(first.message_id),
    url: permalink({ chatId: chat, username, topicId: t.settings.topicId }, first.message_id),
    messages,
    chat,
    words,
  }
}

const sendText = (t: T) => (chat: string) =>
  sendMessage(bot(t), { ...common(t, chat), text: words(t), ...mode(t), ...preview(t) }).then((m) => [m])

const attachedOf = async (m: StepMedia): Promise<Attached> => {
  const kind = m.kind === 'image' ? (m.mime === 'image/gif' ? 'animation' : 'photo') : m.kind
  const size = {
    ...(m.width ? { width: m.width } : {}),
    ...(m.height ? { height: m.height } : {}),
    ...(m.durationMs ? { duration: Math.round(m.durationMs / 1000) } : {}),
  }
  return { kind, blob: await m.blob(), mime: m.mime, size }
}

const sendPictures = async (t: T, withText: boolean): Promise<(chat: string) => Promise<Message[]>> => {
  const files = await Promise.all(pictures(t).map(attachedOf))
  const caption = {
    ...(withText && words(t).trim() ? { caption: words(t), ...mode(t) } : {}),
    ...(t.settings.spoiler ? { has_spoiler: true } : {}),
  }
  return async (chat) =>
    files.length === 1
      ? [await sendFile(bot(t), { ...common(t, chat), ...caption }, files[0]!)]
      : await sendAlbum(bot(t), common(t, chat), caption, files)
}

const sendQuestion = (t: T, poll: NonNullable<Settings['poll']>) => (chat: string) =>
  sendPoll(bot(t), {
    ...common(t, chat),
    question: words(t),
    options: poll.options.map((text) => ({ text })),
    is_anonymous: poll.anonymous,
    allows_multiple_answers: poll.multipleAnswers,
    ...(poll.openSeconds ? { open_period: poll.openSeconds } : {}),
  }).then((m) => [m])

export const publish = steps<Settings>(
  step('create', { again: 'never' }, async (t) => {
    if (t.settings.poll) return done(await sendTo(t, 'none', sendQuestion(t, t.settings.poll)))
    const withText = !needsOwnMessage(t)
    if (pictures(t).length > 0)
      return done(await sendTo(t, withText ? 'caption' : 'none', await sendPictures(t, withText)))
    return done(await sendTo(t, 'text', sendText(t)))
  }),

  step('comment', { again: 'never', when: (t) => !t.settings.poll && needsOwnMessage(t) }, async (t) =>
    done(await sendTo(t, 'text', sendText(t))),
  ),

  step('finish', { again: 'safe', when: (t) => t.settings.pin }, async (t) => {
    // After a person's word the checkpoint holds a link at most, and nothing can be pinned without the message's number.
    const sent = t.done<Partial<Sent>>('create')
    if (!sent?.messages?.[0]) return done({ pinned: false })
    await pinMessage(bot(t), sent.chat ?? t.channel.externalId, sent.messages[0])
    return done({ pinned: true })
  }),
)
