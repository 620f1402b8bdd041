import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'oxlint'

// The import rules of README's map. The last matching override replaces the ones before it,
// so a room repeats the patterns of the rooms around it. Regexes take no look-around.
type Pattern = { regex?: string; group?: string[]; message: string; allowTypeImports?: boolean }

const forbid = (files: string[], patterns: Pattern[], excludeFiles?: string[]) => ({
  files,
  ...(excludeFiles ? { excludeFiles } : {}),
  rules: { 'no-restricted-imports': ['error', { patterns }] as never },
})

function folders(path: string): string[] {
  const folder = fileURLToPath(new URL(`../../${path}`, import.meta.url))
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
}

const analyticsAlone: Pattern[] = [
  { regex: '/(server|web)/', message: 'analytics knows neither server nor web.' },
  { regex: '^(fastify|kysely|@trpc/|react)', message: 'analytics is SQL and arithmetic.' },
]
const serverTypesOnly: Pattern = {
  regex: '/server/',
  allowTypeImports: true,
  message: 'web takes only types from server.',
}
const segmentsOnly: Pattern = {
  group: [
    '**/analytics/**',
    '!**/analytics/segments',
    '!**/analytics/segments/ast.ts',
    '!**/analytics/segments/days.ts',
    '!**/analytics/segments/words.ts',
    '!**/analytics/segments/fields',
    '!**/analytics/segments/fields/**',
    '!**/analytics/segments/ids-in-text.ts',
    '!**/analytics/segments/json.ts',
    '!**/analytics/segments/parse.ts',
    '!**/analytics/segments/print.ts',
    '!**/analytics/segments/problems.ts',
    '!**/analytics/segments/sentence.ts',
    '!**/analytics/segments/tokens.ts',
  ],
  allowTypeImports: true,
  message:
    'web runs only the light part of analytics/segments: ast, days, fields, ids-in-text, json, parse, print, problems, sentence, tokens, words.',
}
const features = folders('web/features')
const metrics = folders('analytics/metrics')
const tests = ['**/*.test.ts']

export default defineConfig({
  plugins: ['typescript', 'import', 'react', 'unicorn', 'vitest'],
  categories: { correctness: 'error' },
  ignorePatterns: ['web/dist', '/data', 'node_modules'],
  rules: { 'import/no-cycle': 'error', 'typescript/no-explicit-any': 'error' },
  overrides: [
    forbid(['analytics/**'], analyticsAlone),
    forbid(
      ['analytics/sql/**'],
      [...analyticsAlone, { regex: '^\\.\\./', message: 'analytics/sql imports nothing.' }],
    ),
    forbid(
      ['analytics/engine/**', 'analytics/schema/**', 'analytics/relations/**'],
      [
        ...analyticsAlone,
        { regex: '/(metrics|segments)/', message: 'below the metrics: sql and calendar only.' },
      ],
      tests,
    ),
    ...metrics.map((name) =>
      forbid(
        [`analytics/metrics/${name}/**`],
        [
          ...analyticsAlone,
          {
            regex: `\\.\\./(${metrics.filter((other) => other !== name).join('|') || '-'})/`,
            message: 'a metric room never imports another.',
          },
          { regex: '/(engine|segments)/', message: 'a metric builds SQL; it does not run it.' },
        ],
        tests,
      ),
    ),
    forbid(
      ['analytics/segments/**'],
      [...analyticsAlone, { regex: '/(metrics|engine)/', message: 'segments compile to Sql.' }],
      tests,
    ),
    forbid(['server/**'], [{ regex: '/web/', message: 'server does not know web.' }], ['server/tooling/**']),
    forbid(
      ['fixtures/**'],
      [
        { regex: '/(server|web)/', message: 'fixtures know the schema alone.' },
        { regex: '/analytics/(metrics|segments|relations)/', message: 'fixtures know the schema alone.' },
      ],
      tests,
    ),
    {
      files: ['web/**'],
      excludeFiles: ['web/e2e/**', 'web/vite.config.ts', ...tests],
      rules: { 'no-restricted-globals': ['error', 'process', 'Buffer', '__dirname'] as never },
    },
    forbid(['web/**'], [serverTypesOnly, segmentsOnly], ['web/e2e/**', 'web/vite.config.ts']),
    // The last matching override wins whole: repeat the outer room's patterns.
    ...features.map((name) =>
      forbid(
        [`web/features/${name}/**`],
        [
          serverTypesOnly,
          segmentsOnly,
          {
            regex: `\\.\\./(${features.filter((other) => other !== name).join('|') || '-'})/`,
            message: 'features never import each other.',
          },
        ],
      ),
    ),
  ],
})
