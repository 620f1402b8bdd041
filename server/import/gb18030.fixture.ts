/** What the platform's decoder reads, turned round: it has no encoder. */
const bytesOf = new Map<string, readonly number[]>()

function learn(bytes: readonly number[]): void {
  const text = new TextDecoder('gb18030').decode(Uint8Array.from(bytes))
  if (!text.includes('\ufffd') && !bytesOf.has(text)) bytesOf.set(text, bytes)
}

function learnAll(): void {
  for (let byte = 0; byte < 0x80; byte++) learn([byte])
  for (let first = 0x81; first < 0xff; first++)
    for (let second = 0x40; second < 0xff; second++) learn([first, second])
  for (let first = 0x81; first < 0x85; first++)
    for (let second = 0x30; second < 0x3a; second++)
      for (let third = 0x81; third < 0xff; third++)
        for (let fourth = 0x30; fourth < 0x3a; fourth++) learn([first, second, third, fourth])
}

/** A text as programs in China write it. */
export function inGb18030(text: string): Uint8Array {
  if (bytesOf.size === 0) learnAll()
  return Uint8Array.from(
    [...text].flatMap((character) => {
      const bytes = bytesOf.get(character)
      if (!bytes) throw new Error(`Not in GB18030: ${character}`)
      return bytes
    }),
  )
}
