/**
 * A typo must never publish the wrong post: every object that any route takes refuses a member it does not know, by name
 * and with the names it does know. The objects are found in the contract's own schemas, so that a new route is probed the
 * day it is written.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Route, type RouteName, routes } from '#contract/routes.ts'
import { platforms } from '#platforms/registry/server.gen.ts'
import { authDoors } from './auth.ts'
import { type Whole, wholeApp } from './testing/whole.ts'
import type { Told } from './testing.ts'

let t: Whole
beforeAll(async () => {
  t = await wholeApp()
})
afterAll(() => t.close())

type Json = {
  type?: string
  format?: string
  pattern?: string
  properties?: Record<string, Json>
  items?: Json
  anyOf?: Json[]
  oneOf?: Json[]
  allOf?: Json[]
  enum?: unknown[]
  const?: unknown
  additionalProperties?: boolean | Json
  minimum?: number
  $ref?: string
  $defs?: Record<string, Json>
}
type Path = (string | number)[]
/** A value the schema takes, and where its closed objects are. `open`: objects with members of their own that take any. */
type Sample = { value: unknown; objects: { at: Path; known: string[] }[]; open: Path[] }

const text = (s: Json): string =>
  s.format === 'uuid'
    ? '01920000-0000-7000-8000-000000000000'
    : s.format === 'email'
      ? 'ada@example.test'
      : s.format === 'uri'
        ? 'https://example.test/a.png'
        : s.format === 'date-time'
          ? '2027-03-01T08:00:00Z'
          : s.pattern?.includes('T') && s.pattern.includes('\\d{4}')
            ? '2027-03-01T09:00'
            : 'ten letters'

/** One sample a branch of a union; every optional member is there. */
const samples = (s: Json, defs: Record<string, Json>, at: Path = []): Sample[] => {
  const none = { objects: [], open: [] }
  if (s.$ref) return samples(defs[s.$ref.replace('#/$defs/', '')]!, defs, at)
  if (s.allOf) return samples(s.allOf[0]!, defs, at)
  const branches = s.anyOf ?? s.oneOf
  if (branches) return branches.filter((b) => b.type !== 'null').flatMap((b) => samples(b, defs, at))
  if (s.const !== undefined) return [{ value: s.const, ...none }]
  if (s.enum) return [{ value: s.enum[0], ...none }]
  if (s.type === 'array') return samples(s.items ?? {}, defs, [...at, 0]).map((one) => ({ ...one, value: [one.value] }))
  if (s.type === 'object') {
    const members = Object.entries(s.properties ?? {})
    if (members.length === 0 && s.additionalProperties !== false) return [{ value: {}, ...none }]
    const each = members.map(([key, m]) => ({ key, all: samples(m, defs, [...at, key]) }))
    const most = Math.max(1, ...each.map((m) => m.all.length))
    return Array.from({ length: most }, (_, i) => {
      const chosen = each.map(({ key, all }) => [key, all[Math.min(i, all.length - 1)]!] as const)
      return {
        value: Object.fromEntries(chosen.map(([key, one]) => [key, one.value])),
        objects: [{ at, known: members.map(([key]) => key) }, ...chosen.flatMap(([, one]) => one.objects)],
        open: [...(s.additionalProperties === false ? [] : [at]), ...chosen.flatMap(([, one]) => one.open)],
      }
    })
  }
  if (s.type === 'boolean') return [{ value: true, ...none }]
  if (s.type === 'integer' || s.type === 'number') return [{ value: Math.max(1, s.minimum ?? 1), ...none }]
  return [{ value: text(s), ...none }]
}
const samplesOf = (schema: z.ZodType) => {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json
  return samples(json, json.$defs ?? {})
}

const typo = 'media_ids'
const withTypo = (value: unknown, at: Path): unknown => {
  const copy = structuredClone(value) as Record<string, unknown>
  const target = at.reduce<Record<string, unknown>>((v, key) => v[key] as Record<string, unknown>, copy)
  target[typo] = 'x'
  return copy
}

const params = { id: '01920000-0000-7000-8000-000000000000', userId: 'nobody', platform: 'plain', list: 'boards' }
// The words that narrow a live list are its platform's.
const list = (Object.entries(routes) as [RouteName, Route][]).filter(([name]) => name !== 'channelOptions')
const send = (name: RouteName, o: { body?: unknown; query?: Record<string, string> }): Promise<Told> => {
  const as = typeof routes[name].access === 'string' && routes[name].access === 'public' ? null : undefined
  return t.call(name, {
    params,
    ...o,
    ...(as === null ? { as } : {}),
    ...(name === 'postPut' ? { ifMatch: '"v1"' } : {}),
  })
}
/** Refused for the unknown member, at its path, and saying what is known. */
const refuses = (r: Told, path: string, known: string[]) => {
  expect(r.problem).toMatchObject({ status: 400, code: 'validation' })
  const told = r.problem?.errors?.find((e) => e.path === path)
  expect([path, told?.message]).toEqual([path, expect.stringContaining('is not known here')])
  for (const name of known) expect(told?.message).toContain(name)
}

