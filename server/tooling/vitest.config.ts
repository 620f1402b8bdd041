import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('../..', import.meta.url))

export default defineConfig({
  root,
  test: {
    // a third of the time a test waits, for a page, a process or its turn: three fill two cores
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    projects: [
      {
        test: {
          name: 'node',
          root,
          environment: 'node',
          include: ['analytics/**/*.test.ts', 'server/**/*.test.ts', 'fixtures/**/*.test.ts'],
          setupFiles: ['server/tooling/property-tests.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          name: 'web',
          root,
          environment: 'jsdom',
          isolate: false,
          include: ['web/**/*.test.{ts,tsx}'],
        },
      },
      {
        test: {
          name: 'e2e',
          root,
          environment: 'node',
          isolate: false, // files of a worker have one browser
          include: ['web/e2e/**/*.e2e.ts'],
          globalSetup: ['web/e2e/template.ts'],
          // a page that is slow on a busy machine is not a wrong one
          expect: { poll: { timeout: 30_000 } },
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
