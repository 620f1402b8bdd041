// The server alone, with the dashboard as it was last built.
process.argv.splice(2, 0, 'serve', '--no-build')
await import('./cli.ts')
