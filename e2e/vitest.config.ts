import { defineConfig } from 'vitest/config'

/** The journeys in a browser: `npx vitest run -c e2e/vitest.config.ts`. One after the other; the whole takes under three and a half minutes on an idle machine. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.e2e.ts'],
    globalSetup: ['./build.ts'],
    pool: 'forks',
    fileParallelism: false,
    // A slow machine is no failure: waits end with what they wait for, and these only with a test that hangs.
    testTimeout: 600_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 120_000 } },
  },
})
