/** The proof of `npm run new:platform`: it works on a copy of the tree, so it runs alone. */
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: ['tools/new-platform/*.test.ts'],
    exclude: ['**/template/**'],
    pool: 'forks',
    testTimeout: 900_000,
    hookTimeout: 600_000,
  },
})
