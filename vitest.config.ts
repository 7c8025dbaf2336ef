import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'tools/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'tools/new-platform/template/**'],
    globalSetup: ['src/infra/testing/coordinator.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // A slow machine is no failure: waits end with what they wait for, and these only with a test that hangs.
    testTimeout: 300_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000 } },
  },
})
