/** The tests that need no database, no server and no browser: part of `npm run check`. */
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: [
      'src/contract/**/*.test.ts',
      'src/kit/facts/**/*.test.ts',
      'src/planner/*/rules.test.ts',
      'src/planner/**/*.rules.test.ts',
      'src/platforms/*/{spec,text,failures,preflight}.test.ts',
      'tools/{walls,fences}.test.ts',
      'tools/{gen,test,fences}/*.test.ts',
    ],
    passWithNoTests: true,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
