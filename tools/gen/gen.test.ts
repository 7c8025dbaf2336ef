import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let toy: string
const write = (path: string, text = 'export default {}\n') => {
  mkdirSync(dirname(join(toy, path)), { recursive: true })
  writeFileSync(join(toy, path), text)
}
const list = (name: string) => readFileSync(join(toy, `src/platforms/registry/${name}.gen.ts`), 'utf8')
const gen = (...args: string[]) => {
  const done = spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), '--root', toy, ...args], {
    encoding: 'utf8',
  })
  return { code: done.status, said: done.stdout + done.stderr }
}

beforeAll(() => {
  toy = mkdtempSync(join(tmpdir(), 'clarion-gen-'))
  for (const id of ['zeta', 'alpha-two'])
    for (const face of ['index.ts', 'sandbox/index.ts', 'web/index.tsx']) write(`src/platforms/${id}/${face}`)
  write('src/platforms/registry/notes.md')
  write('src/platforms/families/twins/login.ts')
})
afterAll(() => rmSync(toy, { recursive: true, force: true }))

describe('npm run gen', () => {
  test('--check says what is stale and what to run, and writes nothing', () => {
    const { code, said } = gen('--check')
    expect(code).toBe(1)
    expect(said).toContain('npm run gen')
    expect(() => list('server')).toThrow()
  })

  test('writes every platform in the order of ids, and no family', () => {
    expect(gen().code).toBe(0)
    for (const name of ['server', 'sandbox', 'web']) {
      expect(list(name).match(/from '\.\.\/[^']+'/g)).toHaveLength(2)
      expect(list(name)).toMatch(/= \[\n {2}alphaTwo,\n {2}zeta,\n\]\n$/)
      expect(list(name)).not.toContain('twins')
    }
    expect(gen('--check').code).toBe(0)
  })

  test('leaves out a face that is not there, and says so', () => {
    rmSync(join(toy, 'src/platforms/zeta/sandbox'), { recursive: true })
    expect(gen('--check').code).toBe(1)
    expect(gen().said).toContain('src/platforms/zeta has no imitation')
    expect(list('sandbox')).not.toContain('zeta')
    expect(list('server')).toContain('zeta')
  })
})
