/**
 * The sandbox's own addresses: index, feeds, blobs, and the desk as JSON and as a page. A desk POST takes JSON and
 * answers JSON; a form (the page) is sent back to the page, so everything works without scripts.
 */
import { formBody, isObject, jsonBody, mimeOf } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse } from '#kit/sandbox/imitation.ts'
import { DeskError } from './desk.ts'
import { deskPage } from './desk-page.ts'
import type { FaultInput } from './faults.ts'
import { feedPage } from './feed.ts'
import { indexPage } from './index-page.ts'
import type { PageDeps } from './types.ts'

type Input = Record<string, unknown>

/** Answers everything that is no network's address. */
export const pages = (d: PageDeps) => {
  const base = () => new URL(d.url()).pathname.replace(/\/$/, '')

  const actions: Record<string, (input: Input, platform: string) => unknown> = {
    faults: (i) => d.desk.setFault(i as FaultInput),
    reset: (i) => {
      d.desk.reset(text(i.platform))
      return { reset: text(i.platform) ?? 'everything' }
    },
    'revoke-form': (i) => {
      d.desk.revoke(text(i.platform) ?? '')
      return { revoked: true }
    },
    clock: (i) => d.desk.advance(Number(i.advanceMs)),
    tokens: (i, platform) => d.desk.tokens(platform, text(i.account)),
    act: (i, platform) => {
      d.desk.act(platform, strings(i))
      return { done: true }
    },
    revoke: (i, platform) => {
      d.desk.revoke(platform, text(i.account))
      return { revoked: true }
    },
    knobs: (i, platform) => d.desk.setKnobs(platform, i as Record<string, number>),
    webhook: (i, platform) => {
      d.desk.setWebhook(platform, text(i.url) ?? null)
      return { url: text(i.url) ?? null }
    },
  }
  const reads: Record<string, (platform: string, query: URLSearchParams) => unknown> = {
    posts: (platform) => d.desk.posts(platform),
    knobs: (platform) => d.desk.knobs(platform),
    hooks: (platform) => d.desk.hooks(platform),
  }

  const desk = (req: SandboxRequest, rest: string[]): SandboxResponse => {
    const [first, second] = rest
    if (req.method === 'GET') {
      if (first === undefined)
        return { status: 200, html: deskPage({ ...d, base: base(), said: req.query.get('said') }) }
      if (first === 'faults') return { status: 200, json: d.desk.faults() }
      if (first === 'clock') return { status: 200, json: d.desk.clock() }
      if (first === 'requests') {
        const pick = (k: string) => req.query.get(k) ?? undefined
        return { status: 200, json: d.desk.requests({ platform: pick('platform'), route: pick('route') }) }
      }
      if (first === 'notices') {
        const pick = (k: string) => req.query.get(k) ?? undefined
        return { status: 200, json: d.desk.notices({ platform: pick('platform'), client: pick('client') }) }
      }
      const read = own(reads, second)
      if (read) return { status: 200, json: read(first, req.query) }
    }
    if (req.method === 'DELETE' && first === 'faults') {
      d.desk.clearFaults()
      return { status: 200, json: [] }
    }
    if (req.method === 'POST' && first !== undefined) {
      const form = formBody(req)
      // A page on another site may post a form here without asking; JSON it may not.
      if (form && foreign(req)) throw new DeskError('the desk takes forms only from its own page', 403)
      const input = form ? fromForm(form) : req.body.length === 0 ? {} : jsonBody(req)
      if (!input)
        throw new DeskError(`send a JSON object with content-type application/json, not ${mimeOf(req) || 'nothing'}`)
      const named = form?.get('platform') ?? ''
      if (form && first === 'faults' && form.get('clear') !== null) d.desk.clearFaults()
      else {
        const action = own(actions, second ?? first)
        if (!action) throw new DeskError(`the desk has no "${rest.join('/')}"`, 404)
        const result = action(input, second === undefined ? named : first)
        if (!form) return { status: 200, json: result }
      }
      if (!form) return { status: 200, json: { done: true } }
      return {
        status: 303,
        headers: { location: `${base()}/_desk?said=${encodeURIComponent(`${rest.join(' ')}: done`)}` },
        text: '',
      }
    }
    throw new DeskError(`the desk has no ${req.method} "${rest.join('/')}"`, 404)
  }

  return async (req: SandboxRequest): Promise<SandboxResponse> => {
    const [room, ...rest] = req.path.split('/').slice(1).filter(Boolean)
    try {
      if (room === undefined) return { status: 200, html: indexPage({ ...d, base: base() }) }
      if (room === '_desk') return desk(req, rest)
      if (room === '_feed' && rest[0]) {
        const member = d.members.get(rest[0])
        if (!member) throw new DeskError(`nobody imitates "${rest[0]}"`, 404)
        return { status: 200, html: feedPage(member, { base: base(), now: d.now() }) }
      }
      if (room === '_blob' && rest[0]) return blob(d, rest[0])
      throw new DeskError(`nothing is at ${req.path}`, 404)
    } catch (error) {
      if (!(error instanceof DeskError)) throw error
      return { status: error.status, json: { sandbox: error.message } }
    }
  }
}

/** A stored picture or video. Never run as a page: an SVG somebody uploaded shares our origin. */
const blob = (d: PageDeps, key: string): SandboxResponse => {
  for (const { world } of d.members.values()) {
    const found = world.blobs.get(key)
    if (found)
      return {
        status: 200,
        bytes: found.bytes,
        headers: {
          'content-type': found.mime,
          'cache-control': 'private, max-age=31536000, immutable',
          'content-security-policy': "default-src 'none'; sandbox",
        },
      }
  }
  throw new DeskError(`no blob ${key}`, 404)
}

const foreign = (req: SandboxRequest): boolean => {
  const { origin, host } = req.headers
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)
}

/** An entry of the table; never what every object has (`constructor`). */
const own = <T>(table: Record<string, T>, name: string | undefined): T | undefined =>
  name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const strings = (input: Input): { do: string; [k: string]: string } => {
  const out: Record<string, string> = {}
  for (const [k, v] of Object.entries(input)) if (typeof v === 'string') out[k] = v
  if (!out.do) throw new DeskError('do: what should be done?')
  return { ...out, do: out.do }
}

const numeric = new Set(['nth', 'times', 'status', 'ms', 'advanceMs'])

/** Forms know only strings: numbers are turned, empty fields left out. */
const fromForm = (form: URLSearchParams): Input => {
  const out: Input = {}
  for (const [k, v] of form) if (v !== '') out[k] = numeric.has(k) ? Number(v) : v
  return isObject(out) ? out : {}
}
