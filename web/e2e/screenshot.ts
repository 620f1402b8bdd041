import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { openStage } from './harness.ts'

/** Takes the README's picture: This week of the demo shop, on a desk, light, in English. */
const picture = fileURLToPath(new URL('pictures/this-week.png', import.meta.url))
await build({
  configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
  logLevel: 'warn',
})
const stage = await openStage()
try {
  const { page, open } = await stage.page()
  await open('/')
  mkdirSync(fileURLToPath(new URL('pictures', import.meta.url)), { recursive: true })
  await page.screenshot({ path: picture })
  console.log(picture)
} finally {
  await stage.close()
  await stage.browser.close()
}
