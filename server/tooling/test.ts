import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { findBrowser } from '../../web/e2e/browser.ts'

/** Everything that must hold before a change lands, in the order in which it fails fastest. */
const folder = mkdtempSync(join(tmpdir(), 'reveille-test-'))
const report = join(folder, 'report.json')
process.env.CHROME_PATH = findBrowser()

const node = (name: string, ...args: string[]) => [`node_modules/${name}`, ...args]
const checks: [string, string[]][] = [
  ['server types', node('typescript/bin/tsc', '-p', 'server/tsconfig.json')],
  ['web types', node('typescript/bin/tsc', '-p', 'web/tsconfig.json')],
  ['browser test types', node('typescript/bin/tsc', '-p', 'web/e2e/tsconfig.json')],
  ['lint', node('oxlint/bin/oxlint', '-c', 'server/tooling/oxlint.config.ts')],
  ['format', node('oxfmt/bin/oxfmt', '--check', '.')],
  ['build', node('vite/bin/vite.js', 'build', '--config', 'web/vite.config.ts', '--logLevel', 'warn')],
]
const tests = node(
  'vitest/vitest.mjs',
  'run',
  '--config',
  'server/tooling/vitest.config.ts',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
)

const Counts = z.object({
  success: z.boolean(),
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  testResults: z.array(
    z.object({ name: z.string(), status: z.string(), assertionResults: z.array(z.unknown()) }),
  ),
})

function ran(name: string, args: string[]): boolean {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  console.log(`${name}: ${status === 0 ? 'ok' : 'failed'}`)
  return status === 0
}

/** The last line counts tests; a check or a file that failed without a test counts as one that failed. */
function finish(passed: number, failed: number, skipped: number): never {
  rmSync(folder, { recursive: true, force: true })
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  process.exit(failed === 0 ? 0 : 1)
}

for (const [name, args] of checks) if (!ran(name, args)) finish(0, 1, 0)
const succeeded = ran('tests', tests)
let text
try {
  text = readFileSync(report, 'utf8')
} catch {
  console.log('The test runner ended without a report.')
  finish(0, 1, 0)
}
const counts = Counts.parse(JSON.parse(text))
const unloaded = counts.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
)
for (const { name } of unloaded) console.log(`could not be loaded: ${name}`)
const failed = counts.numFailedTests + unloaded.length
// An error outside of any test (an unhandled rejection) fails the run and is in no count.
finish(counts.numPassedTests, succeeded ? failed : Math.max(failed, 1), counts.numPendingTests)
