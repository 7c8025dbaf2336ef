/** Comments, edits and deletion (fact sheet reddit.md §4.6). */
import { json } from '#kit/sandbox/answer.ts'
import { eitherForm } from '#kit/sandbox/body.ts'
import { checkFields, type FieldTable, is } from '#kit/sandbox/fields.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreFields, otherType } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { type Caller, caller, errorIn200, refuseBare, reply } from './answers.ts'
import { text as n } from './numbers.ts'
import { type Comment, nextId, type RedditWorld, type Submission } from './state.ts'
import { commentView, isUp, postView } from './view.ts'

type Handle = (world: RedditWorld) => (req: SandboxRequest) => SandboxResponse

const table: FieldTable = {
  api_type: { check: is.oneOf('json') },
  thing_id: { required: true, check: is.match(/^t[13]_\w+$/) },
  text: { check: is.string },
  richtext_json: { check: is.string },
  return_rtjson: { check: is.string },
  validate_on_submit: { check: is.match(/^(true|false)$/i) },
}

const formOf = (c: Caller, req: SandboxRequest, allowed: FieldTable): URLSearchParams => {
  const form = eitherForm(req)
  if (!form) return refuseBare(c, 400)
  otherType(req, 'application/x-www-form-urlencoded')
  const [wrong] = ignoreFields(req, checkFields(Object.fromEntries(form), allowed))
  if (wrong) refuseBare(c, 400, { sandbox: `${wrong.field} ${wrong.message}` })
  return form
}

const checkText = (c: Caller, text: string, max: number): void => {
  if (!text.trim()) errorIn200(c, 'NO_TEXT', 'we need something here', 'text')
  if ([...text].length > max) errorIn200(c, 'TOO_LONG', `this is too long (max: ${max})`, 'text')
}

const things = (c: Caller, kind: 't1' | 't3', data: Record<string, unknown>, asked: string | null) =>
  asked === 'json'
    ? reply(c, { json: { errors: [], data: { things: [{ kind, data }] } } })
    : json(200, { jquery: [[0, 1, 'call', ['body']]], success: true }, c.headers)

const found = (world: RedditWorld, fullname: string): Submission | Comment | undefined => {
  const id = fullname.slice(3)
  return fullname.startsWith('t1_')
    ? world.state.comments.find((x) => x.id === id)
    : world.state.posts.find((x) => x.id === id && isUp(world, x))
}

const comment: Handle = (world) => (req) => {
  const c = caller(world, req, 'submit')
  const form = formOf(c, req, table)
  const parent = form.get('thing_id')!
  const post = world.state.posts.find((p) => `t3_${p.id}` === parent && isUp(world, p))
  if (!post) return refuseBare(c, 404)
  if (post.deleted) errorIn200(c, 'DELETED_LINK', 'the link you are commenting on has been deleted', 'parent')
  if (post.locked) errorIn200(c, 'THREAD_LOCKED', 'Comments are locked.', 'parent')
  const text = form.get('text') ?? ''
  checkText(c, text, n.comment)
  const made: Comment = {
    id: nextId(world),
    post: post.id,
    owner: c.user.id,
    text,
    at: world.now(),
    deleted: false,
    raw: Object.fromEntries(form),
  }
  world.state.comments.push(made)
  world.changed()
  return things(c, 't1', commentView(world, made), form.get('api_type'))
}

/** Text posts and comments; nothing else can be changed. */
const edit: Handle = (world) => (req) => {
  const c = caller(world, req, 'edit')
  const form = formOf(c, req, table)
  const thing = found(world, form.get('thing_id')!)
  if (!thing) return refuseBare(c, 404)
  if (thing.owner !== c.user.id) errorIn200(c, 'NOT_AUTHOR', 'you can’t do that', 'thing_id')
  if (thing.deleted) errorIn200(c, 'DELETED_LINK', 'the link has been deleted', 'thing_id')
  const isPost = 'kind' in thing
  if (isPost && thing.kind !== 'self') errorIn200(c, 'placeholder', "This post can't be edited", 'text')
  const text = form.get('text') ?? ''
  checkText(c, text, isPost ? n.body : n.comment)
  thing.text = text
  world.changed()
  return isPost
    ? things(c, 't3', postView(world, thing), form.get('api_type'))
    : things(c, 't1', commentView(world, thing), form.get('api_type'))
}

/** Says `{}` to everything: also to what is not there, and to what is somebody else's. */
const del: Handle = (world) => (req) => {
  const c = caller(world, req, 'edit')
  const form = formOf(c, req, { id: { required: true, check: is.string }, api_type: { check: is.string } })
  const thing = found(world, form.get('id')!)
  if (thing && thing.owner === c.user.id) {
    thing.deleted = true
    world.changed()
  }
  return reply(c, {})
}

const api = 'oauth.reddit.com'
export const writeRoutes = (world: RedditWorld): SandboxRoute[] => [
  route('comment', `POST ${api}/api/comment`, comment(world), { writes: true }),
  route('edit', `POST ${api}/api/editusertext`, edit(world), { writes: true }),
  route('delete', `POST ${api}/api/del`, del(world), { writes: true }),
]
