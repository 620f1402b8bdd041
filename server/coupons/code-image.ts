import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { prepareZXingModule, writeBarcode } from 'zxing-wasm/writer'

/** What a scanner reads a code from: a square of two dimensions, or bars for tills that read no squares. */
export const codeSymbols = { qr: 'QRCode', code128: 'Code128' } as const
export type CodeSymbol = keyof typeof codeSymbols

/** A picture of a code, black on white with the margin that scanners need. */
export interface CodeImage {
  readonly svg: string
  /** Pixels of `scale` to a module. */
  readonly png: Uint8Array
}

/** Pixels to a module: sharp on paper and on a phone. */
const scale = 8

let ready: Promise<unknown> | null = null
const prepared = () =>
  (ready ??= readFile(createRequire(import.meta.url).resolve('zxing-wasm/writer/zxing_writer.wasm')).then(
    (wasm) => prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasm).buffer } }),
  ))

/** The picture of a code as it is kept, without separators: what the desk's camera and tills read. */
export async function codeImage(code: string, symbol: CodeSymbol): Promise<CodeImage> {
  await prepared()
  const { svg, image, error } = await writeBarcode(code, { format: codeSymbols[symbol], scale })
  if (error || !image) throw new Error(`No picture of a code: ${error}`)
  return { svg, png: new Uint8Array(await image.arrayBuffer()) }
}
