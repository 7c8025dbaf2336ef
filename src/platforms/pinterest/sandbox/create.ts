/** `POST /v5/pins`, its edit and its opposite (fact sheet pinterest.md §3, §5): strict about every member it knows. */
import { json } from '#kit/sandbox/answer.ts'
import { type JsonObject, jsonBody } from '#kit/sandbox/body.ts'
import { type FieldTable, is } from '#kit/sandbox/fields.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { type Caller, caller, forbidden, problem, refuseTrial, stop } from './answers.ts'
import { text as limits } from './numbers.ts'
import { schemaProblems } from './schema.ts'
import { sourceOf } from './source.ts'
import { type Board, nextId, type Pin, type PinterestWorld } from './state.ts'
import { pinView } from './view.ts'

const all = ['boards:read', 'boards:write', 'pins:read', 'pins:write']
const id = is.match(/^\d+$/)
const orNull = (check: (v: unknown) => string | null) => (v: unknown) => (v === null ? null : check(v))
const upTo = (max: number) =>
  orNull((v) => (typeof v === 'string' && [...v].length <= max ? null : `is too long: maxLength=${max}`))

const words: FieldTable = {
  title: { check: upTo(limits.title) },
  description: { check: upTo(limits.description) },
  alt_text: { check: upTo(limits.alt) },
  link: { check: upTo(limits.link) },
  board_section_id: { check: orNull(id) },
}
const disclosures = ['AI_MODIFIED', 'SYNTHETIC_PERFORMER']
const createTable: FieldTable = {
  ...words,
  board_id: { required: true, check: id },
  dominant_color: { check: orNull(is.match(/^#[0-9A-Fa-f]{6}$/)) },
  parent_pin_id: { check: orNull(id) },
  sponsor_id: { check: orNull(id) },
  ai_disclosures: {
    check: (v) =>
      is.listOf(is.oneOf(...disclosures), 0, 2)((v as JsonObject | null)?.values) === null ? null : 'is not valid',
  },
  media_source: { required: true, check: is.any },
}
const updateTable: FieldTable = { ...words, board_id: { check: id }, carousel_slots: { check: is.any } }

const str = (v: unknown): string | null => (typeof v === 'string' && v.trim() !== '' ? v.trim() : null)

/** A board this token may pin to, and the section when one is named. */
const placeOf = (world: PinterestWorld, c: Caller, boardId: unknown, sectionId: unknown): Board => {
  const board = world.state.boards.find((b) => b.id === boardId && b.environment === c.environment)
  const hidden = board?.privacy === 'SECRET' && !c.scopes.includes('boards:write_secret')
  if (!board || board.owner !== c.user.id || hidden) return stop(404, 40, 'Board not found.', c.headers)
  if (board.adsOnly) forbidden(c.headers)
  if (str(sectionId) && !board.sections.some((s) => s.id === sectionId))
    stop(404, 2031, 'Board section not found.', c.headers)
  return board
}

const linkOf = (c: Caller, given: unknown): string | null => {
  const link = str(given)
  if (link === null) return null
  if (!URL.canParse(link) || new URL(link).protocol !== 'https:') stop(400, 1, 'Missing or malformed link', c.headers)
  if (/(^|\.)spam\.example$/.test(new URL(link).hostname))
    stop(403, 29, 'Sorry! We blocked this link because it may lead to spam.', c.headers)
  return link
}

/** The body with its pictures told by their length, so that the state stays small. */
const light = (value: unknown): unknown => {
  if (typeof value === 'string' && value.length > 4000) return `<${value.length} characters>`
  if (Array.isArray(value)) return value.map(light)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, light(v)]))
}

/** POST /v5/pins -> 201. */
export const create =
  (world: PinterestWorld) =>
  async (req: SandboxRequest): Promise<SandboxResponse> => {
    const c = caller(world, req, all, 'org_write')
    if (world.knob('trialApp') !== 0 && c.environment === 'production') refuseTrial(c.headers)
    const body = jsonBody(req)
    if (!body) return problem(400, 1, 'Invalid request: the body is not a JSON object.', c.headers)
    schemaProblems(body, createTable, c)
    const board = placeOf(world, c, body.board_id, body.board_section_id)
    const link = linkOf(c, body.link)
    const source = await sourceOf(world, c, body.media_source)
    const pin: Pin = {
      id: nextId(world),
      owner: c.user.id,
      environment: c.environment,
      boardId: board.id,
      sectionId: str(body.board_section_id),
      title: str(body.title),
      description: str(body.description),
      link,
      alt: str(body.alt_text),
      dominantColor: str(body.dominant_color),
      ...source,
      at: world.now(),
      deleted: false,
      raw: light(body),
    }
    world.state.pins.push(pin)
    world.changed()
    return json(201, pinView(world, pin), c.headers)
  }

const own = (world: PinterestWorld, c: Caller, pinId: string): Pin => {
  const pin = world.state.pins.find((p) => p.id === pinId && p.environment === c.environment && !p.deleted)
  if (!pin) return stop(404, 50, 'Pin not found.', c.headers)
  if (pin.owner !== c.user.id) forbidden(c.headers)
  return pin
}

/** PATCH /v5/pins/:id, which Pinterest opens to some apps only. */
export const update =
  (world: PinterestWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, all, 'org_write')
    if (world.knob('editBeta') === 0) forbidden(c.headers)
    const pin = own(world, c, req.params.id!)
    const body = jsonBody(req)
    if (!body) return problem(400, 1, 'Invalid request: the body is not a JSON object.', c.headers)
    schemaProblems(body, updateTable, c)
    if (body.board_id !== undefined) pin.boardId = placeOf(world, c, body.board_id, body.board_section_id).id
    if (Object.hasOwn(body, 'board_section_id')) pin.sectionId = str(body.board_section_id)
    if (Object.hasOwn(body, 'title')) pin.title = str(body.title)
    if (Object.hasOwn(body, 'description')) pin.description = str(body.description)
    if (Object.hasOwn(body, 'alt_text')) pin.alt = str(body.alt_text)
    if (Object.hasOwn(body, 'link')) pin.link = linkOf(c, body.link)
    world.changed()
    return json(200, pinView(world, pin), c.headers)
  }

/** DELETE /v5/pins/:id -> 204. */
export const remove =
  (world: PinterestWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = caller(world, req, all, 'org_write')
    const pin = own(world, c, req.params.id!)
    pin.deleted = true
    world.changed()
    return { status: 204, headers: c.headers, text: '' }
  }
