/** Files that belong to nothing any more go, whatever happened to the storage or to us when they should have gone. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { manualClock } from '#infra/clock.ts'
import { memoryKeyRing } from '#infra/secrets.ts'
import { diskStorage, StorageAway } from '#infra/storage.ts'
import { testDatabase } from '#infra/testing/db.ts'
import { seeder } from '../posts/testing.ts'
import { createMedia } from './service.ts'

const day = 24 * 3_600_000

test('what the storage did not let go of, and what an upload that died left, is swept later; the rest stays', async () => {
  const database = await testDatabase()
  const dir = await mkdtemp(join(tmpdir(), 'clarion-leftovers-'))
  try {
    const clock = manualClock(Date.now())
    const disk = diskStorage(dir)
    let away = false
    const storage = {
      ...disk,
      remove: (key: string) => (away ? Promise.reject(new StorageAway('no answer')) : disk.remove(key)),
    }
    const media = createMedia({ database, clock, storage, keys: memoryKeyRing(), publicUrl: 'http://localhost' })
    const seed = seeder(database.db, clock)
    const [ws, userId] = [(await seed.workspace()).id, await seed.user()]
    const stored = async () =>
      (await readdir(dir, { recursive: true, withFileTypes: true })).filter((f) => f.isFile()).map((f) => f.name)
    const upload = async (shade: number) => {
      const bytes = await sharp({
        create: { width: 40, height: 40, channels: 3, background: { r: shade, g: 0, b: 0 } },
      })
        .png()
        .toBuffer()
      return media.upload({ ws, userId, bytes, name: 'a.png', declared: 'image/png', alt: '' })
    }
    const [kept, dropped, dead] = [await upload(1), await upload(2), await upload(3)]
    await media.thumb(ws, dropped.id)
    expect((await stored()).length).toBe(4)

    away = true
    await media.remove(ws, dropped.id)
    await expect(media.thumb(ws, dropped.id)).rejects.toThrow()
    // Killed between the file and its row: the row is still that of a deleted one.
    await database.db
      .updateTable('media')
      .set({ deleted_at: new Date(clock.now()) })
      .where('id', '=', dead.id)
      .execute()
    clock.set(clock.now() + 2 * day)
    await expect(media.sweep()).rejects.toThrow(StorageAway)
    expect((await stored()).length).toBe(4)
    away = false
    expect(await media.sweep()).toBe(3)
    expect(await stored()).toEqual([kept.id])
    expect(await media.sweep()).toBe(0)
    const rows = await database.db.selectFrom('renditions').selectAll().execute()
    expect(rows).toEqual([])
  } finally {
    await rm(dir, { recursive: true, force: true })
    await database.drop()
  }
})
