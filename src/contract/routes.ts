/**
 * Every HTTP route, as data: Fastify's validation, the OpenAPI document and the web's client all come from here.
 * One long table on purpose: it is read from top to bottom, a row a route.
 * `:ws` is the workspace; access is decided once, from `access` and the caller's role or key scopes. Where a path that is
 * not for everybody names none, the first workspace counts: its people run the installation.
 */
import { z } from 'zod'
import { attention } from './attention.ts'
import * as b from './backlog.ts'
import * as c from './channels.ts'
import { id, ok, page, pageQuery, role } from './common.ts'
import * as i from './insights.ts'
import * as m from './media.ts'
import * as pe from './people.ts'
import * as p from './posts.ts'
import { queueList } from './queues.ts'
import { strict } from './strict.ts'

/**
 * Who may: least role in the workspace, and the scope an API key needs. `public`: nobody signed in; `user`: any session.
 * `publish`: when a key needs the scope `publish` besides, since its call would change what is published: `always`, or
 * the condition in words (judged where the effect is known: planner/people/effect.ts).
 * `person`: for somebody who is signed in, and no key.
 */
export type Access =
  | 'public'
  | 'user'
  | { role: pe.Workspace['role']; scope: pe.Scope; publish?: string; person?: true }

export type Route = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  noun: string
  summary: string
  access: Access
  params?: z.ZodType
  query?: z.ZodType
  body?: z.ZodType
  reply: z.ZodType
  /** Default 200. */
  status?: number
  /** The reply carries an ETag, and a write honours If-Match; `needs`: it asks for it. Without, If-Match matches nothing. */
  etag?: 'gives' | 'honours' | 'needs'
  /** Multipart upload of `file`, with these fields beside it. */
  upload?: z.ZodType
  /** A network is asked while the caller waits: it may answer `network-failed`. */
  asksNetwork?: boolean
}
const route = <const R extends Route>(r: R): R => r

const ws = z.object({ ws: id })
const wsId = z.object({ ws: id, id })
const viewer = { role: 'viewer', scope: 'read' } as const
const editor = { role: 'editor', scope: 'write' } as const
const publisher = { role: 'editor', scope: 'publish' } as const
const admin = { role: 'admin', scope: 'admin' } as const
const owner = { role: 'owner', scope: 'admin' } as const
/** Connecting an account sends out what was held for it. */
const connecting = { ...admin, publish: 'always' } as const
const ofPost = { ...editor, publish: 'when a publication of the post is planned' } as const
const W = '/api/v1/workspaces/:ws'

