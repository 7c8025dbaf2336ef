import { defineConfig } from 'vitest/config'

/** The journeys in a browser: `npx vitest run -c e2e/vitest.config.ts`. One after the other; the whole takes under three and a half minutes on an idle machine. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.e2e.ts'],
    globalSetup: ['./build.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 90_000,
  },
})
