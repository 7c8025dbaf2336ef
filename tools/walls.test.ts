import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const walls: { forbidden: { name: string; comment: string }[] } = createRequire(import.meta.url)('./walls.cjs')

/** What stands in the toy house before anybody breaks a wall: a file to import in every room. */
const house = [
  'src/contract/posts.ts',
  'src/kit/facts/spec.ts',
  'src/kit/client/http.ts',
  'src/kit/sandbox/imitation.ts',
  'src/kit/web/slots.ts',
  'src/kit/testing/suite.ts',
  'src/infra/disk.ts',
  'src/infra/testing/db.ts',
  'src/planner/posts/service.ts',
  'src/platforms/one/index.ts',
  'src/platforms/one/api.ts',
  'src/platforms/one/spec.ts',
  'src/platforms/one/sandbox/index.ts',
  'src/platforms/one/web/index.ts',
  'src/platforms/two/index.ts',
  'src/platforms/two/spec.ts',
  'src/platforms/families/twins/login.ts',
  'src/platforms/families/twins/sandbox/tokens.ts',
  'src/platforms/registry/server.gen.ts',
  'src/server/main.ts',
  'src/sandbox/host.ts',
  'src/web/app.tsx',
  'src/ui/button.tsx',
]

/** Each wall, broken: the file that breaks it and what it imports. */
const broken: Record<string, [file: string, imports: string][]> = {
  // A circle is reported once, at the first file met.
  'no-circles': [['src/infra/circle-a.ts', './circle-b.ts']],
  'imports-resolve': [['src/infra/nowhere.ts', '#infra/is-not-there.ts']],
  'contract-is-the-ground': [['src/contract/bad.ts', '#kit/facts/spec.ts']],
  'kit-knows-no-platform-and-no-planner': [['src/kit/client/bad.ts', '#infra/disk.ts']],
  'kit-testing-knows-no-platform': [['src/kit/testing/bad.ts', '#platforms/one/index.ts']],
  'kit-facts-is-pure': [['src/kit/facts/bad.ts', '../client/http.ts']],
  'pure-files-have-no-node': [
    ['src/kit/facts/node.ts', 'node:crypto'],
    ['src/contract/node.ts', 'node:fs'],
    ['src/platforms/one/text.ts', 'node:buffer'],
    ['src/planner/media/rules.ts', 'node:path'],
  ],
  'kit-sandbox-and-kit-client-are-strangers': [['src/kit/sandbox/bad.ts', '../client/http.ts']],
  'platforms-are-strangers': [['src/platforms/two/bad.ts', '../one/api.ts']],
  'platforms-know-only-the-kit': [
    ['src/platforms/two/disk.ts', '#infra/disk.ts'],
    ['src/platforms/two/words.ts', '#contract/posts.ts'],
  ],
  'imitation-stands-apart': [
    ['src/platforms/one/sandbox/limits.ts', '../spec.ts'],
    ['src/platforms/one/sandbox/http.ts', '#kit/client/http.ts'],
    ['src/platforms/one/sandbox/login.ts', '../../families/twins/login.ts'],
    ['src/platforms/families/twins/sandbox/bad.ts', '../login.ts'],
  ],
  'client-never-imports-imitation': [
    ['src/platforms/one/peek.ts', './sandbox/index.ts'],
    ['src/platforms/one/peek2.ts', '#kit/sandbox/imitation.ts'],
    ['src/platforms/one/peek3.ts', '../families/twins/sandbox/tokens.ts'],
    ['src/platforms/families/twins/peek.ts', './sandbox/tokens.ts'],
  ],
  'web-face-is-browser-safe': [
    ['src/platforms/one/web/call.ts', '../api.ts'],
    ['src/platforms/one/web/http.ts', '#kit/client/http.ts'],
  ],
  'platforms-have-three-doors': [['src/sandbox/bad.ts', '#platforms/one/sandbox/index.ts']],
  'registry-opens-faces-only': [['src/platforms/registry/bad.gen.ts', '../one/api.ts']],
  'only-mains-open-the-registry': [['src/server/list.ts', '#platforms/registry/server.gen.ts']],
  'families-know-no-platform': [['src/platforms/families/twins/bad.ts', '../../one/spec.ts']],
  'infra-knows-no-planner': [['src/infra/bad.ts', '#planner/posts/service.ts']],
  'planner-knows-no-platform': [['src/planner/posts/bad.ts', '#platforms/one/spec.ts']],
  'planner-knows-no-http': [
    ['src/planner/posts/http.ts', 'fastify'],
    ['src/planner/posts/http2.ts', 'node:http'],
  ],
  'rules-are-pure': [
    ['src/planner/posts/rules.ts', '#infra/disk.ts'],
    ['src/planner/people/rules.ts', 'kysely'],
  ],
  'server-is-no-library': [['src/infra/server.ts', '#server/main.ts']],
  'sandbox-knows-no-planner': [['src/sandbox/plan.ts', '#planner/posts/service.ts']],
  'web-talks-http-only': [
    ['src/web/bad.tsx', '#planner/posts/service.ts'],
    ['src/web/client.ts', '#kit/client/http.ts'],
  ],
  'ui-knows-no-screen': [['src/ui/bad.tsx', '#web/app.tsx']],
  'tests-stay-tests': [['src/server/helper.ts', '#infra/testing/db.ts']],
}

