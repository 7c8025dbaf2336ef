/** Every method the imitation answers, its parameters (Bot API 10.3) and the route name the desk uses. */
import { Refused } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { olderName } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import {
  deleteMessage,
  deleteMessages,
  editMessageCaption,
  editMessageText,
  pinChatMessage,
  unpinChatMessage,
} from './edit.ts'
import { checkToken, memberChat } from './gate.ts'
import { bad, ok, type Params, readParams, tgError } from './params.ts'
import { copyMessage, sendFile, sendMediaGroup, sendMessage, sendPoll } from './send.ts'
import type { TgWorld } from './state.ts'
import { deleteWebhook, getUpdates, getWebhookInfo, setWebhook } from './updates.ts'
import { botUser, chatView, fileView, memberView, ownerUser } from './view.ts'

type Run = (world: TgWorld, p: Params) => SandboxResponse | Promise<SandboxResponse>
type Method = { name: string; params: string; writes?: boolean; run: Run }

const common =
  'business_connection_id chat_id message_thread_id direct_messages_topic_id disable_notification protect_content allow_paid_broadcast message_effect_id suggested_post_parameters reply_parameters reply_markup'
const caption = 'caption parse_mode caption_entities'
const sized = 'duration width height thumbnail'

const getMe: Run = (world) =>
  ok({
    ...botUser(world.state.bot),
    can_join_groups: true,
    can_read_all_group_messages: false,
    supports_inline_queries: false,
    can_connect_to_business: false,
    has_main_web_app: false,
  })

const getChat: Run = (world, p) => {
  const c = memberChat(world, p)
  return ok({
    ...chatView(c),
    ...(c.username ? { active_usernames: [c.username] } : {}),
    description: c.about,
    accent_color_id: 1,
    max_reaction_count: 11,
    accepted_gift_types: {
      unlimited_gifts: false,
      limited_gifts: false,
      unique_gifts: false,
      premium_subscription: false,
    },
    ...(c.type === 'channel'
      ? {}
      : {
          permissions: {
            can_send_messages: true,
            can_send_photos: true,
            can_send_videos: true,
            can_send_documents: true,
            can_send_audios: true,
            can_send_polls: true,
            can_send_other_messages: true,
          },
        }),
  })
}

const getChatMember: Run = (world, p) => {
  const c = memberChat(world, p)
  const user = p.int('user_id')
  if (user === world.state.bot.id) return ok(memberView(world, c, c.bot))
  if (user === world.state.owner.id) return ok({ user: ownerUser(world.state), status: 'creator', is_anonymous: false })
  return bad('user not found')
}

const getFile: Run = (world, p) => {
  const f = world.state.files[p.str('file_id') ?? '']
  return f
    ? ok({ ...fileView(f), file_path: `${f.kind}s/${f.unique}` })
    : bad('wrong file_id or the file is temporarily unavailable')
}

