/** `POST /2/tweets` and its opposite (fact sheet x-com.md §3.1, §4, §5): strict about every member, in X's own words. */
import { json, Refused } from '#kit/sandbox/answer.ts'
import { isObject, type JsonObject, jsonBody } from '#kit/sandbox/body.ts'
import { checkFields, type FieldTable, is } from '#kit/sandbox/fields.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { type Caller, caller, forbidden, invalid, notFound, problem } from './answers.ts'
import { tell } from './hooks.ts'
import { checkMedia } from './media.ts'
import { duplicateMs, poll as pollLimits, text as textLimits } from './numbers.ts'
import { nextId, type Post, type XWorld } from './state.ts'
import { cashtags, findUrls, mentions, weightedLength } from './text.ts'
import { returnedText } from './view.ts'

const id = is.match(/^[0-9]{1,19}$/)

/** An object whose members are checked by a table; the first problem speaks for it. */
const objectOf =
  (table: FieldTable) =>
  (v: unknown): string | null => {
    if (!isObject(v)) return 'must be an object'
    const [first] = checkFields(v, table)
    return first ? `.${first.field} ${first.message}` : null
  }

const option = (v: unknown) =>
  typeof v === 'string' && v.length >= 1 && v.length <= pollLimits.optionMax
    ? null
    : `must have 1 to ${pollLimits.optionMax} characters`

/** CreatePostsRequest: additionalProperties false. */
const bodyTable: FieldTable = {
  text: { check: is.string },
  media: {
    check: objectOf({
      media_ids: { required: true, check: is.listOf(id, 1, 4) },
      tagged_user_ids: { check: is.listOf(id, 0, 10) },
      title: { check: is.string },
      description: { check: is.string },
      embeddable: { check: is.boolean },
      preview_media_id: { check: id },
      call_to_actions: { check: is.any },
    }),
  },
  poll: {
    check: objectOf({
      options: { required: true, check: is.listOf(option, pollLimits.minOptions, pollLimits.maxOptions) },
      duration_minutes: { required: true, check: is.integer(pollLimits.minMinutes, pollLimits.maxMinutes) },
      reply_settings: { check: is.oneOf('following', 'mentionedUsers', 'subscribers', 'verified') },
    }),
  },
  reply: {
    check: objectOf({
      in_reply_to_tweet_id: { required: true, check: id },
      exclude_reply_user_ids: { check: is.listOf(id, 0, 100) },
      auto_populate_reply_metadata: { check: is.boolean },
    }),
  },
  quote_tweet_id: { check: id },
  reply_settings: { check: is.oneOf('following', 'mentionedUsers', 'subscribers', 'verified') },
  community_id: { check: id },
  share_with_followers: { check: is.boolean },
  edit_options: { check: objectOf({ previous_post_id: { required: true, check: id } }) },
  geo: { check: objectOf({ place_id: { check: is.string } }) },
  made_with_ai: { check: is.boolean },
  paid_partnership: { check: is.boolean },
  for_super_followers_only: { check: is.boolean },
  nullcast: { check: is.boolean },
  direct_message_deep_link: { check: is.string },
  card_uri: { check: is.string },
}

const REPLY_RULE =
  'Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.'
const QUOTE_RULE =
  'Quoting this post is not allowed because you have not been mentioned or are not part of the conversation thread.'
const DUPLICATE = 'You are not allowed to create a Tweet with duplicate content.'

const stop = (answer: SandboxResponse): never => {
  throw new Refused(answer)
}

/** Parent of a reply: there, and ours or by somebody who called us. */
const parentOf = (world: XWorld, c: Caller, body: JsonObject): Post | null => {
  if (!isObject(body.reply)) return null
  const wanted = String(body.reply.in_reply_to_tweet_id)
  const parent = world.state.posts.find((p) => p.id === wanted && !p.deleted)
  if (!parent) return stop(notFound('tweet', 'in_reply_to_tweet_id', wanted, c.headers))
  const summoned = mentions(parent.text).includes(c.user.username.toLowerCase())
  if (parent.author !== c.user.id && !summoned) stop(forbidden(REPLY_RULE, c.headers))
  return parent
}

