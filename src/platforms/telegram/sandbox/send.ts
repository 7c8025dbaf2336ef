/** The send* methods: text, one file, an album, a poll (fact sheet telegram.md §3). A bot gets no update for what it sends. */
import { isObject, type JsonObject } from '#kit/sandbox/body.ts'
import { checkFields, is } from '#kit/sandbox/fields.ts'
import type { SandboxResponse } from '#kit/sandbox/imitation.ts'
import { ignoreFields, olderName } from '#kit/sandbox/notices.ts'
import { format } from './entities.ts'
import { takeFile } from './files.ts'
import { memberChat, pace, writableChat } from './gate.ts'
import type { Formatted } from './markup.ts'
import { album as albumLimits, poll as pollLimits, text as textLimits } from './numbers.ts'
import { bad, ok, type Params } from './params.ts'
import type { Chat, File, Message, TgWorld } from './state.ts'
import { messageView } from './view.ts'

type Draft = Pick<Message, 'kind' | 'text' | 'entities' | 'file' | 'group' | 'poll' | 'spoiler'>

const replyOf = (world: TgWorld, c: Chat, p: Params): number | null => {
  const raw = p.json('reply_parameters')
  if (raw === undefined) return null
  if (!isObject(raw) || !Number.isInteger(raw.message_id))
    return bad("can't parse ReplyParameters: message_id must be specified")
  const there = world.state.messages.some((m) => m.chat === c.id && m.id === raw.message_id && !m.deleted)
  if (!there && raw.allow_sending_without_reply !== true) return bad('message to be replied not found')
  return there ? (raw.message_id as number) : null
}

const post = (world: TgWorld, c: Chat, p: Params, replyTo: number | null, draft: Draft): Message => {
  const at = world.now()
  const m: Message = {
    chat: c.id,
    id: ++c.lastId,
    from: 'bot',
    date: Math.floor(at / 1000),
    at,
    editedAt: null,
    ...draft,
    replyTo,
    silent: p.bool('disable_notification'),
    deleted: false,
    raw: { ...p.values },
  }
  world.state.messages.push(m)
  world.changed()
  return m
}

const none = { file: null, group: null, poll: null, spoiler: false }

export const textOf = (p: Params): Formatted => {
  const f = format(p.str('text') ?? '', p.str('parse_mode'), p.json('entities'))
  if (f.text === '') return bad('message text is empty')
  return f.text.length > textLimits.max ? bad('message is too long') : f
}

export const captionOf = (caption: string | undefined, mode: string | undefined, entities: unknown): Formatted => {
  const f = format(caption ?? '', mode, entities)
  return f.text.length > textLimits.captionMax ? bad('message caption is too long') : f
}

/** Members of an object that nobody knows are passed over. */
const onlyMembers = (p: Params, o: JsonObject, names: readonly string[], path: string): void =>
  void ignoreFields(p, checkFields(o, Object.fromEntries(names.map((n) => [n, { check: is.any }]))), path)

const previewMembers = ['is_disabled', 'url', 'prefer_small_media', 'prefer_large_media', 'show_above_text']

export const sendMessage = (world: TgWorld, p: Params): SandboxResponse => {
  const c = writableChat(world, p, 'text messages')
  const f = textOf(p)
  const preview = p.json('link_preview_options')
  if (preview !== undefined && !isObject(preview)) return bad("can't parse LinkPreviewOptions")
  if (preview) onlyMembers(p, preview, previewMembers, 'link_preview_options.')
  const reply = replyOf(world, c, p)
  pace(world, c, 1)
  return ok(messageView(world, post(world, c, p, reply, { kind: 'text', ...f, ...none })))
}

/** sendPhoto, sendVideo, sendAnimation, sendDocument, sendAudio. */
export const sendFile =
  (kind: File['kind']) =>
  async (world: TgWorld, p: Params): Promise<SandboxResponse> => {
    const c = writableChat(world, p, kind === 'audio' ? 'music' : `${kind}s`)
    const f = captionOf(p.str('caption'), p.str('parse_mode'), p.json('caption_entities'))
    const reply = replyOf(world, c, p)
    const file = await takeFile(world, p, kind, p.str(kind), kind)
    pace(world, c, 1)
    return ok(
      messageView(
        world,
        post(world, c, p, reply, { kind: 'media', ...f, ...none, file: file.id, spoiler: p.bool('has_spoiler') }),
      ),
    )
  }

const itemKinds: Record<string, File['kind']> = { photo: 'photo', video: 'video', document: 'document', audio: 'audio' }
const itemMembers =
  'type media caption parse_mode caption_entities show_caption_above_media has_spoiler thumbnail cover start_timestamp width height duration supports_streaming disable_content_type_detection performer title'.split(
    ' ',
  )

const itemOf = (p: Params, v: unknown): JsonObject & { type: string; media: string } => {
  if (!isObject(v) || typeof v.type !== 'string' || typeof v.media !== 'string')
    return bad("can't parse InputMedia: media and type must be specified")
  onlyMembers(p, v, itemMembers, 'media.')
  if (!Object.hasOwn(itemKinds, v.type)) return bad("can't use the media of the specified type in the album")
  return { ...v, type: v.type, media: v.media }
}