export const routes = {
  setupState: route({
    method: 'GET',
    path: '/api/v1/setup',
    noun: 'setup',
    summary: 'Is this installation new?',
    access: 'public',
    reply: pe.setupState,
  }),
  setup: route({
    method: 'POST',
    path: '/api/v1/setup',
    noun: 'setup',
    summary: 'Create the owner and the first workspace; signs in',
    access: 'public',
    body: pe.setupInput,
    reply: pe.me,
    status: 201,
  }),
  me: route({
    method: 'GET',
    path: '/api/v1/me',
    noun: 'people',
    summary: 'Who am I, and my workspaces',
    access: 'user',
    reply: pe.me,
  }),
  passwordChange: route({
    method: 'POST',
    path: '/api/v1/me/password',
    noun: 'people',
    summary: 'Change my password; all my other sessions end',
    access: 'user',
    body: pe.passwordInput,
    reply: ok,
  }),

  workspaceGet: route({
    method: 'GET',
    path: W,
    noun: 'workspaces',
    summary: 'A workspace',
    access: viewer,
    params: ws,
    reply: pe.workspace,
  }),
  workspacePatch: route({
    method: 'PATCH',
    path: W,
    noun: 'workspaces',
    summary: 'Change name, zone, language, late policy, order of the backlog',
    access: { ...admin, publish: 'when it changes the late policy or the order of the backlog' },
    params: ws,
    body: pe.workspacePatch,
    reply: pe.workspace,
  }),
  workspacePause: route({
    method: 'POST',
    path: `${W}/pause`,
    noun: 'workspaces',
    summary: 'Publish nothing until resumed',
    access: publisher,
    params: ws,
    reply: pe.workspace,
  }),
  workspaceResume: route({
    method: 'POST',
    path: `${W}/resume`,
    noun: 'workspaces',
    summary: 'Publish again',
    access: publisher,
    params: ws,
    reply: pe.workspace,
  }),
  attentionGet: route({
    method: 'GET',
    path: `${W}/attention`,
    noun: 'attention',
    summary: 'What needs a person now, each with its remedy; in the first workspace also what the installation needs',
    access: viewer,
    params: ws,
    reply: attention,
  }),
  backlogGet: route({
    method: 'GET',
    path: `${W}/backlog`,
    noun: 'backlog',
    summary: 'What is late and has not begun, by channel, and when it will be through',
    access: viewer,
    params: ws,
    reply: b.backlog,
  }),
  backlogPause: route({
    method: 'POST',
    path: `${W}/backlog/pause`,
    noun: 'backlog',
    summary: 'Set the backlog aside: it is held until resumed or dropped; what is planned goes out on time',
    access: publisher,
    params: ws,
    reply: b.backlog,
  }),
  backlogResume: route({
    method: 'POST',
    path: `${W}/backlog/resume`,
    noun: 'backlog',
    summary: 'Let what was set aside go out now, paced, however late it is',
    access: publisher,
    params: ws,
    reply: b.backlog,
  }),
  backlogDrop: route({
    method: 'POST',
    path: `${W}/backlog/drop`,
    noun: 'backlog',
    summary: 'Cancel the backlog, what is set aside included; refused when there is more of it than `count`',
    access: publisher,
    params: ws,
    body: b.backlogDrop,
    reply: b.backlog,
  }),
  memberList: route({
    method: 'GET',
    path: `${W}/members`,
    noun: 'members',
    summary: 'Members and roles',
    access: viewer,
    params: ws,
    reply: z.object({ items: z.array(pe.member) }),
  }),
  memberAdd: route({
    method: 'POST',
    path: `${W}/members`,
    noun: 'members',
    summary: 'Add a person; creates the user when `password` is given',
    access: admin,
    params: ws,
    body: pe.memberInput,
    reply: pe.member,
    status: 201,
  }),
  memberPatch: route({
    method: 'PATCH',
    path: `${W}/members/:userId`,
    noun: 'members',
    summary: 'Change a role',
    access: admin,
    params: z.object({ ws: id, userId: z.string() }),
    body: strict({ role }),
    reply: pe.member,
  }),
  memberRemove: route({
    method: 'DELETE',
    path: `${W}/members/:userId`,
    noun: 'members',
    summary: 'Remove a member',
    access: admin,
    params: z.object({ ws: id, userId: z.string() }),
    reply: ok,
  }),
  memberPassword: route({
    method: 'POST',
    path: `${W}/members/:userId/password`,
    noun: 'members',
    summary: 'Give a member a new first password; all their sessions end, and they choose their own at sign-in',
    access: { ...owner, person: true },
    params: z.object({ ws: id, userId: z.string() }),
    body: pe.passwordReset,
    reply: ok,
  }),
  keyList: route({
    method: 'GET',
    path: `${W}/api-keys`,
    noun: 'api keys',
    summary: 'API keys, without the keys',
    access: admin,
    params: ws,
    reply: z.object({ items: z.array(pe.apiKey) }),
  }),
  keyCreate: route({
    method: 'POST',
    path: `${W}/api-keys`,
    noun: 'api keys',
    summary: 'Make a key; shown once',
    access: admin,
    params: ws,
    body: pe.apiKeyInput,
    reply: pe.apiKeyCreated,
    status: 201,
  }),
  keyRevoke: route({
    method: 'DELETE',
    path: `${W}/api-keys/:id`,
    noun: 'api keys',
    summary: 'Revoke a key',
    access: admin,
    params: wsId,
    reply: ok,
  }),

  platformList: route({
    method: 'GET',
    path: `${W}/platforms`,
    noun: 'platforms',
    summary: 'Platforms and how to connect them',
    access: viewer,
    params: ws,
    reply: z.object({ items: z.array(c.platformInfo) }),
  }),
  credentialsSet: route({
    method: 'PUT',
    path: `${W}/platforms/:platform/credentials`,
    noun: 'platforms',
    summary: 'Store the app credentials of a platform (sealed)',
    access: { ...owner, publish: 'always' },
    params: z.object({ ws: id, platform: z.string() }),
    body: c.credentialsInput,
    reply: ok,
  }),

  connectBegin: route({
    method: 'POST',
    path: `${W}/platforms/:platform/connect`,
    noun: 'channels',
    summary: 'Start connecting',
    access: connecting,
    params: z.object({ ws: id, platform: z.string() }),
    body: c.connectInput,
    reply: c.connectFlow,
    status: 201,
  }),
  connectGet: route({
    method: 'GET',
    path: `${W}/connect/:id`,
    noun: 'channels',
    summary: 'Where a connection attempt stands; polls a `code` flow',
    access: connecting,
    params: wsId,
    reply: c.connectFlow,
  }),
  connectAnswer: route({
    method: 'POST',
    path: `${W}/connect/:id/answer`,
    noun: 'channels',
    summary: 'Send the fields of a form flow',
    access: connecting,
    params: wsId,
    body: c.connectAnswer,
    reply: c.connectFlow,
  }),
  connectChoose: route({
    method: 'POST',
    path: `${W}/connect/:id/choose`,
    noun: 'channels',
    summary: 'Connect the chosen accounts',
    access: connecting,
    params: wsId,
    body: c.connectChoice,
    reply: c.connectFlow,
  }),
  sandboxConnectAll: route({
    method: 'POST',
    path: `${W}/sandbox/connect-all`,
    noun: 'channels',
    summary: 'Connect one sandbox channel on every platform, through the real flows',
    access: connecting,
    params: ws,
    reply: z.object({ items: z.array(c.channel) }),
    status: 201,
  }),
  channelList: route({
    method: 'GET',
    path: `${W}/channels`,
    noun: 'channels',
    summary: 'Channels',
    access: viewer,
    params: ws,
    reply: z.object({ items: z.array(c.channel) }),
  }),
  channelGet: route({
    method: 'GET',
    path: `${W}/channels/:id`,
    noun: 'channels',
    summary: 'A channel',
    access: viewer,
    params: wsId,
    reply: c.channel,
  }),
  channelPause: route({
    method: 'POST',
    path: `${W}/channels/:id/pause`,
    noun: 'channels',
    summary: 'Publish nothing on this channel until resumed',
    access: publisher,
    params: wsId,
    reply: c.channel,
  }),
  channelResume: route({
    method: 'POST',
    path: `${W}/channels/:id/resume`,
    noun: 'channels',
    summary: 'Publish again',
    access: publisher,
    params: wsId,
    reply: c.channel,
  }),
  channelCheck: route({
    method: 'POST',
    path: `${W}/channels/:id/check`,
    noun: 'channels',
    summary: 'Refresh the token now and report health',
    access: { ...editor, publish: 'when publications are held for the channel' },
    params: wsId,
    reply: c.channel,
  }),
  channelRemove: route({
    method: 'DELETE',
    path: `${W}/channels/:id`,
    noun: 'channels',
    summary: 'Disconnect; scheduled publications are held, not lost',
    access: { ...admin, publish: 'when publications are planned on the channel' },
    params: wsId,
    reply: ok,
  }),
  channelAccount: route({
    method: 'GET',
    path: `${W}/channels/:id/account`,
    noun: 'channels',
    summary: 'What the network says about the account now: facts and quotas; at most five minutes old',
    access: viewer,
    params: wsId,
    reply: c.channelAccount,
    asksNetwork: true,
  }),
  channelOptions: route({
    method: 'GET',
    path: `${W}/channels/:id/options/:list`,
    noun: 'channels',
    summary: 'A live list a setting chooses from: boards, flairs, playlists; the query narrows it',
    access: editor,
    params: wsId.extend({ list: z.string().min(1).max(60) }),
    query: c.optionParams,
    reply: z.object({ items: z.array(c.option) }),
    asksNetwork: true,
  }),
  channelInsights: route({
    method: 'GET',
    path: `${W}/channels/:id/insights`,
    noun: 'insights',
    summary: 'Numbers of the account over time',
    access: viewer,
    params: wsId,
    reply: i.channelInsights,
  }),

  mediaList: route({
    method: 'GET',
    path: `${W}/media`,
    noun: 'media',
    summary: 'Media, newest first',
    access: viewer,
    params: ws,
    query: pageQuery,
    reply: page(m.media),
  }),
  mediaUpload: route({
    method: 'POST',
    path: `${W}/media`,
    noun: 'media',
    summary: 'Upload a picture, a video or a PDF (multipart field `file`, optional `alt`)',
    access: editor,
    params: ws,
    reply: m.media,
    status: 201,
    upload: m.mediaFields,
    etag: 'gives',
  }),
  mediaImport: route({
    method: 'POST',
    path: `${W}/media/import`,
    noun: 'media',
    summary: 'Fetch a picture, a video or a PDF from a public https address',
    access: editor,
    params: ws,
    body: m.mediaImport,
    reply: m.media,
    status: 201,
    etag: 'gives',
  }),
  mediaGet: route({
    method: 'GET',
    path: `${W}/media/:id`,
    noun: 'media',
    summary: 'One file: what it is, its alt text, where its bytes are',
    access: viewer,
    params: wsId,
    reply: m.media,
    etag: 'gives',
  }),
  mediaPatch: route({
    method: 'PATCH',
    path: `${W}/media/:id`,
    noun: 'media',
    summary: 'Change the alt text',
    access: { ...editor, publish: 'when a planned publication shows the file' },
    params: wsId,
    body: m.mediaPatch,
    reply: m.media,
    etag: 'gives',
  }),
  mediaRemove: route({
    method: 'DELETE',
    path: `${W}/media/:id`,
    noun: 'media',
    summary: 'Delete; refused while a post that is not over uses it',
    access: editor,
    params: wsId,
    reply: ok,
    etag: 'honours',
  }),

  postList: route({
    method: 'GET',
    path: `${W}/posts`,
    noun: 'posts',
    summary: 'Posts; with `from` and `to` the calendar (by due time, ascending)',
    access: viewer,
    params: ws,
    query: pageQuery.extend(p.postQuery.shape),
    reply: page(p.post),
  }),
  postCreate: route({
    method: 'POST',
    path: `${W}/posts`,
    noun: 'posts',
    summary: 'Write a draft',
    access: editor,
    params: ws,
    body: p.postInput,
    reply: p.post,
    status: 201,
    etag: 'gives',
  }),
  postGet: route({
    method: 'GET',
    path: `${W}/posts/:id`,
    noun: 'posts',
    summary: 'A post with its publications',
    access: viewer,
    params: wsId,
    reply: p.post,
    etag: 'gives',
  }),
  postPut: route({
    method: 'PUT',
    path: `${W}/posts/:id`,
    noun: 'posts',
    summary: 'Replace content and channels; refused once publishing has begun',
    access: ofPost,
    params: wsId,
    body: p.postReplacement,
    reply: p.post,
    etag: 'needs',
  }),
  postRemove: route({
    method: 'DELETE',
    path: `${W}/posts/:id`,
    noun: 'posts',
    summary: 'Delete a post that has not begun publishing',
    access: ofPost,
    params: wsId,
    reply: ok,
    etag: 'honours',
  }),
  postDuplicate: route({
    method: 'POST',
    path: `${W}/posts/:id/duplicate`,
    noun: 'posts',
    summary: 'The same post, in any state, as a new draft for the channels that are still connected',
    access: editor,
    params: wsId,
    reply: p.post,
    status: 201,
    etag: 'gives',
  }),
  postSchedule: route({
    method: 'POST',
    path: `${W}/posts/:id/schedule`,
    noun: 'posts',
    summary: 'Schedule or reschedule all its publications; runs preflight',
    access: publisher,
    params: wsId,
    body: p.scheduleInput,
    reply: p.post,
    etag: 'gives',
  }),
  postUnschedule: route({
    method: 'POST',
    path: `${W}/posts/:id/unschedule`,
    noun: 'posts',
    summary: 'Back to draft, as far as publishing has not begun',
    access: publisher,
    params: wsId,
    reply: p.post,
    etag: 'gives',
  }),
  postPreflight: route({
    method: 'POST',
    path: `${W}/preflight`,
    noun: 'posts',
    summary: 'What would each network refuse?',
    access: viewer,
    params: ws,
    body: p.postInput,
    reply: z.object({ channels: z.array(p.preflightChannel) }),
  }),

  publicationGet: route({
    method: 'GET',
    path: `${W}/publications/:id`,
    noun: 'publications',
    summary: 'A publication with attempts, steps and journal',
    access: viewer,
    params: wsId,
    reply: p.publicationDetail,
    etag: 'gives',
  }),
  publicationReschedule: route({
    method: 'POST',
    path: `${W}/publications/:id/reschedule`,
    noun: 'publications',
    summary: 'Another time for one channel',
    access: publisher,
    params: wsId,
    body: p.scheduleInput,
    reply: p.publication,
    etag: 'gives',
  }),
  publicationCancel: route({
    method: 'POST',
    path: `${W}/publications/:id/cancel`,
    noun: 'publications',
    summary: 'Cancel; refused once its create step has begun',
    access: publisher,
    params: wsId,
    reply: p.publication,
    etag: 'gives',
  }),
  publicationRetry: route({
    method: 'POST',
    path: `${W}/publications/:id/retry`,
    noun: 'publications',
    summary: 'Try a failed, missed or held publication again',
    access: publisher,
    params: wsId,
    reply: p.publication,
    etag: 'gives',
  }),
  publicationResolve: route({
    method: 'POST',
    path: `${W}/publications/:id/resolve`,
    noun: 'publications',
    summary: 'Settle an unconfirmed publication: it is there, or publish again',
    access: publisher,
    params: wsId,
    body: p.resolveInput,
    reply: p.publication,
    etag: 'gives',
  }),
  publicationRemove: route({
    method: 'POST',
    path: `${W}/publications/:id/remove`,
    noun: 'publications',
    summary: 'Take a published post down on the network',
    access: publisher,
    params: wsId,
    reply: p.publication,
    asksNetwork: true,
    etag: 'gives',
  }),
  publicationEdit: route({
    method: 'POST',
    path: `${W}/publications/:id/edit`,
    noun: 'publications',
    summary: 'Change the text of a published post in place, where the network lets apps',
    access: publisher,
    params: wsId,
    body: p.editInput,
    reply: p.publication,
    asksNetwork: true,
    etag: 'gives',
  }),
  publicationInsights: route({
    method: 'GET',
    path: `${W}/publications/:id/insights`,
    noun: 'insights',
    summary: 'Numbers of a published post over time',
    access: viewer,
    params: wsId,
    reply: i.publicationInsights,
  }),
  publicationInsightsNow: route({
    method: 'POST',
    path: `${W}/publications/:id/insights`,
    noun: 'insights',
    summary: 'Ask the network for the numbers now',
    access: editor,
    params: wsId,
    reply: i.publicationInsights,
    asksNetwork: true,
  }),
  queueList: route({
    method: 'GET',
    path: '/api/v1/queues',
    noun: 'queues',
    summary:
      'What carries the work, and what its queues hold; for the first workspace, whose people run the installation',
    access: admin,
    reply: queueList,
  }),
} as const satisfies Record<string, Route>

