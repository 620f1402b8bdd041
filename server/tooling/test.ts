import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBrowser } from '../../web/e2e/browser.ts'

/** Everything that must hold before a change lands, in the order in which it fails fastest. */
const report = join(mkdtempSync(join(tmpdir(), 'reveille-test-')), 'report.json')
process.env.CHROME_PATH = findBrowser()

const node = (name: string, ...args: string[]) => [`node_modules/${name}`, ...args]
const steps: [string, string[]][] = [
  ['server types', node('typescript/bin/tsc', '-p', 'server/tsconfig.json')],
  ['web types', node('typescript/bin/tsc', '-p', 'web/tsconfig.json')],
  ['browser test types', node('typescript/bin/tsc', '-p', 'web/e2e/tsconfig.json')],
  ['lint', node('oxlint/bin/oxlint', '-c', 'server/tooling/oxlint.config.ts')],
  ['format', node('oxfmt/bin/oxfmt', '--check', '.')],
  ['build', node('vite/bin/vite.js', 'build', '--config', 'web/vite.config.ts', '--logLevel', 'warn')],
  [
    'tests',
    node(
      'vitest/vitest.mjs',
      'run',
      '--config',
      'server/tooling/vitest.config.ts',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    ),
  ],
]

let failed = false
for (const [name, args] of steps) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  console.log(`${name}: ${status === 0 ? 'ok' : 'failed'}`)
  if (status === 0) continue
  failed = true
  if (name !== 'tests') process.exit(status ?? 1)
}
const counts = JSON.parse(readFileSync(report, 'utf8')) as {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
}
rmSync(join(report, '..'), { recursive: true })
const skipped = counts.numPendingTests > 0 ? `, ${counts.numPendingTests} skipped` : ''
console.log(`${counts.numPassedTests} passed, ${counts.numFailedTests} failed${skipped}`)
process.exit(failed ? 1 : 0)
