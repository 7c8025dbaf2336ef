/** The three submit calls (fact sheet reddit.md §4.1, §4.3, §4.4): strict about every member they know. */

import { json } from '#kit/sandbox/answer.ts'
import { eitherForm, isObject, jsonBody } from '#kit/sandbox/body.ts'
import { checkFields, type FieldTable, is } from '#kit/sandbox/fields.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreFields, otherType } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { type Caller, caller, errorIn200, refuseBare, reply } from './answers.ts'
import { leaseOfUrl } from './media.ts'
import { littleKarma, media as n } from './numbers.ts'
import { type Kind, nextId, type RedditWorld, type Submission } from './state.ts'
import { judge, type Proposal } from './validate.ts'
import { permalink } from './view.ts'

type Sent = {
  nsfw: boolean
  spoiler: boolean
  raw: unknown
  assets: Submission['assets']
  poster: string | null
  readyIn: number | null
}

const oneBool = is.match(/^(true|false)$/i)
const formTable: FieldTable = {
  api_type: { check: is.oneOf('json') },
  sr: { check: is.string },
  kind: { required: true, check: is.oneOf('self', 'link', 'image', 'video', 'videogif') },
  title: { check: is.string },
  text: { check: is.string },
  richtext_json: { check: is.string },
  url: { check: is.string },
  video_poster_url: { check: is.string },
  nsfw: { check: oneBool },
  spoiler: { check: oneBool },
  sendreplies: { check: oneBool },
  resubmit: { check: oneBool },
  validate_on_submit: { check: oneBool },
  flair_id: { check: is.string },
  flair_text: { check: is.string },
  collection_id: { check: is.string },
  discussion_type: { check: is.oneOf('CHAT') },
  draft_id: { check: is.string },
}
const jsonCommon: FieldTable = {
  api_type: { check: is.oneOf('json') },
  sr: { check: is.string },
  title: { check: is.string },
  text: { check: is.string },
  nsfw: { check: is.boolean },
  spoiler: { check: is.boolean },
  sendreplies: { check: is.boolean },
  resubmit: { check: is.boolean },
  validate_on_submit: { check: is.boolean },
  show_error_list: { check: is.boolean },
  flair_id: { check: is.string },
  flair_text: { check: is.string },
  collection_id: { check: is.string },
}
const itemTable: FieldTable = {
  media_id: { required: true, check: is.string },
  caption: { check: is.string },
  outbound_url: { check: is.string },
}
const galleryTable: FieldTable = {
  ...jsonCommon,
  items: {
    required: true,
    check: is.listOf(
      (v) => (isObject(v) && checkFields(v, itemTable).every((p) => p.kind === 'unknown') ? null : 'is not an item'),
      0,
      1000,
    ),
  },
}
const pollTable: FieldTable = {
  ...jsonCommon,
  text: { required: true, check: is.string },
  options: { required: true, check: is.listOf(is.string, 0, 1000) },
  duration: { required: true, check: is.integer(-1000, 1000) },
}

/** A refusal of wrong types; what Reddit does not know it ignores, and the desk tells it. */
const checkAll = (req: SandboxRequest, c: Caller, body: Record<string, unknown>, table: FieldTable): void => {
  const [first] = ignoreFields(req, checkFields(body, table))
  if (first) refuseBare(c, 400, { sandbox: `${first.field} ${first.message}` })
}

const flag = (v: unknown) => v === true || (typeof v === 'string' && v.toLowerCase() === 'true')
const str = (v: unknown): string => (typeof v === 'string' ? v : '')

const common = (b: Record<string, unknown>): Omit<Proposal, 'kind' | 'url' | 'items' | 'options' | 'days'> => ({
  sr: str(b.sr),
  title: str(b.title),
  text: str(b.text),
  flairId: str(b.flair_id) || null,
  flairText: str(b.flair_text) || null,
  resubmit: b.resubmit === undefined ? true : flag(b.resubmit),
  validate: flag(b.validate_on_submit),
})
/** Writes the post down. `readyIn` null: nothing will ever come of its file. */
const publish = (world: RedditWorld, c: Caller, p: Proposal, sent: Sent): Submission | null => {
  const { sub, flairText } = judge(world, c, p)
  if (c.user.karma < littleKarma) world.state.lastPost[c.user.id] = world.now()
  world.changed()
  if (sent.readyIn === null) return null
  const post: Submission = {
    id: nextId(world),
    owner: c.user.id,
    sub: sub.name,
    kind: p.kind,
    title: p.title.trim(),
    text: p.text,
    url: p.url,
    assets: sent.assets,
    poster: sent.poster,
    poll: p.kind === 'poll' ? { options: p.options, days: p.days } : null,
    nsfw: sent.nsfw || sub.over18,
    spoiler: sent.spoiler && sub.spoilers,
    flairText,
    at: world.now() + sent.readyIn,
    deleted: false,
    removedBy: world.knob('spamFilter') === 0 ? null : 'reddit',
    locked: false,
    raw: sent.raw,
  }
  world.state.posts.push(post)
  return post
}

