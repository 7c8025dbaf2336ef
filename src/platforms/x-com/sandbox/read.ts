/** Reading back: users/me, posts by id, a user's timeline, which lags behind as the real one does (fact sheet x-com.md §2, §4, §6). */
import { json, Refused } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { route } from '#kit/sandbox/route.ts'
import { type Caller, caller, invalid, notFound } from './answers.ts'
import { create, remove } from './create.ts'
import { lookupMax, timelinePage } from './numbers.ts'
import type { Post, User, XWorld } from './state.ts'
import { metricsAt, postView, type Spelling, userView } from './view.ts'

const postFields =
  'article attachments author_id card_uri community_id context_annotations conversation_id created_at display_text_range edit_controls edit_history_post_ids entities geo id in_reply_to_user_id lang media_metadata non_public_metrics note_post organic_metrics possibly_sensitive promoted_metrics public_metrics referenced_posts reply_settings scopes source suggested_source_links text withheld'.split(
    ' ',
  )
const tweetFields = [...postFields, 'edit_history_tweet_ids', 'note_tweet', 'referenced_tweets'].filter(
  (f) => !['edit_history_post_ids', 'note_post', 'referenced_posts'].includes(f),
)
const userFields =
  'affiliation confirmed_email connection_status created_at description entities id is_identity_verified location most_recent_post_id most_recent_tweet_id name parody pinned_post_id pinned_tweet_id profile_banner_url profile_image_url protected public_metrics receives_your_dm subscription subscription_type url username verified verified_followers_count verified_type withheld'.split(
    ' ',
  )
const mediaFields =
  'alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url promoted_metrics public_metrics type url variants width'.split(
    ' ',
  )
const expansionsKnown =
  'attachments.media_keys attachments.media_source_tweet attachments.poll_ids author_id edit_history_post_ids edit_history_tweet_ids entities.mentions.username geo.place_id in_reply_to_user_id referenced_posts.id referenced_tweets.id referenced_posts.id.author_id referenced_tweets.id.author_id pinned_post_id pinned_tweet_id'.split(
    ' ',
  )

const lists: Record<string, readonly string[]> = {
  'post.fields': postFields,
  'tweet.fields': tweetFields,
  'user.fields': userFields,
  'media.fields': mediaFields,
  expansions: expansionsKnown,
  'poll.fields': ['duration_minutes', 'end_datetime', 'id', 'options', 'voting_status'],
  'place.fields': ['full_name', 'id', 'country', 'country_code', 'geo', 'name', 'place_type', 'contained_within'],
}
const readable = [
  'post.fields',
  'tweet.fields',
  'user.fields',
  'media.fields',
  'poll.fields',
  'place.fields',
  'expansions',
]

type Asked = {
  fields: ReadonlySet<string>
  users: ReadonlySet<string>
  spelling: Spelling
  expansions: ReadonlySet<string>
  media: ReadonlySet<string>
}

/** Refuses unknown query parameters and unknown words in them; gives what was asked. */
const asked = (world: XWorld, req: SandboxRequest, c: Caller, extra: readonly string[]): Asked => {
  const errors: { parameter: string; value: unknown; message: string }[] = []
  const known = [...readable, ...extra]
  for (const [k, v] of req.query) {
    const renamed = k === 'post.fields' && world.knob('oldSpellingOnly') !== 0
    if (!known.includes(k) || renamed)
      errors.push({
        parameter: k,
        value: v,
        message: `The query parameter [${k}] is not one of [${known.filter((x) => !(renamed && x === 'post.fields')).join(',')}]`,
      })
    else if (lists[k])
      for (const word of v.split(','))
        if (!lists[k].includes(word))
          errors.push({
            parameter: k,
            value: v,
            message: `The \`${k}\` query parameter value [${word}] is not one of [${lists[k].join(',')}]`,
          })
  }
  if (errors.length > 0) throw new Refused(invalid(errors, c.headers))
  const set = (k: string) => new Set((req.query.get(k) ?? '').split(',').filter(Boolean))
  const old = req.query.has('tweet.fields') && !req.query.has('post.fields')
  return {
    fields: new Set([...set('post.fields'), ...set('tweet.fields')]),
    users: set('user.fields'),
    media: set('media.fields'),
    expansions: set('expansions'),
    spelling: old ? 'tweet' : 'post',
  }
}

/** Plays of a video: two of three who saw the post. */
const viewsOf = (world: XWorld, posts: readonly Post[], mediaId: string): number => {
  const post = posts.find((p) => p.media.includes(mediaId))
  return post ? Math.floor((metricsAt(world, post).impression_count * 2) / 3) : 0
}

