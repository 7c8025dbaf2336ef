import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import { endAll, processesIn } from '../db/postmaster.ts'

const dirs: string[] = []
afterEach(async () => {
  for (const dir of dirs.splice(0)) {
    await endAll(join(dir, 'pg', 'pgdata'))
    await rm(dir, { recursive: true, force: true })
  }
})

/** A process of its own that starts a server, as a benchmark does, and lives until it is killed. */
const starter = async (guarded: boolean) => {
  const dir = await mkdtemp(join(tmpdir(), 'clarion-mortal-'))
  await chmod(dir, 0o711)
  dirs.push(dir)
  const at = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
  const pgdata = join(dir, 'pg', 'pgdata')
  const code = `import { startOwnPostgres } from ${at('../db/own-postgres.ts')}
    import { diesWithUs } from ${at('./dies-with-us.ts')}
    const over = diesWithUs(${JSON.stringify({ pgdata, folder: dir })})
    await startOwnPostgres({ dir: ${JSON.stringify(join(dir, 'pg'))}, noSync: true })
    ${guarded ? '' : 'over()'}
    console.log('up')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(createInterface({ input: child.stdout }), 'line')
  expect((await processesIn(pgdata)).length).toBeGreaterThan(0)
  child.kill('SIGKILL')
  await once(child, 'exit')
  return { dir, pgdata }
}

test('a server goes with the process that started it, killed or not, and its folder too', async () => {
  const { dir, pgdata } = await starter(true)
  await expect.poll(() => processesIn(pgdata)).toEqual([])
  await expect.poll(() => existsSync(dir)).toBe(false)
})

test('one whose starter said that it stops by itself is left alone', async () => {
  const { pgdata } = await starter(false)
  expect((await processesIn(pgdata)).length).toBeGreaterThan(0)
})