/** Without `api_type=json` Reddit answers with calls for jQuery. */
const inForm = (c: Caller, asked: unknown, data: object): SandboxResponse =>
  asked === 'json'
    ? reply(c, { json: { errors: [], data } })
    : json(
        200,
        {
          jquery: [
            [0, 1, 'call', ['body']],
            [1, 2, 'attr', 'find'],
          ],
          success: true,
        },
        c.headers,
      )

const submit =
  (world: RedditWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, 'submit')
    const form = eitherForm(req)
    if (!form) return refuseBare(c, 400)
    otherType(req, 'application/x-www-form-urlencoded')
    const body: Record<string, unknown> = Object.fromEntries(form)
    checkAll(req, c, body, formTable)
    if (form.has('text') && form.has('richtext_json'))
      errorIn200(c, 'INVALID_SELFPOST', 'That text post is invalid.', 'text')
    const kind = body.kind as Kind
    const url = str(body.url) || null
    const film = kind === 'video' || kind === 'videogif'
    const file = film || kind === 'image'
    const p: Proposal = { ...common(body), kind, url: kind === 'link' ? url : null, items: [], options: [], days: 0 }
    let sent: Sent = {
      nsfw: flag(body.nsfw),
      spoiler: flag(body.spoiler),
      raw: body,
      assets: [],
      poster: null,
      readyIn: 0,
    }
    if (file) {
      const lease = leaseOfUrl(world, c.user.id, url, film)
      if (!lease) return errorIn200(c, 'BAD_URL', 'you should check that url', 'url')
      const poster = film ? leaseOfUrl(world, c.user.id, str(body.video_poster_url) || null, false) : undefined
      if (film && !poster)
        errorIn200(c, 'MISSING_VIDEO_URLS', 'This community requires a video link and a post link', 'url')
      sent = {
        ...sent,
        assets: [{ assetId: lease.assetId, caption: '', outbound: '' }],
        poster: poster?.assetId ?? null,
        readyIn: lease.wrong || poster?.wrong ? null : world.knob('processingMs'),
      }
    }
    const post = publish(world, c, p, sent)
    if (file)
      return inForm(c, body.api_type, {
        user_submitted_page: `https://www.reddit.com/user/${c.user.name}/submitted/`,
        websocket_url: `wss://k8s-lb.wss.redditmedia.com:443/${sent.assets[0]!.assetId}?m=sandbox`,
      })
    return inForm(c, body.api_type, {
      url: `https://www.reddit.com${permalink(post!)}`,
      drafts_count: 0,
      id: post!.id,
      name: `t3_${post!.id}`,
    })
  }

const jsonSubmit =
  (kind: 'gallery' | 'poll') =>
  (world: RedditWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, 'submit')
    const body = jsonBody(req)
    if (!body) return errorIn200(c, 'JSON_PARSE_ERROR', 'unable to parse JSON data', null)
    if (kind === 'poll' && body.options === undefined) return { status: 500, html: '<h1>Ow! -- reddit.com</h1>' }
    if (kind === 'poll' && body.duration === undefined) errorIn200(c, 'placeholder', 'Missing value', 'duration')
    checkAll(req, c, body, kind === 'poll' ? pollTable : galleryTable)
    const given = kind === 'gallery' ? (body.items as Record<string, unknown>[]) : []
    for (const item of given) ignoreFields(req, checkFields(item, itemTable), 'items.')
    const items = given.map((i) => ({
      assetId: str(i.media_id),
      caption: str(i.caption),
      outbound: str(i.outbound_url),
    }))
    const leases = items.map((i) =>
      Object.hasOwn(world.state.leases, i.assetId) ? world.state.leases[i.assetId] : undefined,
    )
    if (leases.some((l) => !l?.uploaded || l.owner !== c.user.id || !n.imageTypes.includes(l.mime)))
      errorIn200(c, 'placeholder', 'Invalid media asset.', 'items')
    if (leases.some((l) => l?.wrong)) errorIn200(c, 'BAD_IMAGE', 'That image is invalid', 'items')
    const post = publish(
      world,
      c,
      {
        ...common(body),
        kind,
        url: null,
        items,
        options: kind === 'poll' ? (body.options as string[]) : [],
        days: kind === 'poll' ? (body.duration as number) : 0,
      },
      {
        nsfw: flag(body.nsfw),
        spoiler: flag(body.spoiler),
        raw: body,
        assets: items,
        poster: null,
        readyIn: kind === 'gallery' ? world.knob('processingMs') : 0,
      },
    )!
    return reply(c, {
      json: { errors: [], data: { url: `https://www.reddit.com${permalink(post)}`, id: `t3_${post.id}` } },
    })
  }

const api = 'oauth.reddit.com'
export const submitRoutes = (world: RedditWorld): SandboxRoute[] => [
  route('create', `POST ${api}/api/submit`, submit(world), { writes: true }),
  route('create', `POST ${api}/api/submit_gallery_post`, jsonSubmit('gallery')(world), { writes: true }),
  route('create', `POST ${api}/api/submit_poll_post`, jsonSubmit('poll')(world), { writes: true }),
]