/** `includes` for the expansions we can follow. */
const includes = (world: XWorld, posts: readonly Post[], a: Asked): Record<string, unknown> => {
  const out: Record<string, unknown> = {}
  if (a.expansions.has('attachments.media_keys')) {
    const list = posts.flatMap((p) => p.media).flatMap((id) => world.state.media[id] ?? [])
    if (list.length > 0)
      out.media = list.map((m) => ({
        media_key: m.key,
        type: m.category.endsWith('gif') ? 'animated_gif' : m.category.endsWith('video') ? 'video' : 'photo',
        ...(a.media.has('alt_text') && m.alt ? { alt_text: m.alt } : {}),
        ...(a.media.has('url') && m.blob ? { url: `${new URL(world.url).origin}${world.blobs.url(m.blob)}` } : {}),
        ...(a.media.has('width') && m.width ? { width: m.width } : {}),
        ...(a.media.has('height') && m.height ? { height: m.height } : {}),
        ...(a.media.has('duration_ms') && m.durationMs ? { duration_ms: m.durationMs } : {}),
        ...(a.media.has('public_metrics') && m.category.endsWith('video')
          ? { public_metrics: { view_count: viewsOf(world, posts, m.id) } }
          : {}),
      }))
  }
  if (a.expansions.has('author_id'))
    out.users = [...new Set(posts.map((p) => p.author))]
      .flatMap((id) => world.state.users.find((u) => u.id === id) ?? [])
      .map((u) => userView(world, u, a.users))
  return Object.keys(out).length > 0 ? { includes: out } : {}
}

const me =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['tweet.read', 'users.read'], 'me')
    const a = asked(world, req, c, [])
    return json(200, { data: userView(world, c.user, a.users) }, c.headers)
  }

/** One account by its name or id, and several. Numbers of users and posts share a limit. */
const userBy =
  (world: XWorld, by: 'username' | 'id') =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['tweet.read', 'users.read'], 'single')
    const a = asked(world, req, c, [])
    const word = req.params[by]!
    const user = world.state.users.find((u) => sameUser(u, by, word))
    return user
      ? json(200, { data: userView(world, user, a.users) }, c.headers)
      : json(200, { errors: [missingUser(word, by)] }, c.headers)
  }

const usersBy =
  (world: XWorld, by: 'username' | 'id', parameter: 'usernames' | 'ids') =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['tweet.read', 'users.read'], 'lookup')
    const a = asked(world, req, c, [parameter])
    const words = (req.query.get(parameter) ?? '').split(',').filter(Boolean)
    if (words.length === 0 || words.length > lookupMax)
      return invalid(
        [{ parameter, value: req.query.get(parameter), message: `${parameter}: 1 to ${lookupMax}` }],
        c.headers,
      )
    const found = words.map((word) => world.state.users.find((u) => sameUser(u, by, word)))
    const data = found.filter((u) => u !== undefined).map((u) => userView(world, u, a.users))
    const errors = words.filter((_, i) => !found[i]).map((word) => missingUser(word, parameter))
    return json(200, { ...(data.length > 0 ? { data } : {}), ...(errors.length > 0 ? { errors } : {}) }, c.headers)
  }

const sameUser = (u: User, by: 'username' | 'id', word: string) => u[by].toLowerCase() === word.toLowerCase()

const missingUser = (value: string, parameter: string) => ({
  value,
  detail: `Could not find user with ${parameter}: [${value}].`,
  title: 'Not Found Error',
  resource_type: 'user',
  parameter,
  resource_id: value,
  type: 'https://api.twitter.com/2/problems/resource-not-found',
})

const missing = (id: string, parameter: string) => ({
  value: id,
  detail: `Could not find tweet with ${parameter}: [${id}].`,
  title: 'Not Found Error',
  resource_type: 'tweet',
  parameter,
  resource_id: id,
  type: 'https://api.x.com/2/problems/resource-not-found',
})

const unauthorizedField = (id: string) => ({
  resource_id: id,
  resource_type: 'tweet',
  field: 'non_public_metrics',
  parameter: 'non_public_metrics',
  section: 'data',
  title: 'Field Authorization Error',
  detail: `Sorry, you are not authorized to access 'non_public_metrics' on the Tweet with 'ids' : [${id}].`,
  type: 'https://api.x.com/2/problems/not-authorized-for-field',
})

const lookup =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['tweet.read', 'users.read'], 'lookup')
    const a = asked(world, req, c, ['ids'])
    const ids = (req.query.get('ids') ?? '').split(',').filter(Boolean)
    if (ids.length === 0 || ids.length > lookupMax || ids.some((i) => !/^[0-9]{1,19}$/.test(i)))
      return invalid(
        [{ parameter: 'ids', value: req.query.get('ids'), message: `ids: 1 to ${lookupMax} post ids` }],
        c.headers,
      )
    const found = ids.map((id) => world.state.posts.find((p) => p.id === id && !p.deleted))
    // The owner's numbers are kept for 30 days; asked for later, an error stands where the post would [6].
    const own = ['non_public_metrics', 'organic_metrics'].some((f) => a.fields.has(f))
    const tooOld = (p: Post) => own && (p.author !== c.user.id || world.now() - p.at > 30 * 86_400_000)
    const posts = found.filter((p) => p !== undefined).filter((p) => !tooOld(p))
    const errors = [
      ...ids.filter((_, i) => !found[i]).map((id) => missing(id, 'ids')),
      ...found.filter((p) => p !== undefined && tooOld(p)).map((p) => unauthorizedField(p!.id)),
    ]
    return json(
      200,
      {
        ...(posts.length > 0 ? { data: posts.map((p) => postView(world, p, a.fields, a.spelling)) } : {}),
        ...includes(world, posts, a),
        ...(errors.length > 0 ? { errors } : {}),
      },
      c.headers,
    )
  }

