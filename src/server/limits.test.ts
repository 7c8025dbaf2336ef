/** Who is counted as whom, and what a 429 says. */
import { afterEach, expect, test } from 'vitest'
import { manualClock } from '#infra/clock.ts'
import type { TrustProxy } from '#infra/trust-proxy.ts'
import { type TestApp, type TestAppOptions, type Told, testApp } from './testing.ts'

let t: TestApp
afterEach(() => t.close())
const limits = { api: 50, signIn: 3, refused: 50, sandbox: 50 }
const start = async (trustProxy: TrustProxy, o: TestAppOptions = {}) => {
  t = await testApp({ ...o, app: { limits, trustProxy } })
}

const guess = (forwarded: string, o: { email?: string; password?: string } = {}) =>
  t.send({
    method: 'POST',
    url: '/api/auth/sign-in/email',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': forwarded },
    payload: JSON.stringify({ email: o.email ?? `nobody@example.test`, password: o.password ?? 'wrong wrong' }),
  })
const complete = (r: Told) => {
  expect([r.status, r.problem?.code]).toEqual([429, 'rate-limited'])
  expect(Number(r.headers['retry-after'])).toBeGreaterThan(0)
  expect(Number(r.headers['x-ratelimit-limit'])).toBeGreaterThan(0)
  expect(r.headers['x-ratelimit-remaining']).toBe('0')
  expect(Number(r.headers['x-ratelimit-reset'])).toBeGreaterThan(0)
}

test('with one hop the last address counts: an invented one on the left does not help', async () => {
  await start(1)
  const codes: number[] = []
  // Other accounts each time, so that only the address can be what is counted.
  for (let n = 0; n < 5; n++)
    codes.push((await guess(`10.9.9.${n}, 198.51.100.1`, { email: `a${n}@example.test` })).status)
  expect(codes).toEqual([401, 401, 401, 429, 429])
  complete(await guess('1.1.1.1, 198.51.100.1', { email: 'b@example.test' }))
  expect((await guess('198.51.100.1, 198.51.100.2', { email: 'c@example.test' })).status).toBe(401)
})

test('with two hops the last but one; with a list, the first that is not in it', async () => {
  await start(2)
  for (let n = 0; n < 3; n++) await guess(`10.9.9.${n}, 198.51.100.1, 203.0.113.1`, { email: `a${n}@example.test` })
  complete(await guess('7.7.7.7, 198.51.100.1, 203.0.113.2', { email: 'b@example.test' }))
  await t.close()
  await start('127.0.0.0/8,203.0.113.0/24')
  for (let n = 0; n < 3; n++) await guess(`10.9.9.${n}, 198.51.100.1, 203.0.113.1`, { email: `a${n}@example.test` })
  complete(await guess('7.7.7.7, 198.51.100.1, 203.0.113.9', { email: 'b@example.test' }))
  expect((await guess('198.51.100.1, 198.51.100.77', { email: 'c@example.test' })).status).toBe(401)
})

test('without a proxy the header counts for nothing', async () => {
  await start(false)
  for (let n = 0; n < 3; n++) await guess(`198.51.100.${n}`, { email: `a${n}@example.test` })
  complete(await guess('198.51.100.99', { email: 'b@example.test' }))
})

test('an account is guarded against guesses from everywhere, many at once too, and opens again', async () => {
  const clock = manualClock(Date.now())
  await start(1, { clock })
  const person = await t.person('viewer')
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, n) => guess(`198.51.100.${n}`, { email: person.email.toUpperCase() })),
  )
  expect(all.map((r) => r.status).sort()).toEqual([401, 401, 401, 429, 429, 429, 429, 429])
  complete(all.find((r) => r.status === 429)!)
  const right = { email: person.email, password: t.owner.password }
  expect((await guess('198.51.100.200', right)).status).toBe(429)
  // Others are not held up, and neither is the person where they are signed in already.
  expect((await guess('198.51.100.201', { email: t.owner.email, password: t.owner.password })).status).toBe(200)
  await clock.advance(61_000)
  expect((await guess('198.51.100.202', right)).status).toBe(200)
  for (let n = 0; n < 4; n++) await guess(`203.0.113.${n}`, { email: person.email })
  expect((await guess('203.0.113.200', right)).status).toBe(429)
  expect((await guess('198.51.100.202', right)).status).toBe(200)
})

test('a right password forgives the wrong ones before it', async () => {
  await start(1)
  for (let n = 0; n < 6; n++) {
    await guess(`198.51.100.${n}`, { email: t.owner.email })
    const r = await guess(`198.51.101.${n}`, { email: t.owner.email, password: t.owner.password })
    expect([n, r.status]).toEqual([n, 200])
  }
})

test('every other 429 says how long and how many', async () => {
  t = await testApp({ app: { limits: { ...limits, api: 1, refused: 1 } } })
  await t.call('me')
  complete(await t.call('me'))
  await t.call('me', { as: null })
  complete(await t.call('me', { as: null }))
})
