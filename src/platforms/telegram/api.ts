/** Telegram's calls, typed thin (fact sheet §2, §3). The bot token is part of the address, which is never kept or logged. */
import { z } from 'zod'
import type { Http, HttpRequest } from '#kit/client/http.ts'
import type { Json } from '#kit/client/steps.ts'

export type Bot = { http: Http; token: string }

/** Long on purpose: a timeout of a send is an outcome nobody can look up. */
const sendTimeout = 120_000

const call = async <T extends z.ZodType>(
  b: Bot,
  method: string,
  members: { [k: string]: Json | undefined } | FormData,
  result: T,
  o: Pick<HttpRequest, 'timeoutMs' | 'charge'> = {},
): Promise<z.output<T>> => {
  const body = members instanceof FormData ? { multipart: members } : { json: members }
  const reply = await b.http({
    method: 'POST',
    url: `https://api.telegram.org/bot${b.token}/${method}`,
    ...body,
    ...o,
    expect: z.object({ ok: z.literal(true), result }) as unknown as z.ZodType<{ result: z.output<T> }>,
  })
  return reply.body.result
}

/** What a send asks of its call; `items`: each of an album counts as a message (fact sheet §7). */
const sending = (items = 1) => ({
  timeoutMs: sendTimeout,
  charge: [
    { bucket: 'bot', units: items },
    { bucket: 'chat', units: items },
  ],
})

const chat = z.looseObject({
  // 52 bits at most: a JS number holds it (fact sheet §2).
  id: z.int(),
  type: z.enum(['channel', 'supergroup', 'group', 'private']),
  title: z.string().optional(),
  username: z.string().optional(),
  first_name: z.string().optional(),
})
export type Chat = z.output<typeof chat>
const fullChat = chat.extend({ linked_chat_id: z.int().optional(), is_forum: z.boolean().optional() })

const message = z.looseObject({ message_id: z.int(), chat: chat.optional(), date: z.int().optional() })
export type Message = z.output<typeof message>

const member = z.looseObject({
  status: z.string(),
  can_post_messages: z.boolean().optional(),
  can_edit_messages: z.boolean().optional(),
  can_delete_messages: z.boolean().optional(),
  can_pin_messages: z.boolean().optional(),
  can_send_messages: z.boolean().optional(),
  can_send_photos: z.boolean().optional(),
})
export type Member = z.output<typeof member>

const incoming = z.looseObject({
  message_id: z.int(),
  chat,
  text: z.string().optional(),
  from: z.looseObject({ id: z.int() }).optional(),
  sender_chat: chat.optional(),
})
const update = z.looseObject({ update_id: z.int(), message: incoming.optional(), channel_post: incoming.optional() })
export type Incoming = z.output<typeof incoming>

export const getMe = (b: Bot) =>
  call(b, 'getMe', {}, z.looseObject({ id: z.int(), username: z.string(), first_name: z.string() }))
export const getChat = (b: Bot, chatId: number | string) => call(b, 'getChat', { chat_id: chatId }, fullChat)
export const getChatMember = (b: Bot, chatId: number, userId: number) =>
  call(b, 'getChatMember', { chat_id: chatId, user_id: userId }, member)

/**
 * The newest 100 updates, read without waiting. A negative offset counts from the end and never confirms what it
 * returns, so several connect flows can look at the same updates; only what is older than those 100 is forgotten.
 */
export const recentUpdates = (b: Bot) =>
  call(
    b,
    'getUpdates',
    { offset: -100, limit: 100, timeout: 0, allowed_updates: ['message', 'channel_post', 'my_chat_member'] },
    z.array(update),
  )

export type Common = {
  chat_id: string
  message_thread_id?: number
  disable_notification?: boolean
  protect_content?: boolean
}

export const sendMessage = (b: Bot, m: Common & { text: string; parse_mode?: string; link_preview_options?: Json }) =>
  call(b, 'sendMessage', m, message, sending())

