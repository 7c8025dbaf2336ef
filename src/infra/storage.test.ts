import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { diskStorage, NotStored } from './storage.ts'

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