const single =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['tweet.read', 'users.read'], 'single')
    const a = asked(world, req, c, [])
    const post = world.state.posts.find((p) => p.id === req.params.id && !p.deleted)
    if (!post) return json(200, { errors: [missing(req.params.id!, 'id')] }, c.headers)
    return json(200, { data: postView(world, post, a.fields, a.spelling), ...includes(world, [post], a) }, c.headers)
  }

/** ISO instant of a query parameter as epoch ms, undefined when absent; a wrong one is refused. */
const instant = (req: SandboxRequest, c: Caller, name: string): number | undefined => {
  const value = req.query.get(name)
  if (value === null) return undefined
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) || Number.isNaN(Date.parse(value)))
    throw new Refused(
      invalid(
        [
          {
            parameter: name,
            value,
            message: `The \`${name}\` query parameter value [${value}] is not a valid RFC3339 time`,
          },
        ],
        c.headers,
      ),
    )
  return Date.parse(value)
}

const timeline =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['tweet.read', 'users.read'], 'timeline')
    const a = asked(world, req, c, [
      'max_results',
      'start_time',
      'end_time',
      'since_id',
      'until_id',
      'exclude',
      'pagination_token',
    ])
    const max = Number(req.query.get('max_results') ?? timelinePage.default)
    if (!Number.isInteger(max) || max < timelinePage.min || max > timelinePage.max)
      return invalid(
        [
          {
            parameter: 'max_results',
            value: req.query.get('max_results'),
            message: `The \`max_results\` query parameter value [${req.query.get('max_results')}] is not between ${timelinePage.min} and ${timelinePage.max}`,
          },
        ],
        c.headers,
      )
    const exclude = (req.query.get('exclude') ?? '').split(',').filter(Boolean)
    if (exclude.some((e) => e !== 'retweets' && e !== 'replies'))
      return invalid(
        [{ parameter: 'exclude', value: exclude.join(','), message: 'exclude: retweets, replies' }],
        c.headers,
      )
    if (!world.state.users.some((u) => u.id === req.params.id)) return notFound('user', 'id', req.params.id!, c.headers)
    const from = instant(req, c, 'start_time') ?? 0
    const to = instant(req, c, 'end_time') ?? Number.POSITIVE_INFINITY
    const since = BigInt(req.query.get('since_id') ?? '0')
    const until = req.query.get('until_id')
    const visibleBefore = world.now() - world.knob('timelineLagMs')
    const all = world.state.posts
      .filter(
        (p) =>
          p.author === req.params.id &&
          !p.deleted &&
          p.at <= visibleBefore &&
          p.at >= from &&
          p.at < to &&
          BigInt(p.id) > since &&
          (until === null || BigInt(p.id) < BigInt(until)) &&
          !(exclude.includes('replies') && p.replyTo !== null),
      )
      .reverse()
    const skip = Number(/^p(\d+)$/.exec(req.query.get('pagination_token') ?? '')?.[1] ?? 0)
    const posts = all.slice(skip, skip + max)
    if (posts.length === 0) return json(200, { meta: { result_count: 0 } }, c.headers)
    const more = all.length > skip + max ? { next_token: `p${skip + max}` } : {}
    return json(
      200,
      {
        data: posts.map((p) => postView(world, p, a.fields, a.spelling)),
        ...includes(world, posts, a),
        meta: { result_count: posts.length, newest_id: posts[0]!.id, oldest_id: posts.at(-1)!.id, ...more },
      },
      c.headers,
    )
  }

export const postRoutes = (world: XWorld): SandboxRoute[] => [
  route('identity', 'GET api.x.com/2/users/me', me(world)),
  route('user', 'GET api.x.com/2/users/by/username/:username', userBy(world, 'username')),
  route('users', 'GET api.x.com/2/users/by', usersBy(world, 'username', 'usernames')),
  route('users', 'GET api.x.com/2/users', usersBy(world, 'id', 'ids')),
  route('create', 'POST api.x.com/2/tweets', create(world), { writes: true }),
  route('delete', 'DELETE api.x.com/2/tweets/:id', remove(world), { writes: true }),
  route('lookup', 'GET api.x.com/2/tweets', lookup(world)),
  route('lookup', 'GET api.x.com/2/tweets/:id', single(world)),
  route('timeline', 'GET api.x.com/2/users/:id/tweets', timeline(world)),
  route('user', 'GET api.x.com/2/users/:id', userBy(world, 'id')),
]
