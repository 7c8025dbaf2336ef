import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const id = 'toy-net'
/** A copy of the tree as git sees it, in a repository of its own: the real tree is never touched. */
let copy: string

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t.test', '-c', 'core.hooksPath=/dev/null', ...args], {
    cwd: copy,
    encoding: 'utf8',
  })
const status = () => git('status', '--porcelain').split('\n').filter(Boolean).sort()
const node = (...args: string[]) => {
  const done = spawnSync(process.execPath, args, {
    cwd: copy,
    encoding: 'utf8',
    env: { ...process.env, CI: '', VITEST: undefined, VITEST_POOL_ID: undefined, VITEST_WORKER_ID: undefined },
  })
  return { code: done.status, output: `${done.stdout}${done.stderr}` }
}
const newPlatform = (...args: string[]) => node('tools/new-platform/main.ts', ...args)

beforeAll(() => {
  copy = realpathSync(mkdtempSync(join(tmpdir(), 'clarion-toy-')))
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  }).split('\0')
  for (const file of new Set(files))
    if (file && existsSync(join(root, file))) cpSync(join(root, file), join(copy, file), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  // Another hand may be at work in the real tree: start from generated files that are up to date.
  expect(node('tools/gen/main.ts')).toMatchObject({ code: 0 })
  git('init', '-q')
  // The repository ignores a folder of this name; here it is a link.
  appendFileSync(join(copy, '.git/info/exclude'), 'node_modules\n.vitest/\nreport.json\n')
  git('add', '-A')
  git('commit', '-q', '-m', 'start')
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

describe('npm run new:platform', () => {
  test('refuses what is no id, no name, taken, or not its own to remove', () => {
    for (const args of [
      [],
      ['Bad_Id', 'X'],
      ['registry', 'X'],
      [id, "O'Hara"],
      ['bluesky', 'Bluesky'],
      ['--remove', 'nothing-here'],
      ['--remove', 'bluesky'],
    ])
      expect(newPlatform(...args).code, args.join(' ')).toBe(2)
    expect(status()).toEqual([])
  })

  test('writes one folder and the generated files, nothing else', () => {
    expect(newPlatform(id, 'Toy Net')).toMatchObject({ code: 0 })
    expect(status()).toEqual([
      ' M docs/platforms.md',
      ' M src/platforms/registry/samples.gen.ts',
      ' M src/platforms/registry/sandbox.gen.ts',
      ' M src/platforms/registry/server.gen.ts',
      ' M src/platforms/registry/web.gen.ts',
      `?? src/platforms/${id}/`,
    ])
    expect(git('ls-files', '-o', `src/platforms/${id}`)).not.toContain('{{')
  })

  test('what it wrote passes the contract suite before the first edit', () => {
    const run = node(
      'node_modules/vitest/vitest.mjs',
      'run',
      `src/platforms/${id}`,
      '--reporter=json',
      '--outputFile.json=report.json',
    )
    expect(existsSync(join(copy, 'report.json')), run.output.slice(-4000)).toBe(true)
    const report = JSON.parse(readFileSync(join(copy, 'report.json'), 'utf8'))
    type Told = { fullName: string; status: string; failureMessages?: string[] }
    const failed = report.testResults.flatMap((f: { assertionResults: Told[] }) =>
      f.assertionResults
        .filter((t) => t.status === 'failed')
        .map((t) => `${t.fullName}: ${t.failureMessages?.join('\n').slice(0, 1000)}`),
    )
    expect(failed).toEqual([])
    expect(report.numFailedTests, run.output.slice(-4000)).toBe(0)
    expect(run.code, run.output.slice(-4000)).toBe(0)
    expect(report.numPassedTests).toBeGreaterThan(10)
  })

  // The whole tree's types are checked twice, on cores other tests use as well.
  test('what it wrote passes types, lint, walls, fences and the check of generated files', () => {
    const about = (output: string) => output.split('\n').filter((line) => line.includes(id))
    expect(about(node('node_modules/typescript-native/lib/tsc.js', '-p', 'tsconfig.json').output)).toEqual([])
    expect(about(node('node_modules/typescript-native/lib/tsc.js', '-p', 'tsconfig.pure.json').output)).toEqual([])
    expect(about(node('tools/fences.ts').output)).toEqual([])
    expect(
      about(
        node(
          'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
          '--config',
          'tools/walls.cjs',
          '--output-type',
          'err',
          'src',
        ).output,
      ),
    ).toEqual([])
    expect(node('node_modules/@biomejs/biome/bin/biome', 'lint', `src/platforms/${id}`)).toMatchObject({ code: 0 })
    expect(node('tools/gen/main.ts', '--check')).toMatchObject({ code: 0 })
  })

  test('--remove leaves the tree as it was', () => {
    expect(newPlatform('--remove', id)).toMatchObject({ code: 0 })
    expect(status()).toEqual([])
  })
})