const checkText = (world: XWorld, c: Caller, text: string, needed: boolean) => {
  if (text.trim() === '' && needed)
    stop(
      invalid(
        [{ parameter: 'text', value: text, message: '$.text: is required unless media or a poll is given' }],
        c.headers,
      ),
    )
  const max = c.user.premium ? textLimits.maxPremium : textLimits.max
  if (weightedLength(text) > max) stop(forbidden(undefined, c.headers))
  if (cashtags(text).length > textLimits.maxCashtags)
    stop(forbidden('You can use a maximum of one cashtag in a post.', c.headers))
  if (world.knob('duplicateGuard') === 0 || text.trim() === '') return
  const since = world.now() - duplicateMs
  if (world.state.posts.some((p) => p.author === c.user.id && !p.deleted && p.at > since && p.text === text))
    stop(forbidden(DUPLICATE, c.headers))
}

/** POST /2/tweets -> 201. */
export const create =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['tweet.read', 'tweet.write', 'users.read'], 'create')
    const body = jsonBody(req)
    if (!body)
      return problem(
        400,
        'Invalid Request',
        'The body is not a JSON object sent as application/json in UTF-8.',
        'https://api.x.com/2/problems/invalid-request',
        c.headers,
      )
    const problems = checkFields(body, bodyTable)
    if (problems.length > 0)
      return invalid(
        problems.map((p) => ({
          parameter: p.field,
          value: body[p.field],
          message:
            p.kind === 'unknown'
              ? `$.${p.field}: is not defined in the schema and the schema does not allow additional properties`
              : `$.${p.field}: ${p.message}`,
        })),
        c.headers,
      )
    const exclusive = ['media', 'poll', 'quote_tweet_id', 'card_uri'].filter((k) => body[k] !== undefined)
    if (exclusive.length > 1)
      return invalid(
        [
          {
            parameter: exclusive[1]!,
            value: body[exclusive[1]!],
            message: `$.${exclusive[1]}: cannot be combined with ${exclusive[0]}`,
          },
        ],
        c.headers,
      )
    if (body.quote_tweet_id !== undefined) return forbidden(QUOTE_RULE, c.headers)
    if (
      body.community_id !== undefined ||
      body.edit_options !== undefined ||
      body.card_uri !== undefined ||
      body.nullcast === true
    )
      return forbidden(undefined, c.headers)

    const text = typeof body.text === 'string' ? body.text.normalize('NFC') : ''
    const attached = isObject(body.media) ? checkMedia(world, c, body.media.media_ids as string[]) : []
    const parent = parentOf(world, c, body)
    checkText(world, c, text, attached.length === 0 && body.poll === undefined)
    const poll = isObject(body.poll)
      ? { options: body.poll.options as string[], minutes: Number(body.poll.duration_minutes) }
      : null
    const post = addPost(world, c.user.id, { text, media: attached.map((m) => m.id), parent, poll, raw: body })
    return json(201, { data: { id: post.id, text: returnedText(post), edit_history_post_ids: [post.id] } }, c.headers)
  }

/** Puts a post on the network, with its short links. */
export const addPost = (
  world: XWorld,
  author: string,
  o: { text: string; media: string[]; parent: Post | null; poll: Post['poll']; raw: unknown },
): Post => {
  const postId = nextId(world)
  const short = () => `https://t.co/${world.id(10)}`
  const post: Post = {
    id: postId,
    author,
    text: o.text,
    links: findUrls(o.text).map((u) => ({ short: short(), url: u.url })),
    mediaLink: o.media.length > 0 ? short() : null,
    media: o.media,
    replyTo: o.parent?.id ?? null,
    conversation: o.parent?.conversation ?? postId,
    poll: o.poll,
    at: world.now(),
    deleted: false,
    raw: o.raw,
  }
  world.state.posts.push(post)
  world.changed()
  tell(world, 'post.create', author, { id: post.id, text: returnedText(post) })
  return post
}

/** DELETE /2/tweets/:id. */
export const remove =
  (world: XWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, ['tweet.read', 'tweet.write', 'users.read'], 'delete')
    const post = world.state.posts.find((p) => p.id === req.params.id && !p.deleted)
    if (!post) return notFound('tweet', 'id', req.params.id!, c.headers)
    if (post.author !== c.user.id) return forbidden('You are not authorized to delete this Tweet.', c.headers)
    post.deleted = true
    world.changed()
    tell(world, 'post.delete', post.author, { id: post.id })
    return json(200, { data: { deleted: true } }, c.headers)
  }
