/** Moving every file from the disk to a bucket and back while Clarion runs and takes uploads, run for real as people run it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Media } from '#contract/media.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { diesWithUs } from '#infra/testing/dies-with-us.ts'
import { type TestS3, testS3 } from '#infra/testing/radosgw.ts'
import { mp4 } from '#kit/testing/video.ts'

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))
let s3: TestS3
let database: TestDatabase
let dir: string
let env: Record<string, string>
const children: ChildProcess[] = []
const end = async (child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM') => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}
beforeAll(async () => {
  ;[s3, database, dir] = await Promise.all([testS3(), testDatabase(), mkdtemp(join(tmpdir(), 'clarion-move-'))])
  env = await s3.env()
})
afterAll(async () => {
  for (const c of children) await end(c, 'SIGKILL')
  await database?.drop()
  await rm(dir, { recursive: true, force: true })
  await s3?.stop()
})

const launch = (script: string, args: string[], more: Record<string, string>) => {
  const child = spawn(process.execPath, [file(script), ...args, '--data', dir], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', CLARION_LOG: 'warn', CLARION_SANDBOX: '0', DATABASE_URL: database.url, ...more },
  })
  const over = diesWithUs({ pids: [child.pid!] })
  child.once('exit', over)
  children.push(child)
  const it = { child, said: '' }
  for (const s of [child.stdout, child.stderr]) s.on('data', (d: Buffer) => (it.said += d.toString()))
  return it
}
const cli = async (words: string[], more: Record<string, string>) => {
  const it = launch('./cli.ts', words, more)
  await once(it.child, 'close')
  return { code: it.child.exitCode, said: it.said }
}

/** Starts the server and gives who may upload to it and read from it. */
let cookie = ''
const serve = async (more: Record<string, string>) => {
  const it = launch('./main.ts', ['--port', '0'], more)
  let url = ''
  await expect
    .poll(() => {
      if (it.child.exitCode !== null) return it.said
      url = /Clarion is ready: (\S+)/.exec(it.said)?.[1] ?? ''
      return url === '' ? '' : 'ready'
    })
    .toBe('ready')
  const token = /setup token\s+(\S+)/.exec(it.said)?.[1]
  if (cookie === '') {
    const who = {
      name: 'Olga',
      email: 'o@example.test',
      password: 'correct horse battery',
      workspaceName: 'A',
      timeZone: 'UTC',
    }
    const made = await fetch(`${url}/api/v1/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url },
      body: JSON.stringify({ ...who, ...(token ? { token } : {}) }),
    })
    expect(made.status, await made.clone().text()).toBeLessThan(300)
    cookie = made.headers
      .getSetCookie()
      .map((c) => c.split(';', 1)[0]!)
      .join('; ')
  }
  const me = (await (await fetch(`${url}/api/v1/me`, { headers: { cookie } })).json()) as {
    workspaces: { id: string }[]
  }
  return {
    upload: async (bytes: Buffer): Promise<Media> => {
      const form = new FormData()
      form.set('file', new Blob([new Uint8Array(bytes)]), 'clip.mp4')
      form.set('alt', '')
      const r = await fetch(`${url}/api/v1/workspaces/${me.workspaces[0]!.id}/media`, {
        method: 'POST',
        headers: { cookie, origin: url },
        body: form,
      })
      expect(r.status).toBe(201)
      return (await r.json()) as Media
    },
    read: async (path: string): Promise<Buffer> => {
      const r = await fetch(url + path, { headers: { cookie } })
      return r.status === 200 ? Buffer.from(await r.arrayBuffer()) : Buffer.from(`answered ${r.status}`)
    },
    stop: () => end(it.child),
  }
}

/** What is kept there. Not the mark by which each start tries the bucket out: killed at that moment it stays for the sweep. */
const inBucket = async () =>
  ((await s3.client.send(new ListObjectsV2Command({ Bucket: env.S3_BUCKET }))).Contents ?? [])
    .map((c) => c.Key!)
    .filter((key) => !key.startsWith('incoming/start-'))
    .sort()
const onDisk = async () =>
  (await readdir(join(dir, 'media'), { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((f) => f.isFile())
    .map((f) => join(f.parentPath, f.name).slice(join(dir, 'media').length + 1))
    .sort()

test('to a bucket and back, with uploads in between; cut off, damaged and refused where it must be', async () => {
  const kept = new Map<Media, Buffer>()
  const keep = async (server: Awaited<ReturnType<typeof serve>>, shade: number, bytes = 300_000) => {
    const made = mp4({ shade, bytes })
    const media = await server.upload(made)
    kept.set(media, made)
    return media
  }
  const allThere = async (server: Awaited<ReturnType<typeof serve>>) => {
    for (const [media, bytes] of kept) {
      const got = await server.read(media.url)
      expect(got.equals(bytes), `${media.id}: ${got.length} bytes, ${got.subarray(0, 40)}`).toBe(true)
      expect((await server.read(media.thumbUrl)).subarray(8, 12).toString()).toBe('WEBP')
    }
  }
  /** Runs a move while people go on uploading. */
  const moving = async (
    server: Awaited<ReturnType<typeof serve>>,
    words: string[],
    more: Record<string, string>,
    shade: number,
  ) => {
    const it = launch('./cli.ts', words, more)
    const over = once(it.child, 'close')
    for (let n = 0; n < 4; n++) await keep(server, shade + n)
    await over
    return { code: it.child.exitCode, said: it.said }
  }

  // On the disk, as everybody begins.
  const first = await serve({})
  for (let n = 0; n < 5; n++) await keep(first, n)
  await keep(first, 5, 40_000_000)
  await allThere(first)
  expect((await onDisk()).length).toBe(12)
  const early = await cli(['storage', 'move', 'disk', 's3'], { ...env, CLARION_STORAGE: 's3' })
  expect(early).toMatchObject({
    code: 1,
    said: expect.stringContaining('The Clarion that runs still puts new files on the disk'),
  })
  expect(await inBucket()).toEqual([])
  expect(await cli(['storage', 'move', 'disk', 's3'], {})).toMatchObject({
    code: 1,
    said: expect.stringContaining('CLARION_STORAGE=s3'),
  })
  await first.stop()

  // The bucket is set; what has not moved is read from the disk.
  const second = await serve(env)
  await allThere(second)
  await keep(second, 20)
  expect((await onDisk()).length).toBe(12)
  expect(await cli(['storage', 'move', 's3', 'disk'], env)).toMatchObject({
    code: 1,
    said: expect.stringContaining('New files still go to the bucket'),
  })
  expect(await cli(['storage', 'move', 'disk', 'tape'], env)).toMatchObject({
    code: 1,
    said: expect.stringContaining('"tape"'),
  })

  // One file was damaged on the disk; and the first move is killed as soon as something has moved.
  const damaged = [...kept.keys()][1]!
  const spoilt = join(dir, 'media', 'media', damaged.id.slice(-2), damaged.id)
  await writeFile(spoilt, Buffer.alloc(kept.get(damaged)!.length, 'x'))
  const before = (await inBucket()).length
  const cut = launch('./cli.ts', ['storage', 'move', 'disk', 's3'], env)
  await expect
    .poll(async () => cut.child.exitCode !== null || (await inBucket()).length > before, { interval: 10 })
    .toBe(true)
  await end(cut.child, 'SIGKILL')
  const moved = await moving(second, ['storage', 'move', 'disk', 's3'], env, 30)
  expect(moved, moved.said).toMatchObject({
    code: 1,
    said: expect.stringMatching(new RegExp(`NOT moved: media/../${damaged.id}: its bytes are not`)),
  })
  expect(await onDisk()).toEqual([`media/${damaged.id.slice(-2)}/${damaged.id}`])
  const bad = await cli(['storage', 'verify'], env)
  expect(bad, bad.said).toMatchObject({
    code: 1,
    said: expect.stringMatching(new RegExp(`BAD: media/../${damaged.id}`)),
  })
  await writeFile(spoilt, kept.get(damaged)!)
  const rest = await cli(['storage', 'move', 'disk', 's3'], env)
  expect(rest, rest.said).toMatchObject({ code: 0, said: expect.stringContaining('Copied to the bucket: 1 files') })
  expect(await onDisk()).toEqual([])
  await allThere(second)
  const good = await cli(['storage', 'verify'], env)
  expect(good, good.said).toMatchObject({ code: 0, said: expect.stringMatching(/Good on the bucket: \d+\./) })
  for (const secret of [env.S3_SECRET_ACCESS_KEY!, env.S3_ACCESS_KEY_ID!])
    expect(early.said + moved.said + bad.said + good.said).not.toContain(secret)
  await second.stop()

  // And back.
  const third = await serve({ ...env, CLARION_STORAGE: 'disk' })
  await allThere(third)
  const back = await moving(third, ['storage', 'move', 's3', 'disk'], { ...env, CLARION_STORAGE: 'disk' }, 50)
  expect(back, back.said).toMatchObject({ code: 0, said: expect.stringContaining('Taken from the bucket') })
  expect(await inBucket()).toEqual([])
  await third.stop()

  // Without the bucket everything is there.
  const last = await serve({})
  await allThere(last)
  expect(await cli(['storage', 'verify'], {})).toMatchObject({
    code: 0,
    said: expect.stringMatching(/Good on the disk: \d+/),
  })
  await last.stop()
})
