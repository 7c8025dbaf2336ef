import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TooManyBytes } from './files.ts'
import { diskStorage, NotStored, StorageFull } from './storage.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-storage-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

test('what is put comes back, as bytes and as a blob with its type; a second put replaces it', async () => {
  const s = diskStorage(dir)
  await s.put('media/ab/abcd.jpg', Buffer.from('one'))
  await s.put('media/ab/abcd.jpg', new Uint8Array([50]))
  expect((await s.read('media/ab/abcd.jpg')).toString()).toBe('2')
  const blob = await s.blob('media/ab/abcd.jpg', 'image/jpeg')
  expect([blob.type, blob.size, await blob.text()]).toEqual(['image/jpeg', 1, '2'])
  expect(await s.size('media/ab/abcd.jpg')).toBe(1)
  expect((await stat(join(dir, 'media/ab/abcd.jpg'))).mode & 0o777).toBe(0o600)
  expect(await readdir(join(dir, 'media/ab'))).toEqual(['abcd.jpg'])
})

test('what is not there is NotStored, and removing it is fine', async () => {
  const s = diskStorage(dir)
  await expect(s.read('a/b')).rejects.toThrow(NotStored)
  await expect(s.blob('a/b')).rejects.toThrow(NotStored)
  expect(await s.size('a/b')).toBeUndefined()
  await s.remove('a/b')
})

test('a key can not leave the folder', async () => {
  const s = diskStorage(dir)
  for (const key of ['../x', 'a/../../x', '/etc/passwd', 'a//b', 'a/.b', '', 'a\0b', 'a\\b'])
    await expect(s.put(key, Buffer.from('x')), key).rejects.toThrow('Not a storage key')
})

test('puts and removals side by side lose nothing', async () => {
  const s = diskStorage(dir)
  await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      await s.put(`m/x/k${i}`, Buffer.from(String(i)))
      if (i % 2) await s.remove(`m/x/k${i}`)
    }),
  )
  for (let i = 0; i < 60; i++) expect(await s.size(`m/x/k${i}`)).toBe(i % 2 ? undefined : String(i).length)
})

const pieces = async function* (...list: (string | Error)[]) {
  for (const piece of list) {
    if (piece instanceof Error) throw piece
    yield Buffer.from(piece)
  }
}

test('a stream is stored whole, with its length and hash, and replaces what is there', async () => {
  const s = diskStorage(dir)
  await s.put('incoming/a', Buffer.from('older'))
  const written = await s.putStream('incoming/a', pieces('hel', '', 'lo'), { maxBytes: 5, expected: 4 })
  expect([written.bytes, written.sha256.toString('hex').slice(0, 8)]).toEqual([5, '2cf24dba'])
  expect((await s.read('incoming/a')).toString()).toBe('hello')
})

test('a stream that breaks, is too long or cannot fit leaves nothing, and lets its source go', async () => {
  const s = diskStorage(dir)
  let closed = 0
  const watched = async function* () {
    try {
      for (;;) yield Buffer.from('xxxx')
    } finally {
      closed++
    }
  }
  await expect(s.putStream('incoming/b', pieces('x', new Error('cut')), { maxBytes: 9 })).rejects.toThrow('cut')
  await expect(s.putStream('incoming/b', watched(), { maxBytes: 9 })).rejects.toThrow(TooManyBytes)
  expect(closed).toBe(1)
  // Announced lengths are judged before a byte is read.
  await expect(s.putStream('incoming/b', watched(), { maxBytes: 9, expected: 10 })).rejects.toThrow(TooManyBytes)
  await expect(s.putStream('incoming/b', watched(), { maxBytes: 2 ** 52, expected: 2 ** 51 })).rejects.toThrow(
    StorageFull,
  )
  expect(closed).toBe(1)
  expect(await readdir(dir)).toEqual([])
})

test('a stream gives the whole file or a part of it, and "not there" before anything else', async () => {
  const s = diskStorage(dir)
  const bytes = Buffer.alloc(700_000, 'abcdefg')
  await s.put('m/a', bytes)
  const all = async (range?: { from: number; to: number }) => {
    const chunks: Buffer[] = []
    for await (const chunk of await s.stream('m/a', range)) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }
  expect((await all()).equals(bytes)).toBe(true)
  expect((await all({ from: 3, to: 3 })).toString()).toBe('d')
  expect((await all({ from: 200_000, to: 650_000 })).equals(bytes.subarray(200_000, 650_001))).toBe(true)
  await expect(s.stream('m/b')).rejects.toThrow(NotStored)
})

test('a file moves to another key at once; one that is not there does not', async () => {
  const s = diskStorage(dir)
  await s.put('incoming/a', Buffer.from('1'))
  await s.move('incoming/a', 'media/xy/a')
  expect([await s.size('incoming/a'), await s.size('media/xy/a')]).toEqual([undefined, 1])
  expect(await readdir(dir)).toEqual(['media'])
  await expect(s.move('incoming/a', 'media/xy/b')).rejects.toThrow(NotStored)
})

test('sweeping removes what has lain in a folder for too long, half-written files too, and nothing else', async () => {
  const s = diskStorage(dir)
  for (const name of ['old', 'new']) await s.put(`incoming/${name}`, Buffer.from('1'))
  await writeFile(s.path('incoming/dead.tmp'), '1')
  const { mtimeMs } = await stat(s.path('incoming/new'))
  const before = new Date(mtimeMs - 100_000)
  for (const name of ['incoming/old', 'incoming/dead.tmp']) await utimes(s.path(name), before, before)
  expect(await s.sweep('incoming', 50_000)).toBe(2)
  expect(await readdir(s.path('incoming'))).toEqual(['new'])
  expect(await s.sweep('nowhere', 0)).toBe(0)
})

test('a disk that fills up is told as such, and nothing half-written stays', async () => {
  // The system refuses this process more than a few megabytes in a file, as a full disk or a quota would.
  const program = `
    import { diskStorage } from ${JSON.stringify(new URL('./storage.ts', import.meta.url).href)}
    process.on('SIGXFSZ', () => undefined)
    const s = diskStorage(${JSON.stringify(dir)})
    const pieces = async function* () { for (let i = 0; i < 40; i++) yield Buffer.alloc(1_000_000) }
    const said = []
    await s.putStream('incoming/a', pieces(), { maxBytes: 1e9 }).catch((e) => said.push(e.name))
    await s.put('incoming/b', Buffer.alloc(40_000_000)).catch((e) => said.push(e.name))
    console.log(said.join())`
  const { stdout } = await promisify(execFile)('/bin/sh', [
    '-c',
    'ulimit -f 8000; exec "$0" --input-type=module -e "$1"',
    process.execPath,
    program,
  ])
  expect(stdout.trim()).toBe('StorageFull,StorageFull')
  expect((await readdir(dir, { recursive: true })).filter((name) => name !== 'incoming')).toEqual([])
})
