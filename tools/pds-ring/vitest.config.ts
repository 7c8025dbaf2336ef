/** The ring of the real server: tests that speak to a Bluesky server from npm. */
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: ['src/platforms/*/pds.test.ts'],
    globalSetup: ['src/infra/testing/coordinator.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 90_000,
  },
})
