/**
 * The imitation of {{name}}: strict, with the network's own refusals. Its numbers are typed from the documentation; they
 * are never imported from the client's side, so that a slip on either side shows.
 */
import { json, refuse } from '#kit/sandbox/answer.ts'
import { authToken, jsonBody, mimeOf } from '#kit/sandbox/body.ts'
import { checkFields, is } from '#kit/sandbox/fields.ts'
import { esc, timeTag } from '#kit/sandbox/html.ts'
import { defineImitation, type LedgerPost, type SandboxRequest, type World } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'

const host = 'api.{{id}}.example'
const maxText = 500
const maxPictures = 4
const maxPictureBytes = 5_000_000
const maxAlt = 1000
const pictureTypes = ['image/jpeg', 'image/png']

type Account = { id: string; handle: string; name: string; key: string; token: string }
type Post = { id: string; account: string; text: string; media_ids: string[]; visibility: string; at: number; deleted?: boolean }
type State = { accounts: Account[]; media: Record<string, { blob: string; mime: string; alt: string; account: string }>; posts: Post[]; next: number }
type W = World<State>

const graphemes = (text: string) => [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].length
const no = (status: number, code: string, message: string) => refuse(status, { error: { code, message } })
const urlOf = (post: Pick<Post, 'id'>) => `https://{{id}}.example/p/${post.id}`
const shown = (post: Post) => ({ id: post.id, text: post.text, media_ids: post.media_ids, url: urlOf(post) })

const person = (w: W, req: SandboxRequest): Account => {
  const token = authToken(req, 'bearer')
  return w.state.accounts.find((a) => a.token === token) ?? no(401, 'bad_token', 'The token is not valid.')
}

const signIn = (w: W) => (req: SandboxRequest) => {
  const body = jsonBody(req) ?? no(400, 'bad_request', 'The body must be a JSON object.')
  const account = w.state.accounts.find((a) => a.handle === body.handle && a.key === body.key)
  if (!account) return no(401, 'bad_key', 'Handle or key is wrong.')
  if (!account.token) {
    account.token = w.id(32)
    w.changed()
  }
  return json(200, { token: account.token, account: { id: account.id, handle: account.handle, name: account.name } })
}

const upload = (w: W) => (req: SandboxRequest) => {
  const account = person(w, req)
  const mime = mimeOf(req)
  if (!pictureTypes.includes(mime)) no(415, 'bad_media', `${mime || 'nothing'} is not taken.`)
  if (req.body.length === 0 || req.body.length > maxPictureBytes) no(413, 'bad_media', 'The picture is empty or too large.')
  const alt = req.query.get('alt') ?? ''
  if (alt.length > maxAlt) no(400, 'bad_media', `The description has at most ${maxAlt} characters.`)
  const id = w.id(16)
  w.state.media[id] = { blob: w.blobs.put(req.body, mime), mime, alt, account: account.id }
  w.changed()
  return json(201, { id })
}

const create = (w: W) => (req: SandboxRequest) => {
  const account = person(w, req)
  const body = jsonBody(req) ?? no(400, 'bad_request', 'The body must be a JSON object.')
  const problem = checkFields(body, {
    text: { required: true, check: is.string },
    media_ids: { required: true, check: is.listOf(is.string, 0, maxPictures) },
    visibility: { required: true, check: is.oneOf('public', 'followers') },
  })[0]
  if (problem) no(400, problem.kind === 'wrong' && problem.field === 'media_ids' ? 'bad_post' : 'bad_request', `${problem.field} ${problem.message}`)
  const text = body.text as string
  const media_ids = body.media_ids as string[]
  if (media_ids.some((id) => w.state.media[id]?.account !== account.id)) no(400, 'bad_media', 'There is no such picture.')
  if (graphemes(text) > maxText) no(400, 'bad_post', `A post has at most ${maxText} characters.`)
  if (!text.trim() && media_ids.length === 0) no(400, 'bad_post', 'A post needs text or a picture.')
  const post: Post = { id: String(w.state.next++), account: account.id, text, media_ids, visibility: body.visibility as string, at: w.now() }
  w.state.posts.push(post)
  w.changed()
  return json(201, shown(post))
}