describe.each(list)('%s', (name, r) => {
  if (r.body)
    test('every object of its body refuses a member it does not know', async () => {
      for (const s of samplesOf(r.body!)) {
        expect([name, r.body!.safeParse(s.value).error?.issues]).toEqual([name, undefined])
        expect([name, s.open]).toEqual([name, []])
        for (const { at, known } of s.objects)
          refuses(await send(name, { body: withTypo(s.value, at) }), [...at, typo].join('.'), known)
      }
    })
  if (!r.body && !r.upload && r.method !== 'GET')
    test('takes no body, and says so', async () => {
      refuses(await send(name, { body: { [typo]: 'x' } }), typo, [])
    })
  test('its query refuses a member it does not know', async () => {
    const known = r.query ? Object.keys((r.query as z.ZodObject).shape) : []
    const body = r.body ? samplesOf(r.body)[0]!.value : undefined
    refuses(
      await send(name, { query: { [typo]: 'x' }, ...(body === undefined ? {} : { body }) }),
      `query.${typo}`,
      known,
    )
  })
  if (r.upload)
    test('its form refuses a field it does not know, and one given twice', async () => {
      const known = Object.keys((r.upload as z.ZodObject).shape)
      const form = (fields: [string, string][]) =>
        [
          ...fields.map(([k, v]) => `--b\r\ncontent-disposition: form-data; name="${k}"\r\n\r\n${v}\r\n`),
          '--b\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\ncontent-type: image/png\r\n\r\nx\r\n--b--\r\n',
        ].join('')
      const upload = (fields: [string, string][]) =>
        t.send({
          method: 'POST',
          url: r.path.replace(':ws', t.ws),
          as: { cookie: t.owner.cookie },
          headers: { 'content-type': 'multipart/form-data; boundary=b' },
          payload: form(fields),
        })
      refuses(await upload([['Alt', 'a cat']]), 'Alt', ['file', ...known])
      expect(
        (
          await upload([
            ['alt', 'a'],
            ['alt', 'b'],
          ])
        ).problem?.errors,
      ).toEqual([{ path: 'alt', message: 'is given twice' }])
    })
})

describe.each(Object.entries(authDoors))('%s', (door, schema) => {
  test('refuses a member it does not know', async () => {
    const [method, path] = door.split(' ') as [string, string]
    const known = Object.keys((schema as z.ZodObject).shape)
    const url = `/api/auth${path}`
    if (method === 'GET') return refuses(await t.send({ method, url: `${url}?${typo}=x` }), `query.${typo}`, known)
    const payload = JSON.stringify(withTypo(samplesOf(schema)[0]!.value, []))
    refuses(await t.send({ method, url, payload, headers: { 'content-type': 'application/json' } }), typo, known)
  })
})

test.each(platforms.map((p) => [p.spec.id, p] as const))(
  'settings of %s refuse a member they do not know',
  (_id, p) => {
    for (const s of samplesOf(p.spec.settings.schema as z.ZodType)) expect(s.open).toEqual([])
  },
)

test('PUT of a scheduled post without `publications` is refused, and everything stays planned', async () => {
  const channel = await t.channel()
  const content = { segments: [{ text: 'Hello' }] }
  const made = await t.call('postCreate', { body: { content, publications: [{ channelId: channel }] } })
  const of = { params: { id: made.body.id as unknown as string } }
  const planned = await t.call('postSchedule', { ...of, body: { at: '2027-03-02T08:00:00Z' } })
  const r = await t.call('postPut', { ...of, ifMatch: String(planned.headers.etag), body: { content } })
  expect(r.problem).toMatchObject({ code: 'validation', errors: [{ path: 'publications' }] })
  expect((await t.call('postGet', of)).body).toMatchObject({ state: 'scheduled' })
})

test('operationIds are unique', async () => {
  const { body } = await t.send({ method: 'GET', url: '/openapi.json' })
  const paths = body.paths as unknown as Record<string, Record<string, { operationId?: string }>>
  const operations = Object.values(paths).flatMap((p) => Object.values(p).map((o) => o.operationId))
  expect(operations.length).toBeGreaterThan(list.length)
  expect(operations.filter((id, i) => id === undefined || operations.indexOf(id) !== i)).toEqual([])
})