/** `options` are objects since Bot API 7; strings are refused. */
export const sendPoll = (
  b: Bot,
  m: Common & {
    question: string
    options: { text: string }[]
    is_anonymous: boolean
    allows_multiple_answers: boolean
    open_period?: number
  },
) => call(b, 'sendPoll', m, message, sending())

/** In multipart every member is a string; objects and lists are JSON in one. */
const multipart = (
  members: { [k: string]: Json | undefined },
  files: { name: string; blob: Blob; file: string }[],
): FormData => {
  const form = new FormData()
  for (const [k, v] of Object.entries(members))
    if (v !== undefined) form.set(k, typeof v === 'string' ? v : JSON.stringify(v))
  for (const f of files) form.set(f.name, f.blob, f.file)
  return form
}

/** What Telegram calls a file: it decides the method and the member. */
export type FileKind = 'photo' | 'video' | 'animation' | 'document'
/** Sizes in pixels, duration in whole seconds; only videos and animations say them. */
export type Attached = {
  kind: FileKind
  blob: Blob
  mime: string
  size?: { width?: number; height?: number; duration?: number }
}
type Caption = { caption?: string; parse_mode?: string; has_spoiler?: boolean }

const extension: Record<string, string> = { 'video/quicktime': 'mov' }
const part = (name: string, f: Attached) => ({
  name,
  blob: new Blob([f.blob], { type: f.mime }),
  file: `${name}.${extension[f.mime] ?? f.mime.split('/')[1]}`,
})
const methodOf = { photo: 'sendPhoto', video: 'sendVideo', animation: 'sendAnimation', document: 'sendDocument' }
const streaming = (f: Attached) => (f.kind === 'video' ? { supports_streaming: true } : {})

/** One file: photos up to 10 MB (recompressed by Telegram), everything else up to 50 MB. */
export const sendFile = (b: Bot, m: Common & Caption, f: Attached) => {
  const { has_spoiler, ...rest } = m
  const members = {
    ...rest,
    ...(has_spoiler && f.kind !== 'document' ? { has_spoiler } : {}),
    ...(f.kind === 'video' || f.kind === 'animation' ? f.size : {}),
    ...streaming(f),
  }
  return call(b, methodOf[f.kind], multipart(members, [part(f.kind, f)]), message, sending())
}

/** 2-10 photos and videos, one call, one answer; the caption sits on the first and is shown under the album. */
export const sendAlbum = (b: Bot, m: Common, caption: Caption, files: Attached[]) => {
  const { has_spoiler, ...words } = caption
  const media = files.map((f, i) => ({
    type: f.kind,
    media: `attach://file${i}`,
    ...(f.kind === 'video' ? f.size : {}),
    ...streaming(f),
    ...(has_spoiler ? { has_spoiler } : {}),
    ...(i === 0 ? words : {}),
  }))
  return call(
    b,
    'sendMediaGroup',
    multipart(
      { ...m, media },
      files.map((f, i) => part(`file${i}`, f)),
    ),
    z.array(message).min(1),
    sending(files.length),
  )
}

type At = { chat_id: string; message_id: number; parse_mode?: string }
export const editText = (b: Bot, m: At & { text: string }) => call(b, 'editMessageText', m, message)
export const editCaption = (b: Bot, m: At & { caption: string }) => call(b, 'editMessageCaption', m, message)
export const memberCount = (b: Bot, chatId: string) => call(b, 'getChatMemberCount', { chat_id: chatId }, z.int())

export const pinMessage = (b: Bot, chatId: string, messageId: number) =>
  call(b, 'pinChatMessage', { chat_id: chatId, message_id: messageId, disable_notification: true }, z.literal(true))
export const deleteMessage = (b: Bot, chatId: number | string, messageId: number) =>
  call(b, 'deleteMessage', { chat_id: chatId, message_id: messageId }, z.literal(true))
export const deleteMessages = (b: Bot, chatId: number | string, messageIds: number[]) =>
  call(b, 'deleteMessages', { chat_id: chatId, message_ids: messageIds }, z.literal(true))
