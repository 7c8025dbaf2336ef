import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { holding } from './hold.ts'
import { diskStorage } from './storage.ts'
import { layered } from './storage-layers.ts'
import { storageSuite } from './testing/storage-suite.ts'

const emptyFolder = () => mkdtemp(join(tmpdir(), 'clarion-storage-'))
const filesBelow = async (dir: string) =>
  (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((f) => f.isFile())
    .map((f) => join(f.parentPath, f.name).slice(dir.length + 1))

storageSuite('on the disk', async () => {
  const dir = await emptyFolder()
  return {
    storage: diskStorage(dir),
    all: () => filesBelow(dir),
    close: () => rm(dir, { recursive: true, force: true }),
  }
})

storageSuite('of two, one over the other', async () => {
  const dir = await emptyFolder()
  return {
    storage: layered(diskStorage(join(dir, 'first')), diskStorage(join(dir, 'second'))),
    all: async () => (await filesBelow(dir)).map((path) => path.split('/').slice(1).join('/')),
    close: () => rm(dir, { recursive: true, force: true }),
  }
})

test('of two storages the first takes what is new, and the second gives what has not moved yet', async () => {
  const [first, second] = [diskStorage(join(dir, '1')), diskStorage(join(dir, '2'))]
  const s = layered(first, second)
  await second.put('media/aa/old', Buffer.from('old'))
  await second.put('media/aa/both', Buffer.from('older'))
  await first.put('media/aa/both', Buffer.from('newer'))
  await s.put('media/aa/new', Buffer.from('new'))
  expect(await second.size('media/aa/new')).toBeUndefined()
  const all = ['old', 'both', 'new'].map((name) => s.read(`media/aa/${name}`).then(String))
  expect(await Promise.all(all)).toEqual(['old', 'newer', 'new'])
  const keys: string[] = []
  for await (const { key } of s.list()) keys.push(key)
  expect(keys.sort()).toEqual(['media/aa/both', 'media/aa/new', 'media/aa/old'])
  await holding(async (hold) => expect(await readFile(await s.local('media/aa/old', hold), 'utf8')).toBe('old'))
  await s.remove('media/aa/both')
  expect([await first.size('media/aa/both'), await second.size('media/aa/both')]).toEqual([undefined, undefined])
  // Moved between the look at the first and the look at the second.
  let looks = 0
  const slow = layered(
    {
      ...first,
      size: async (key) => {
        if (looks++ > 0) return first.size(key)
        await first.put(key, await second.read(key))
        await second.remove(key)
        return undefined
      },
    },
    second,
  )
  expect(await slow.size('media/aa/old')).toBe(3)
})

let dir: string
beforeEach(async () => {
  dir = await emptyFolder()
})
afterEach(() => rm(dir, { recursive: true, force: true }))

test('files are ours alone, and an empty folder goes with its last file', async () => {
  const s = diskStorage(dir)
  await s.put('media/ab/abcd.jpg', Buffer.from('one'))
  expect((await stat(join(dir, 'media/ab/abcd.jpg'))).mode & 0o777).toBe(0o600)
  expect(await readdir(join(dir, 'media/ab'))).toEqual(['abcd.jpg'])
  await s.remove('media/ab/abcd.jpg')
  expect(await readdir(join(dir, 'media'))).toEqual([])
})

test('sweeping goes by the age of files, half-written ones too', async () => {
  const s = diskStorage(dir)
  for (const name of ['old', 'new']) await s.put(`incoming/${name}`, Buffer.from('1'))
  const at = (name: string) => join(dir, 'incoming', name)
  await writeFile(at('dead.tmp'), '1')
  const { mtimeMs } = await stat(at('new'))
  const before = new Date(mtimeMs - 100_000)
  for (const name of ['old', 'dead.tmp']) await utimes(at(name), before, before)
  expect(await s.sweep('incoming', 50_000)).toBe(2)
  expect(await readdir(join(dir, 'incoming'))).toEqual(['new'])
})

test('a disk that fills up is told as such, and nothing half-written stays', async () => {
  // The system refuses this process more than a few megabytes in a file, as a full disk or a quota would.
  const program = `
    import { writeFile } from 'node:fs/promises'
    import { diskStorage } from ${JSON.stringify(new URL('./storage.ts', import.meta.url).href)}
    process.on('SIGXFSZ', () => undefined)
    const s = diskStorage(${JSON.stringify(dir)})
    const pieces = async function* () { for (let i = 0; i < 40; i++) yield Buffer.alloc(1_000_000) }
    const said = []
    await s.putStream('incoming/a', pieces(), { maxBytes: 1e9 }).catch((e) => said.push(e.name))
    await s.put('incoming/b', Buffer.alloc(40_000_000)).catch((e) => said.push(e.name))
    await s.make('incoming/c', (path) => writeFile(path, Buffer.alloc(40_000_000))).catch((e) => said.push(e.name))
    console.log(said.join())`
  const { stdout } = await promisify(execFile)('/bin/sh', [
    '-c',
    'ulimit -f 8000; exec "$0" --input-type=module -e "$1"',
    process.execPath,
    program,
  ])
  expect(stdout.trim()).toBe('StorageFull,StorageFull,StorageFull')
  expect(await filesBelow(dir)).toEqual([])
})