const methods: Record<string, Method> = {
  getMe: { name: 'identity', params: '', run: getMe },
  getChat: { name: 'chat', params: 'chat_id', run: getChat },
  getChatMember: { name: 'member', params: 'chat_id user_id', run: getChatMember },
  getChatMemberCount: { name: 'member-count', params: 'chat_id', run: (world, p) => ok(memberChat(world, p).members) },
  getChatAdministrators: {
    name: 'administrators',
    params: 'chat_id return_bots',
    run: (world, p) =>
      ok(memberChat(world, p) && [{ user: ownerUser(world.state), status: 'creator', is_anonymous: false }]),
  },
  getUpdates: { name: 'updates', params: 'offset limit timeout allowed_updates', run: getUpdates },
  setWebhook: {
    name: 'set-webhook',
    params: 'url certificate ip_address max_connections allowed_updates drop_pending_updates secret_token',
    writes: true,
    run: setWebhook,
  },
  deleteWebhook: { name: 'delete-webhook', params: 'drop_pending_updates', writes: true, run: deleteWebhook },
  getWebhookInfo: { name: 'webhook-info', params: '', run: getWebhookInfo },
  getFile: { name: 'file', params: 'file_id', run: getFile },
  sendMessage: {
    name: 'create',
    params: `${common} text parse_mode entities link_preview_options`,
    writes: true,
    run: sendMessage,
  },
  sendPhoto: {
    name: 'create',
    params: `${common} ${caption} photo show_caption_above_media has_spoiler`,
    writes: true,
    run: sendFile('photo'),
  },
  sendVideo: {
    name: 'create',
    params: `${common} ${caption} ${sized} video cover start_timestamp show_caption_above_media has_spoiler supports_streaming`,
    writes: true,
    run: sendFile('video'),
  },
  sendAnimation: {
    name: 'create',
    params: `${common} ${caption} ${sized} animation show_caption_above_media has_spoiler`,
    writes: true,
    run: sendFile('animation'),
  },
  sendDocument: {
    name: 'create',
    params: `${common} ${caption} document thumbnail disable_content_type_detection`,
    writes: true,
    run: sendFile('document'),
  },
  sendAudio: {
    name: 'create',
    params: `${common} ${caption} audio duration performer title thumbnail`,
    writes: true,
    run: sendFile('audio'),
  },
  sendMediaGroup: {
    name: 'create',
    params:
      'business_connection_id chat_id message_thread_id direct_messages_topic_id media disable_notification protect_content allow_paid_broadcast message_effect_id reply_parameters',
    writes: true,
    run: sendMediaGroup,
  },
  sendPoll: {
    name: 'create',
    params: `${common} question question_parse_mode question_entities options is_anonymous type allows_multiple_answers allows_revoting shuffle_options allow_adding_options hide_results_until_closes members_only country_codes correct_option_ids explanation explanation_parse_mode explanation_entities explanation_media open_period close_date is_closed description description_parse_mode description_entities media`,
    writes: true,
    run: sendPoll,
  },
  copyMessage: {
    name: 'copy',
    params: `${common} from_chat_id message_id video_start_timestamp ${caption} show_caption_above_media`,
    writes: true,
    run: copyMessage,
  },
  editMessageText: {
    name: 'edit',
    params:
      'business_connection_id chat_id message_id inline_message_id text parse_mode entities link_preview_options rich_message reply_markup',
    writes: true,
    run: editMessageText,
  },
  editMessageCaption: {
    name: 'edit',
    params: `business_connection_id chat_id message_id inline_message_id ${caption} show_caption_above_media reply_markup`,
    writes: true,
    run: editMessageCaption,
  },
  deleteMessage: { name: 'delete', params: 'chat_id message_id', writes: true, run: deleteMessage },
  deleteMessages: { name: 'delete', params: 'chat_id message_ids', writes: true, run: deleteMessages },
  pinChatMessage: {
    name: 'pin',
    params: 'business_connection_id chat_id message_id disable_notification',
    writes: true,
    run: pinChatMessage,
  },
  unpinChatMessage: {
    name: 'unpin',
    params: 'business_connection_id chat_id message_id',
    writes: true,
    run: unpinChatMessage,
  },
}

/** Names of methods before Bot API 5.3; they still work. */
const olderMethods: Record<string, string> = { getChatMembersCount: 'getChatMemberCount' }

const answer = (world: TgWorld, m: Method, old?: { name: string; now: string }) => {
  const allowed = m.params.split(' ').filter(Boolean)
  return async (req: SandboxRequest): Promise<SandboxResponse> => {
    checkToken(world, req)
    if (old) olderName(req, old.name, old.now)
    return m.run(world, readParams(req, allowed))
  }
}

/** The file behind `getFile`'s path. */
const download =
  (world: TgWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    checkToken(world, req)
    const f = Object.values(world.state.files).find((x) => `${x.kind}s/${x.unique}` === req.params['*'])
    const blob = f && world.blobs.get(f.blob)
    if (!f || !blob) throw new Refused(tgError(404, 'Not Found'))
    return {
      status: 200,
      bytes: blob.bytes,
      headers: { 'content-type': 'application/octet-stream', 'content-security-policy': "default-src 'none'; sandbox" },
    }
  }

/** Method names are case-insensitive, as route patterns are here. */
export const methodRoutes = (world: TgWorld): SandboxRoute[] => [
  ...Object.entries(methods).map(([method, m]) =>
    route(m.name, `GET|POST api.telegram.org/bot:token/${method}`, answer(world, m), { writes: m.writes }),
  ),
  ...Object.entries(olderMethods).map(([name, now]) => {
    const m = methods[now]!
    const where = `GET|POST api.telegram.org/bot:token/${name}`
    return route(m.name, where, answer(world, m, { name, now }), { writes: m.writes })
  }),
  route('download', 'GET api.telegram.org/file/bot:token/*', download(world)),
  route('no-such-method', 'GET|POST api.telegram.org/bot:token/:method', (req) => {
    checkToken(world, req)
    return tgError(404, 'Not Found: method not found')
  }),
]