const list = (w: W) => (req: SandboxRequest) => {
  const account = person(w, req)
  const own = w.state.posts.filter((p) => p.account === account.id && !p.deleted)
  return json(200, { posts: own.slice(-50).reverse().map(shown) })
}

const remove = (w: W) => (req: SandboxRequest) => {
  const account = person(w, req)
  const post = w.state.posts.find((p) => p.id === req.params.id && p.account === account.id && !p.deleted)
  if (!post) return no(404, 'not_found', 'There is no such post.')
  post.deleted = true
  w.changed()
  return json(200, { deleted: true })
}

/** The named account, invented when nobody knows it. */
const accountOf = (w: W, who?: string): Account => {
  const known = who ? w.state.accounts.find((a) => a.id === who || a.handle === who) : w.state.accounts[0]
  if (known) return known
  const account = { id: `u-${who}`, handle: who!, name: who!, key: w.id(20), token: '' }
  w.state.accounts.push(account)
  w.changed()
  return account
}

export default defineImitation<State>({
  platform: '{{id}}',
  name: '{{name}}',
  hosts: [host],
  seed: () => ({
    accounts: [
      { id: 'u-1', handle: 'ann', name: 'Ann Example', key: 'key-of-ann', token: '' },
      { id: 'u-2', handle: 'ben', name: 'Ben Example', key: 'key-of-ben', token: '' },
    ],
    media: {},
    posts: [],
    next: 1001,
  }),
  routes: (w) => [
    route('session', `POST ${host}/v1/session`, signIn(w)),
    route('upload', `POST ${host}/v1/media`, upload(w), { writes: true }),
    route('create', `POST ${host}/v1/posts`, create(w), { writes: true }),
    route('list', `GET ${host}/v1/posts`, list(w)),
    route('delete', `DELETE ${host}/v1/posts/:id`, remove(w), { writes: true }),
  ],
  posts: (w) =>
    w.state.posts.map((p): LedgerPost => ({
      id: p.id,
      account: p.account,
      text: p.text,
      media: p.media_ids.map((id) => ({ key: w.state.media[id]!.blob, mime: w.state.media[id]!.mime, alt: w.state.media[id]!.alt })),
      replyTo: null,
      at: p.at,
      url: urlOf(p),
      raw: p,
      ...(p.deleted ? { deleted: true } : {}),
    })),
  accounts: (w) => w.state.accounts.map(({ id, handle, name }) => ({ id, handle, name })),
  tokens: (w, who) => {
    const account = accountOf(w, who)
    if (!account.token) account.token = w.id(32)
    w.changed()
    return { credentials: {}, tokens: { token: account.token }, form: { handle: account.handle, key: account.key } }
  },
  revoke: (w, who) => {
    for (const account of w.state.accounts) if (!who || account.id === who || account.handle === who) Object.assign(account, { token: '', key: w.id(20) })
    w.changed()
  },
  faultAnswer: (_, status) =>
    status === 429
      ? json(429, { error: { code: 'rate_limited', message: 'Slow down.' } }, { 'retry-after': '60' })
      : json(status, { error: { code: 'unexpected', message: 'Something went wrong.' } }),
  render: (post, w) => {
    const account = w.state.accounts.find((a) => a.id === post.account)
    const pictures = post.media.map((m) => `<img src="${esc(w.blobs.url(m.key))}" alt="${esc(m.alt)}">`).join('')
    return `<b>${esc(account?.name ?? post.account)}</b> ${timeTag(post.at)}<p>${esc(post.text)}</p>${pictures}`
  },
  css: '.feed img{max-width:100%;border-radius:12px}.feed p{white-space:pre-wrap;margin:.25rem 0}',
})