/** All or nothing: every item is judged before the first is posted. */
export const sendMediaGroup = async (world: TgWorld, p: Params): Promise<SandboxResponse> => {
  const c = writableChat(world, p, 'photos')
  const raw = p.json('media')
  if (!Array.isArray(raw)) return bad("can't parse media JSON object")
  if (raw.length > albumLimits.max) return bad('too many messages to send as an album')
  if (raw.length < albumLimits.min) return bad('not enough messages to send as an album')
  const items = raw.map((v) => itemOf(p, v))
  const kinds = new Set(items.map((i) => i.type))
  const alone = kinds.has('document') || kinds.has('audio')
  if (alone && kinds.size > 1) return bad("can't use the media of the specified type in the album")
  const captions = items.map((i) =>
    captionOf(
      typeof i.caption === 'string' ? i.caption : undefined,
      typeof i.parse_mode === 'string' ? i.parse_mode : undefined,
      i.caption_entities,
    ),
  )
  const reply = replyOf(world, c, p)
  const files: File[] = []
  for (const [i, item] of items.entries())
    files.push(await takeFile(world, p, `media${i}`, item.media, itemKinds[item.type]!))
  pace(world, c, items.length)
  const group = world.id(17, '0123456789')
  const messages = items.map((item, i) =>
    post(world, c, p, reply, {
      kind: 'media',
      ...captions[i]!,
      ...none,
      file: files[i]!.id,
      group,
      spoiler: item.has_spoiler === true,
    }),
  )
  return ok(messages.map((m) => messageView(world, m)))
}

/** An object; until Bot API 7.3 a bare string, which is still taken. */
const optionOf = (p: Params, given: unknown): string => {
  if (typeof given === 'string') olderName(p, 'options as strings', 'as objects')
  const v = typeof given === 'string' ? { text: given } : given
  if (!isObject(v) || typeof v.text !== 'string')
    return bad("can't parse InputPollOption: options must be objects with a text")
  onlyMembers(p, v, ['text', 'text_parse_mode', 'text_entities', 'media'], 'options.')
  const { text } = format(
    v.text,
    typeof v.text_parse_mode === 'string' ? v.text_parse_mode : undefined,
    v.text_entities,
  )
  if (text === '') return bad('poll options must be non-empty')
  return text.length > pollLimits.optionMax ? bad(`poll options length must not exceed ${pollLimits.optionMax}`) : text
}

export const sendPoll = (world: TgWorld, p: Params): SandboxResponse => {
  const c = writableChat(world, p, 'polls')
  const { text: question } = format(p.str('question') ?? '', p.str('question_parse_mode'), p.json('question_entities'))
  if (question === '') return bad('poll question must be non-empty')
  if (question.length > pollLimits.questionMax)
    return bad(`poll question length must not exceed ${pollLimits.questionMax}`)
  const raw = p.json('options')
  if (!Array.isArray(raw)) return bad("can't parse options JSON object")
  if (raw.length < pollLimits.minOptions) return bad(`poll must have at least ${pollLimits.minOptions} option`)
  if (raw.length > pollLimits.maxOptions) return bad(`poll can't have more than ${pollLimits.maxOptions} options`)
  const options = raw.map((v) => optionOf(p, v))
  const anonymous = p.str('is_anonymous') === undefined || p.bool('is_anonymous')
  if (c.type === 'channel' && !anonymous) return bad("non-anonymous polls can't be sent to channel chats")
  const type = p.str('type') ?? 'regular'
  if (type !== 'regular' && type !== 'quiz') return bad('unsupported poll type specified')
  const correct = p.json('correct_option_ids')
  if (
    type === 'quiz' &&
    (!Array.isArray(correct) ||
      correct.length === 0 ||
      correct.some((i) => !Number.isInteger(i) || i < 0 || i >= options.length))
  )
    return bad('wrong correct option ID specified')
  const open = p.int('open_period')
  if (open !== undefined && (open < pollLimits.minOpen || open > pollLimits.maxOpen))
    return bad('wrong poll open period specified')
  if ((p.str('explanation') ?? '').length > pollLimits.explanationMax)
    return bad(`explanation length must not exceed ${pollLimits.explanationMax}`)
  const reply = replyOf(world, c, p)
  pace(world, c, 1)
  return ok(
    messageView(
      world,
      post(world, c, p, reply, {
        kind: 'poll',
        text: '',
        entities: [],
        ...none,
        poll: { question, options, anonymous, quiz: type === 'quiz', multiple: p.bool('allows_multiple_answers') },
      }),
    ),
  )
}

/** The same again without a link to where it came from. Gives the id only. */
export const copyMessage = (world: TgWorld, p: Params): SandboxResponse => {
  const from = memberChat(world, p, 'from_chat_id')
  const id = p.int('message_id')
  const m = world.state.messages.find((x) => x.chat === from.id && x.id === id && !x.deleted)
  if (!m) return bad('message to copy not found')
  const c = writableChat(world, p, m.kind === 'text' ? 'text messages' : m.kind === 'poll' ? 'polls' : 'media')
  const words =
    m.kind === 'media' && p.str('caption') !== undefined
      ? captionOf(p.str('caption'), p.str('parse_mode'), p.json('caption_entities'))
      : { text: m.text, entities: m.entities }
  const reply = replyOf(world, c, p)
  pace(world, c, 1)
  const { kind, file, poll, spoiler } = m
  const made = post(world, c, p, reply, { kind, ...words, file, group: null, poll, spoiler })
  return ok({ message_id: made.id })
}
