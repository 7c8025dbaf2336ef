/** Reading: the account, boards and their sections, pins of a board, one pin (fact sheet pinterest.md §2, §4). A new pin is late in lists. */
import { json } from '#kit/sandbox/answer.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreParameters } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { type Caller, caller, forbidden, stop } from './answers.ts'
import { create, remove, update } from './create.ts'
import { page as limits } from './numbers.ts'
import type { Board, Pin, PinterestWorld } from './state.ts'
import { boardView, pinView, userView } from './view.ts'

/** Passes over query parameters the call does not have. */
export const checkQuery = (req: SandboxRequest, c: Caller, known: readonly string[]): void =>
  ignoreParameters(c, req.query.keys(), [...known, 'ad_account_id'])

/** One page of a list, and where the next begins. */
const paged = <T>(req: SandboxRequest, c: Caller, list: readonly T[], show: (item: T) => unknown): SandboxResponse => {
  const asked = req.query.get('page_size')
  const size = asked === null ? limits.default : Number(asked)
  if (!Number.isInteger(size) || size < limits.min || size > limits.max)
    stop(400, 1, `Invalid request: ${asked} is not between ${limits.min} and ${limits.max}`, c.headers)
  const bookmark = req.query.get('bookmark')
  const from = bookmark === null ? 0 : Number(Buffer.from(bookmark, 'base64url').toString())
  if (!Number.isInteger(from) || from < 0) stop(400, 1, 'Invalid request: bookmark', c.headers)
  const next = from + size < list.length ? Buffer.from(String(from + size)).toString('base64url') : null
  return json(200, { items: list.slice(from, from + size).map(show), bookmark: next }, c.headers)
}

const mayRead = (c: Caller, b: Board) =>
  b.environment === c.environment &&
  b.owner === c.user.id &&
  (b.privacy !== 'SECRET' || c.scopes.includes('boards:read_secret'))

const boardOf = (world: PinterestWorld, c: Caller, id: string): Board =>
  world.state.boards.find((b) => b.id === id && mayRead(c, b)) ?? stop(404, 40, 'Board not found.', c.headers)

/** Newest first, without those the list does not know yet. */
const listed = (world: PinterestWorld, c: Caller, which: (p: Pin) => boolean): Pin[] =>
  world.state.pins
    .filter(
      (p) =>
        !p.deleted &&
        p.owner === c.user.id &&
        p.environment === c.environment &&
        p.at <= world.now() - world.knob('listLagMs') &&
        which(p),
    )
    .reverse()

const paging = ['page_size', 'bookmark']
type Handle = (world: PinterestWorld) => (req: SandboxRequest) => SandboxResponse

const account: Handle = (world) => (req) => {
  const c = caller(world, req, ['user_accounts:read'], 'org_read')
  checkQuery(req, c, [])
  return json(200, userView(world, c.user), c.headers)
}

const boards: Handle = (world) => (req) => {
  const c = caller(world, req, ['boards:read'], 'org_read')
  checkQuery(req, c, [...paging, 'privacy'])
  const privacy = req.query.get('privacy') ?? 'ALL'
  if (!['ALL', 'PUBLIC', 'PROTECTED', 'SECRET', 'PUBLIC_AND_SECRET'].includes(privacy))
    stop(400, 1, `Invalid request: '${privacy}' is not one of ['ALL', 'PUBLIC', ...]`, c.headers)
  const wanted = world.state.boards.filter(
    (b) => mayRead(c, b) && (privacy === 'ALL' || privacy.split('_AND_').includes(b.privacy)),
  )
  return paged(req, c, wanted, (b) => boardView(world, b))
}

const sections: Handle = (world) => (req) => {
  const c = caller(world, req, ['boards:read'], 'org_read')
  checkQuery(req, c, paging)
  return paged(req, c, boardOf(world, c, req.params.board!).sections, (s) => s)
}

const boardPins: Handle = (world) => (req) => {
  const c = caller(world, req, ['boards:read', 'pins:read'], 'org_read')
  checkQuery(req, c, [...paging, 'creative_types', 'pin_metrics'])
  const board = boardOf(world, c, req.params.board!)
  return paged(
    req,
    c,
    listed(world, c, (p) => p.boardId === board.id),
    (p) => pinView(world, p),
  )
}

const sectionPins: Handle = (world) => (req) => {
  const c = caller(world, req, ['boards:read', 'pins:read'], 'org_read')
  checkQuery(req, c, paging)
  const board = boardOf(world, c, req.params.board!)
  const { section } = req.params
  if (!board.sections.some((s) => s.id === section)) stop(404, 2031, 'Board section not found.', c.headers)
  return paged(
    req,
    c,
    listed(world, c, (p) => p.boardId === board.id && p.sectionId === section),
    (p) => pinView(world, p),
  )
}

const pins: Handle = (world) => (req) => {
  const c = caller(world, req, ['boards:read', 'pins:read'], 'org_read')
  checkQuery(req, c, [...paging, 'pin_filter', 'include_protected_pins', 'pin_type', 'creative_types', 'pin_metrics'])
  return paged(
    req,
    c,
    listed(world, c, () => true),
    (p) => pinView(world, p, { metrics: req.query.get('pin_metrics') === 'true' }),
  )
}

const pin: Handle = (world) => (req) => {
  const c = caller(world, req, ['boards:read', 'pins:read'], 'org_read')
  checkQuery(req, c, ['pin_metrics'])
  const found = world.state.pins.find((p) => p.id === req.params.id && p.environment === c.environment && !p.deleted)
  if (!found) return stop(404, 50, 'Pin not found.', c.headers)
  if (found.owner !== c.user.id) forbidden(c.headers)
  return json(200, pinView(world, found, { metrics: req.query.get('pin_metrics') === 'true' }), c.headers)
}

export const pinRoutes = (world: PinterestWorld): SandboxRoute[] =>
  ['api.pinterest.com', 'api-sandbox.pinterest.com'].flatMap((host) => [
    route('identity', `GET ${host}/v5/user_account`, account(world)),
    route('boards', `GET ${host}/v5/boards`, boards(world)),
    route('sections', `GET ${host}/v5/boards/:board/sections`, sections(world)),
    route('board-pins', `GET ${host}/v5/boards/:board/pins`, boardPins(world)),
    route('section-pins', `GET ${host}/v5/boards/:board/sections/:section/pins`, sectionPins(world)),
    route('pins', `GET ${host}/v5/pins`, pins(world)),
    route('pin', `GET ${host}/v5/pins/:id`, pin(world)),
    route('create', `POST ${host}/v5/pins`, create(world), { writes: true }),
    route('edit', `PATCH ${host}/v5/pins/:id`, update(world), { writes: true }),
    route('delete', `DELETE ${host}/v5/pins/:id`, remove(world), { writes: true }),
  ])
