import { existsSync } from 'node:fs'
import { build } from 'vite'

if (!existsSync('web/dist/index.html')) await build({ configFile: 'web/vite.config.ts', logLevel: 'warn' })
await import('../main.ts')
