import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import { newCode } from './code.ts'
import { codeImage } from './code-image.ts'

test.each([
  ['qr', 'QRCode'],
  ['code128', 'Code128'],
] as const)('a picture of a code as %s is read back as the code', async (symbol, format) => {
  const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm')
  prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(readFileSync(wasm)).buffer } })
  const code = newCode()
  const { svg, png } = await codeImage(code, symbol)
  const found = await readBarcodes(new Blob([new Uint8Array(png)]))
  expect(found.map((one) => [one.format, one.text])).toEqual([[format, code]])
  expect(svg).toMatch(/<svg [^>]*width="\d+"/)
  expect(svg).not.toMatch(/<script|href/)
})
