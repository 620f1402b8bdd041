// npm start: the same as `reveille serve`.
process.argv.splice(2, 0, 'serve')
await import('../cli.ts')
