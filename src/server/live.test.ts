/** Over a real connection: streams do not fit `inject`. */
import { connect } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { manualClock } from '#infra/clock.ts'
import { notify, topics } from '#infra/db/database.ts'
import { type TestApp, testApp } from './testing.ts'

const clock = manualClock(Date.now())
let t: TestApp
let base: string
beforeAll(async () => {
  t = await testApp({ clock })
  base = await t.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => t.close())

/** Opens a stream and collects its text. */
const listen = async (ws: string, cookie: string) => {
  const over = new AbortController()
  const res = await fetch(`${base}/api/v1/workspaces/${ws}/events`, { headers: { cookie }, signal: over.signal })
  let text = ''
  const ended = (async () => {
    for await (const chunk of res.body!.pipeThrough(new TextDecoderStream())) text += chunk
  })().catch(() => undefined)
  return { res, text: () => text, ended, stop: () => over.abort() }
}
const tell = (payload: unknown) => notify(t.database.db, topics.live, payload)

test('a listener hears of its own workspace and of no other', async () => {
  const stranger = await t.stranger()
  const mine = await listen(t.ws, t.owner.cookie)
  const theirs = await listen(stranger.ws, stranger.cookie)
  expect(mine.res.headers.get('content-type')).toContain('text/event-stream')
  await tell({ workspaceId: t.ws, kind: 'publication', id: 'p1', postId: 'post1', state: 'published' })
  await tell({ workspaceId: stranger.ws, kind: 'post', id: 'p2' })
  await expect
    .poll(mine.text)
    .toContain('data: {"kind":"publication","id":"p1","postId":"post1","state":"published"}\n\n')
  await expect.poll(theirs.text).toContain('data: {"kind":"post","id":"p2"}')
  expect(mine.text()).not.toContain('p2')
  expect(theirs.text()).not.toContain('p1')
  mine.stop()
  theirs.stop()
})

test('a change made through the API is heard', async () => {
  const s = await listen(t.ws, t.owner.cookie)
  await t.call('workspacePause')
  await expect.poll(s.text).toContain(`data: {"kind":"workspace","id":"${t.ws}"}`)
  await t.call('workspaceResume')
  s.stop()
})

test('an event in the wrong form is dropped, and those after it still arrive', async () => {
  const s = await listen(t.ws, t.owner.cookie)
  for (const bad of ['not json', { kind: 'post', id: 'x' }, { workspaceId: t.ws, kind: 'nonsense', id: 'x' }])
    await tell(bad)
  await tell({ workspaceId: t.ws, kind: 'channel', id: 'good' })
  await expect.poll(s.text).toContain('"id":"good"')
  expect(s.text()).not.toContain('"id":"x"')
  s.stop()
})

test('strangers and people without a session are refused', async () => {
  const stranger = await t.stranger()
  expect((await listen(t.ws, stranger.cookie)).res.status).toBe(404)
  expect((await listen(t.ws, '')).res.status).toBe(401)
})

test('a quiet stream shows that it lives, and ends when the session does', async () => {
  const p = await t.person('viewer')
  const s = await listen(t.ws, p.cookie)
  await expect.poll(s.text).toContain('retry: 2000')
  await clock.advance(20_000)
  await expect.poll(s.text).toContain(': still here')
  await t.people.changeMember({ userId: t.owner.userId, role: 'owner' }, t.ws, p.userId, null)
  // The next beat after the end of the session, whenever the machine comes to it.
  let over = false
  void s.ended.then(() => {
    over = true
  })
  while (!over) {
    await clock.advance(20_000)
    await new Promise((r) => setTimeout(r, 100))
  }
})

test('a stream ends at once with the membership, the session or the key, before anything more is said', async () => {
  const actor = { userId: t.owner.userId, role: 'owner' } as const
  const removed = await t.person('viewer')
  const out = await t.person('viewer')
  const changed = await t.person('viewer')
  const stays = await listen(t.ws, t.owner.cookie)
  const [first, second, third] = [
    await listen(t.ws, removed.cookie),
    await listen(t.ws, out.cookie),
    await listen(t.ws, changed.cookie),
  ]
  const key = await t.key(['read'])
  const byKey = await fetch(`${base}/api/v1/workspaces/${t.ws}/events`, {
    headers: { authorization: `Bearer ${key.key}` },
  })
  const keyText = byKey.text()
  await expect.poll(first.text).toContain('retry: 2000')

  await t.people.changeMember(actor, t.ws, removed.userId, null)
  await tell({ workspaceId: t.ws, kind: 'post', id: 'secret-1' })
  await first.ended
  expect(first.text()).not.toContain('secret-1')

  await t.send({ method: 'POST', url: '/api/auth/sign-out', as: out })
  await second.ended

  const elsewhere = await t.send({
    method: 'POST',
    url: '/api/auth/sign-in/email',
    payload: JSON.stringify({ email: changed.email, password: t.owner.password }),
    headers: { 'content-type': 'application/json' },
  })
  const cookie = String(elsewhere.headers['set-cookie']).split(';')[0]!
  const done = await t.call('passwordChange', {
    body: { currentPassword: t.owner.password, newPassword: 'another long one' },
    as: { cookie },
  })
  expect(done.status).toBe(200)
  await third.ended

  await t.call('keyRevoke', { params: { id: key.id } })
  expect(await keyText).not.toContain('secret-2')

  await tell({ workspaceId: t.ws, kind: 'post', id: 'still-here' })
  await expect.poll(stays.text).toContain('still-here')
  stays.stop()
  await expect.poll(async () => (await t.metrics.text()).text).toContain('clarion_event_streams 0')
})

test('a stream by a key ends when the key does', async () => {
  const { key } = await t.people.createKey({ userId: t.owner.userId, role: 'owner' }, t.ws, {
    name: 'for a minute',
    scopes: ['read'],
    expiresAt: new Date(clock.now() + 7_000).toISOString(),
  })
  const res = await fetch(`${base}/api/v1/workspaces/${t.ws}/events`, { headers: { authorization: `Bearer ${key}` } })
  expect(res.status).toBe(200)
  const text = res.text()
  await expect
    .poll(async () => {
      // Less than a heartbeat: nothing else looks at the caller meanwhile.
      await clock.advance(1_000)
      return Promise.race([text.then(() => 'over'), new Promise((r) => setTimeout(() => r('open'), 20))])
    })
    .toBe('over')
  expect(await text).not.toContain('still here')
})

test('a reader that stops reading is let go, and costs no more memory', async () => {
  const streams = async () => Number(/clarion_event_streams (\d+)/.exec((await t.metrics.text()).text)?.[1])
  const before = await streams()
  const { hostname, port } = new URL(base)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.on('error', () => undefined)
  socket.pause()
  socket.write(`GET /api/v1/workspaces/${t.ws}/events HTTP/1.1\r\nhost: localhost\r\ncookie: ${t.owner.cookie}\r\n\r\n`)
  await expect.poll(streams).toBe(before + 1)
  // Enough to fill the kernel's buffers of both ends and then ours.
  const id = 'x'.repeat(7_000)
  for (let n = 0; n < 40 && (await streams()) > before; n++)
    await sql`select pg_notify(${topics.live}, json_build_object('workspaceId', ${t.ws}::text, 'kind', 'post', 'id', ${id}::text || n)::text) from generate_series(${n * 100}::int, ${n * 100 + 99}::int) n`.execute(
      t.database.db,
    )
  await expect.poll(streams).toBe(before)
  socket.destroy()
})

test('closing the server ends the streams', async () => {
  const other = await testApp()
  const at = await other.app.listen({ host: '127.0.0.1', port: 0 })
  const res = await fetch(`${at}/api/v1/workspaces/${other.ws}/events`, { headers: { cookie: other.owner.cookie } })
  const ended = res.text()
  await other.close()
  expect(await ended).toContain('retry')
})