/** Doors of the workspace that answer with bytes or a stream, and so are no rows of the table above. */
export const rawRoutes = {
  events: { method: 'GET', path: `${W}/events`, summary: 'Server-sent events: what has changed', access: viewer },
  mediaContent: {
    method: 'GET',
    path: `${W}/media/:id/content`,
    summary: 'The file as it was uploaded; takes Range',
    access: viewer,
  },
  queueBoard: {
    method: 'GET',
    path: '/admin/queues',
    summary: 'A page that shows the queues on Redis and changes nothing; for owners of the first workspace',
    access: { ...owner, person: true },
  },
  mediaThumb: { method: 'GET', path: `${W}/media/:id/thumb`, summary: 'A small picture of it', access: viewer },
} as const satisfies Record<string, Pick<Route, 'method' | 'path' | 'summary' | 'access'>>

export type RouteName = keyof typeof routes
type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined
type Sent<T> = T extends z.ZodType ? z.input<T> : undefined
export type RouteOf<N extends RouteName> = (typeof routes)[N]
type Part<N extends RouteName, K extends string> = RouteOf<N> extends Record<K, infer T> ? T : undefined
/** What a handler gets, after validation. */
export type RouteInput<N extends RouteName> = {
  params: Parsed<Part<N, 'params'>>
  query: Parsed<Part<N, 'query'>>
  body: Parsed<Part<N, 'body'>>
}
/** What a client sends. */
export type RouteCall<N extends RouteName> = {
  params?: Sent<Part<N, 'params'>>
  query?: Sent<Part<N, 'query'>>
  body?: Sent<Part<N, 'body'>>
  ifMatch?: string
  idempotencyKey?: string
}
export type RouteReply<N extends RouteName> = z.output<RouteOf<N>['reply']>
