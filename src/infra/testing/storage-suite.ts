/** What every make of the Storage port keeps, asked of each of them in turn. @testing */
import { createHash } from 'node:crypto'
import { access, readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TooManyBytes } from '../files.ts'
import { createHold, holding } from '../hold.ts'
import { NotStored, type Storage, StorageFull } from '../storage.ts'

export type StorageMake = {
  storage: Storage
  /** Every key that is there, half-written things included: what a test that must leave nothing looks at. */
  all: () => Promise<string[]>
  close: () => Promise<void>
}

const pieces = async function* (...list: (string | Buffer | Error)[]) {
  for (const piece of list) {
    if (piece instanceof Error) throw piece
    yield typeof piece === 'string' ? Buffer.from(piece) : piece
  }
}
const sha256 = (text: string) => createHash('sha256').update(text).digest()
const within = <T>(work: (hold: Parameters<Storage['local']>[1]) => Promise<T>) => holding(work)

/** Asks the make that `open` gives, empty at the beginning. @testing */
export const storageSuite = (name: string, open: () => Promise<StorageMake>): void => {
  describe(`storage ${name}`, () => {
    let make: StorageMake
    let s: Storage
    beforeAll(async () => {
      make = await open()
      s = make.storage
    })
    afterAll(() => make?.close())

    const all = async (key: string, range?: { from: number; to: number }) => {
      const chunks: Buffer[] = []
      for await (const chunk of await s.stream(key, range)) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks)
    }

    test('what is put comes back, as bytes, as a blob with its type and as a file; a second put replaces it', async () => {
      await s.put('media/ab/abcd.jpg', Buffer.from('one'))
      await s.put('media/ab/abcd.jpg', new Uint8Array([50]))
      expect((await s.read('media/ab/abcd.jpg')).toString()).toBe('2')
      expect(await s.size('media/ab/abcd.jpg')).toBe(1)
      await within(async (hold) => {
        const blob = await s.blob('media/ab/abcd.jpg', hold, 'image/jpeg')
        expect([blob.type, blob.size, await blob.text()]).toEqual(['image/jpeg', 1, '2'])
        expect(await readFile(await s.local('media/ab/abcd.jpg', hold), 'utf8')).toBe('2')
      })
      // Seen by somebody who had read the older one.
      await s.put('media/ab/abcd.jpg', Buffer.from('newer'))
      await within(async (hold) =>
        expect(await readFile(await s.local('media/ab/abcd.jpg', hold), 'utf8')).toBe('newer'),
      )
      await s.remove('media/ab/abcd.jpg')
      expect(await make.all()).toEqual([])
    })

    test('what is not there is NotStored, and removing it is fine', async () => {
      const { hold } = createHold()
      await expect(s.read('a/b')).rejects.toThrow(NotStored)
      await expect(s.blob('a/b', hold)).rejects.toThrow(NotStored)
      await expect(s.local('a/b', hold)).rejects.toThrow(NotStored)
      await expect(s.stream('a/b')).rejects.toThrow(NotStored)
      expect(await s.size('a/b')).toBeUndefined()
      await s.remove('a/b')
    })

    test('a key can not leave its place', async () => {
      for (const key of ['../x', 'a/../../x', '/etc/passwd', 'a//b', 'a/.b', '', 'a\0b', 'a\\b'])
        await expect(s.put(key, Buffer.from('x')), key).rejects.toThrow('Not a storage key')
    })

    test('puts and removals side by side lose nothing', async () => {
      await Promise.all(
        Array.from({ length: 60 }, async (_, i) => {
          await s.put(`m/x/k${i}`, Buffer.from(String(i)))
          if (i % 2) await s.remove(`m/x/k${i}`)
        }),
      )
      const sizes = await Promise.all(Array.from({ length: 60 }, (_, i) => s.size(`m/x/k${i}`)))
      expect(sizes).toEqual(sizes.map((_, i) => (i % 2 ? undefined : String(i).length)))
      await Promise.all(sizes.map((_, i) => s.remove(`m/x/k${i}`)))
    })

    test('a stream is stored whole, with its length and hash, and replaces what is there', async () => {
      await s.put('incoming/a', Buffer.from('older'))
      const written = await s.putStream('incoming/a', pieces('hel', '', 'lo'), { maxBytes: 5, expected: 4 })
      expect([written.bytes, written.sha256.toString('hex').slice(0, 8)]).toEqual([5, '2cf24dba'])
      expect((await s.read('incoming/a')).toString()).toBe('hello')
      await s.remove('incoming/a')
    })

    test('an empty stream is an empty file', async () => {
      expect((await s.putStream('incoming/none', pieces(), { maxBytes: 5 })).bytes).toBe(0)
      expect(await s.size('incoming/none')).toBe(0)
      expect((await s.read('incoming/none')).length).toBe(0)
      await s.remove('incoming/none')
    })

    test('a stream that breaks, is too long or cannot fit leaves nothing, and lets its source go', async () => {
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
      expect(await make.all()).toEqual([])
    })

    test('the same of a long stream, parts of which have been stored already', async () => {
      const part = Buffer.alloc(3_000_000, 'z')
      const cut = pieces(part, part, part, part, part, part, new Error('cut'))
      await expect(s.putStream('incoming/long', cut, { maxBytes: 2 ** 30 })).rejects.toThrow('cut')
      const long = pieces(part, part, part, part, part, part)
      await expect(s.putStream('incoming/long', long, { maxBytes: 17_000_000 })).rejects.toThrow(TooManyBytes)
      expect(await s.size('incoming/long')).toBeUndefined()
      expect(await make.all()).toEqual([])
    })

    test('a long stream comes back as it was, whole and in parts', async () => {
      const bytes = Buffer.alloc(13_700_001, 'abcdefg')
      const source = async function* () {
        for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
      }
      const written = await s.putStream('m/a', source(), { maxBytes: 2 ** 30, expected: bytes.length })
      expect(written.bytes).toBe(bytes.length)
      expect((await all('m/a')).equals(bytes)).toBe(true)
      expect((await all('m/a', { from: 3, to: 3 })).toString()).toBe('d')
      expect((await all('m/a', { from: 200_000, to: 6_650_000 })).equals(bytes.subarray(200_000, 6_650_001))).toBe(true)
      await within(async (hold) => {
        expect((await readFile(await s.local('m/a', hold))).equals(bytes)).toBe(true)
        const blob = await s.blob('m/a', hold)
        const slice = Buffer.from(await blob.slice(13_000_000, 13_700_001).arrayBuffer())
        expect(slice.equals(bytes.subarray(13_000_000))).toBe(true)
      })
      // Somebody who stops reading leaves nothing open.
      const reader = await s.stream('m/a')
      for await (const _chunk of reader) break
      expect(reader.destroyed).toBe(true)
      await s.remove('m/a')
    })

    test('a file is held for each of its readers by itself', async () => {
      await s.put('m/held', Buffer.from('held'))
      const [one, two] = [createHold(), createHold()]
      const paths = await Promise.all([s.local('m/held', one.hold), s.local('m/held', two.hold)])
      one.release()
      expect(await readFile(paths[1], 'utf8')).toBe('held')
      two.release()
      await s.remove('m/held')
      expect(await make.all()).toEqual([])
    })

    test('a file moves to another key at once; one that is not there does not', async () => {
      await s.put('incoming/a', Buffer.from('1'))
      await s.move('incoming/a', 'media/xy/a', { mime: 'image/png', sha256: sha256('1') })
      expect([await s.size('incoming/a'), await s.size('media/xy/a')]).toEqual([undefined, 1])
      expect(await make.all()).toEqual(['media/xy/a'])
      await within(async (hold) => expect(await readFile(await s.local('media/xy/a', hold), 'utf8')).toBe('1'))
      await expect(s.move('incoming/a', 'media/xy/b')).rejects.toThrow(NotStored)
      await s.remove('media/xy/a')
    })

    test('a tool makes a file at a path; one that fails leaves nothing', async () => {
      let seen = ''
      const told = await s.make('renditions/aa/one', async (path) => {
        seen = path
        await writeFile(path, 'made')
        return { mime: 'image/webp', width: 3 }
      })
      expect([told.width, (await s.read('renditions/aa/one')).toString()]).toEqual([3, 'made'])
      await expect(access(seen)).rejects.toThrow(/ENOENT/)
      const broken = s.make('renditions/aa/two', async (path) => {
        await writeFile(path, 'half')
        throw new Error('broken tool')
      })
      await expect(broken).rejects.toThrow('broken tool')
      expect(await make.all()).toEqual(['renditions/aa/one'])
      await s.remove('renditions/aa/one')
    })

    test('everything that is stored is listed, with its size', async () => {
      const keys = Array.from({ length: 30 }, (_, i) => `media/${i % 3}a/k${i}`)
      await Promise.all(keys.map((key, i) => s.put(key, Buffer.alloc(i))))
      const seen: Record<string, number> = {}
      for await (const { key, bytes } of s.list()) seen[key] = bytes
      expect(seen).toEqual(Object.fromEntries(keys.map((key, i) => [key, i])))
      await Promise.all(keys.map((key) => s.remove(key)))
    })

    test('sweeping removes what has lain directly in a folder for too long, and nothing else', async () => {
      for (const key of ['incoming/a', 'incoming/b', 'media/aa/c']) await s.put(key, Buffer.from('1'))
      expect(await s.sweep('incoming', 3_600_000)).toBe(0)
      // "Longer than 0 ms" is at least a tick of that storage's own clock.
      for (let gone = 0; gone < 2; ) gone += await s.sweep('incoming', 0)
      expect(await make.all()).toEqual(['media/aa/c'])
      expect(await s.sweep('nowhere', 0)).toBe(0)
      await s.remove('media/aa/c')
    })
  })
}
