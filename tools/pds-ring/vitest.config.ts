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
    // A slow machine is no failure: waits end with what they wait for, and these only with a test that hangs.
    testTimeout: 300_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000 } },
  },
})
