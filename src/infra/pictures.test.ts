/** The processes that decode: what goes over their limits ends with them, and costs nobody else anything. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jpeg, packedPng, png } from '#kit/testing/media.ts'
import { ImageRefused, inspectPicture, renderPicture } from './pictures.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-pictures-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const file = async (name: string, bytes: Uint8Array) => {
  const path = join(dir, name)
  await writeFile(path, bytes)
  return path
}
const refusal = (run: Promise<unknown>) =>
  run.then(
    () => 'taken',
    (e: unknown) => (e instanceof ImageRefused ? `${e.reason}: ${e.message}` : `error: ${e}`),
  )
/** It may be gone already. */
const end = (pid: number) => {
  try {
    process.kill(pid, 'SIGSEGV')
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ESRCH')
  }
}
/** Pids of our picture processes. */
const workers = async (): Promise<number[]> => {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)])
  return stdout
    .split('\n')
    .filter((l) => l.includes('picture-process'))
    .map((l) => Number(l.trim().split(' ')[0]))
}

test('a picture is looked at by a process of its own, whatever it is called', async () => {
  const seen = { mime: 'image/png', width: 30, height: 20, pages: 1 }
  expect(await inspectPicture(await file('a.jpg', png({ width: 30, height: 20 })))).toEqual(seen)
  expect((await workers()).length).toBeGreaterThan(0)
  // Nothing here decodes: the library is not even loaded.
  const maps = await readFile('/proc/self/maps', 'utf8').catch(() => '')
  expect(maps).not.toMatch(/libvips/)
})

test('a rendition lies whole in its file', async () => {
  const into = join(dir, 'made', 'one')
  const limits = { types: ['image/jpeg'], maxBytes: 100_000, maxWidth: 100 }
  const source = { path: await file('b.png', png({ width: 400, height: 200 })) }
  const made = await renderPicture(source, limits, into)
  expect(made).toMatchObject({ mime: 'image/jpeg', width: 100, height: 50 })
  expect((await readFile(into)).length).toBe(made.bytes)
  expect(await readdir(join(dir, 'made'))).toEqual(['one'])
  const drawn = await renderPicture({ of: 'video', width: 90, height: 160, durationMs: 5000 }, limits, into)
  expect(drawn.height).toBeGreaterThan(drawn.width)
  expect((await renderPicture({ bytes: jpeg({ width: 60, height: 40 }) }, limits, into)).width).toBe(60)
})

test('what unpacks to more than the budget is refused by its head, with what to do', async () => {
  const bomb = packedPng({ width: 7700, height: 7700, bits: 16, interlaced: true })
  expect(bomb.length).toBeLessThan(3_000_000)
  expect(await refusal(inspectPicture(await file('bomb.png', bomb)))).toMatch(
    /^bomb: .*needs 475 MB.*without interlacing.*8 bits/,
  )
  const plain = packedPng({ width: 7700, height: 7700, bits: 16 })
  expect(await refusal(inspectPicture(await file('plain.png', plain)))).toBe('taken')
})

test('many large pictures take turns: together they never hold more than the budget', {
  timeout: 300_000,
}, async () => {
  // 100 MB each when unpacked: three do not fit beside each other.
  const path = await file('large.png', packedPng({ width: 5000, height: 5000, interlaced: true }))
  const own = process.memoryUsage().rss
  let most = 0
  let watching = true
  const watch = (async () => {
    while (watching) {
      let now = 0
      for (const pid of await workers())
        now += Number((await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '0 0')).split(' ')[1]) * 4096
      most = Math.max(most, now)
      await new Promise((r) => setTimeout(r, 20))
    }
  })()
  const all = await Promise.all(Array.from({ length: 4 }, () => inspectPicture(path)))
  watching = false
  await watch
  expect(all).toHaveLength(4)
  expect(most).toBeLessThan(450_000_000)
  expect(process.memoryUsage().rss - own).toBeLessThan(60_000_000)
  expect((await workers()).length).toBeLessThanOrEqual(2)
})

test('a task over its time or its memory is ended with its process, and the next one finds another', {
  timeout: 300_000,
}, async () => {
  const path = await file('slow.png', packedPng({ width: 6000, height: 6000, interlaced: true }))
  expect(await refusal(inspectPicture(path, { ms: 1 }))).toMatch(/^broken: .*too long/)
  expect(await refusal(inspectPicture(path, { residentBytes: 100_000_000 }))).toMatch(/^bomb: .*memory/)
  expect((await inspectPicture(path)).width).toBe(6000)
})

test('a decoder that dies takes its own file with it and no other', { timeout: 120_000 }, async () => {
  const path = await file('dies.png', packedPng({ width: 5000, height: 5000, interlaced: true }))
  let over = false
  const one = refusal(inspectPicture(path)).finally(() => {
    over = true
  })
  // It is tried once more on another process, as the first may have ended before it was asked.
  while (!over) {
    for (const pid of await workers()) end(pid)
    await new Promise((r) => setTimeout(r, 5))
  }
  expect(await one).toMatch(/^broken: /)
  expect(await refusal(inspectPicture(path))).toBe('taken')
})

test('a disk that says no is not the picture’s fault', async () => {
  const source = { path: await file('c.png', png()) }
  const nowhere = renderPicture(source, { types: ['image/png'], maxBytes: 1e6 }, join(source.path, 'x'))
  expect(await refusal(nowhere)).toMatch(/^error: .*ENOTDIR/)
  await expect(inspectPicture(join(dir, 'not-there'))).rejects.toMatchObject({ code: 'ENOENT' })
})