let toy: string
const write = (file: string, text: string) => {
  mkdirSync(dirname(join(toy, file)), { recursive: true })
  writeFileSync(join(toy, file), text)
}
type Violation = { from: string; rule: { name: string } }
const violations = (): Violation[] => {
  const run = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      join(root, 'tools/walls.cjs'),
      '--output-type',
      'json',
      'src',
    ],
    { cwd: toy, encoding: 'utf8', maxBuffer: 1 << 26 },
  )
  expect(run.stderr).toBe('')
  return JSON.parse(run.stdout).summary.violations
}

beforeAll(() => {
  toy = mkdtempSync(join(tmpdir(), 'clarion-walls-'))
  const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  write(
    'package.json',
    JSON.stringify({ name: 'toy', type: 'module', imports, dependencies: { fastify: '*', kysely: '*' } }),
  )
  symlinkSync(join(root, 'node_modules'), join(toy, 'node_modules'))
  for (const file of house) write(file, 'export const here = 1\n')
})
afterAll(() => rmSync(toy, { recursive: true, force: true }))

describe('the walls', () => {
  test('a house where every import keeps to the walls has no violation', () => {
    write(
      'src/server/main.ts',
      "export { here } from '#platforms/registry/server.gen.ts'\nexport * as posts from '#planner/posts/service.ts'\n",
    )
    write(
      'src/platforms/registry/server.gen.ts',
      "import { here as one } from '../one/index.ts'\nexport const here = one\n",
    )
    write(
      'src/platforms/one/index.ts',
      "import { here as http } from '#kit/client/http.ts'\nimport { here as login } from '../families/twins/login.ts'\nexport const here = http + login\n",
    )
    write(
      'src/platforms/one/web/index.ts',
      "import { here as spec } from '../spec.ts'\nimport { here as button } from '#ui/button.tsx'\nexport const here = spec + button\n",
    )
    expect(violations()).toEqual([])
  })

  test('every wall falls over the file that breaks it, and names it', () => {
    for (const [file, imports] of Object.values(broken).flat())
      write(file, `import * as it from '${imports}'\nexport const here = it\n`)
    write('src/infra/circle-b.ts', "import * as it from './circle-a.ts'\nexport const here = it\n")
    const seen = violations()
    for (const [name, files] of Object.entries(broken))
      for (const [file] of files)
        expect(
          seen.filter((v) => v.from === file).map((v) => v.rule.name),
          `${file} should break ${name}`,
        ).toContain(name)
  })

  test('no wall is left untried, and each says what to do', () => {
    expect(walls.forbidden.map((rule) => rule.name).sort()).toEqual(Object.keys(broken).sort())
    for (const rule of walls.forbidden) expect(rule.comment.split(/\s+/).length, rule.name).toBeGreaterThan(8)
  })

  test('the rules that the walls rest on see #room imports of the real tree', () => {
    const out = execFileSync(
      process.execPath,
      [
        join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
        '--config',
        join(root, 'tools/walls.cjs'),
        '--output-type',
        'json',
        'src/kit/client',
      ],
      { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 },
    )
    const modules: { source: string; dependencies: { resolved: string }[] }[] = JSON.parse(out).modules
    expect(modules.find((m) => m.source === 'src/kit/client/http.ts')?.dependencies.map((d) => d.resolved)).toContain(
      'src/kit/facts/failures.ts',
    )
  })
})
