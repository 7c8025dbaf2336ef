import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-alone-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const module = new URL('./alone.mjs', import.meta.url).href
/** A process that notes when its work begins and ends. */
const one = (lock: string, log: string) =>
  new Promise<number | null>((done) => {
    const code = `
      import { appendFileSync } from 'node:fs'
      const { alone } = await import(${JSON.stringify(module)})
      await alone(${JSON.stringify(lock)}, async () => {
        appendFileSync(${JSON.stringify(log)}, 'begin ' + process.pid + '\\n')
        await new Promise((r) => setTimeout(r, 300))
        appendFileSync(${JSON.stringify(log)}, 'end ' + process.pid + '\\n')
      })`
    spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' }).once('exit', done)
  })

test('processes that come together take turns, and a lock whose process is gone holds nobody', async () => {
  const [lock, log] = [join(dir, 'lock'), join(dir, 'log')]
  // No process has this number.
  await writeFile(lock, '4194999')
  expect(await Promise.all([one(lock, log), one(lock, log), one(lock, log)])).toEqual([0, 0, 0])
  const lines = (await readFile(log, 'utf8')).trim().split('\n')
  expect(lines).toHaveLength(6)
  for (let n = 0; n < 6; n += 2) expect(lines[n]!.replace('begin', 'end')).toBe(lines[n + 1])
  await expect(readFile(lock, 'utf8')).rejects.toThrow('ENOENT')
})
