import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CannotStart } from './cannot-start.ts'
import { takeLock } from './lock.ts'

let dir: string
const children: ChildProcess[] = []
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-lock-test-'))
})
afterEach(async () => {
  for (const c of children.splice(0)) c.kill('SIGKILL')
  await rm(dir, { recursive: true, force: true })
})

/** Another process that tries to take the lock, says `have` or `refused`, and lives on. */
const rival = async (folder: string) => {
  const lock = new URL('./lock.ts', import.meta.url).href
  const code = `import { takeLock } from ${JSON.stringify(lock)}
    try { await takeLock(${JSON.stringify(folder)}); console.log('have') } catch (e) { console.log('refused ' + e.message) }
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, said: said.toString().trim() }
}

test('a second taker is refused with the pid of the first; after a release it may', async () => {
  const first = await takeLock(dir)
  const error = await takeLock(dir).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(CannotStart)
  expect((error as CannotStart).message).toContain(`process ${process.pid}`)
  await first.release()
  await (await takeLock(dir)).release()
  expect(await readdir(dir)).toEqual([])
})

test('another process is refused too, and kill -9 of the holder frees the lock at once', async () => {
  const holder = await rival(dir)
  expect(holder.said).toBe('have')
  await expect(takeLock(dir)).rejects.toThrow(`process ${holder.child.pid}`)
  holder.child.kill('SIGKILL')
  await once(holder.child, 'exit')
  expect(await readdir(dir)).toEqual(['lock'])
  const mine = await takeLock(dir)
  expect((await rival(dir)).said).toContain(`refused Another Clarion (process ${process.pid})`)
  await mine.release()
})

test('a frozen holder still holds', async () => {
  const holder = await rival(dir)
  holder.child.kill('SIGSTOP')
  await expect(takeLock(dir)).rejects.toThrow('Another Clarion already runs')
})

test('of six that come at once over a stale lock, one gets it', async () => {
  const dead = await rival(dir)
  dead.child.kill('SIGKILL')
  await once(dead.child, 'exit')
  const all = await Promise.allSettled(Array.from({ length: 6 }, () => takeLock(dir)))
  const won = all.filter((r) => r.status === 'fulfilled')
  expect(won).toHaveLength(1)
  for (const r of all) if (r.status === 'rejected') expect(r.reason).toBeInstanceOf(CannotStart)
  await won[0]!.value.release()
})

test('a folder too deep for a socket is locked all the same', async () => {
  const deep = join(dir, 'd'.repeat(60), 'e'.repeat(60))
  const first = await takeLock(deep)
  await expect(takeLock(deep)).rejects.toThrow('already runs')
  await first.release()
})
