/** A set of members: the bit of each by its number, that of 0 the lowest of the first word. */
export type Bits = Uint32Array

/** Words of 32 bits for so many members. */
export const wordsFor = (members: number): number => Math.ceil(members / 32)

export function countBits(bits: Bits): number {
  let count = 0
  for (let word = 0; word < bits.length; word++) {
    let left = bits[word]!
    left -= (left >>> 1) & 0x55555555
    left = (left & 0x33333333) + ((left >>> 2) & 0x33333333)
    count += Math.imul((left + (left >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
  }
  return count
}

/** The numbers of the bits that are set, of which there are `count`. */
export function numbersOfBits(bits: Bits, count: number): Int32Array {
  const numbers = new Int32Array(count)
  let at = 0
  for (let word = 0; word < bits.length; word++)
    for (let left = bits[word]!; left !== 0; left &= left - 1)
      numbers[at++] = 32 * word + (31 - Math.clz32(left & -left))
  return numbers
}

/** The bits in base64, byte by byte from that of member 0 on, without empty words at the end. */
export function bitsAsText(bits: Bits): string {
  let words = bits.length
  while (words > 0 && bits[words - 1] === 0) words--
  return Buffer.from(bits.buffer, bits.byteOffset, 4 * words).toString('base64')
}

/** The bits of a text that `bitsAsText` made. */
export function bitsOfText(text: string): Bits {
  const bytes = Buffer.from(text, 'base64')
  const bits = new Uint32Array(bytes.length / 4)
  new Uint8Array(bits.buffer).set(bytes)
  return bits
}

/** Whom one of two sets holds and the other does not, as long as the longer one. */
export function differenceOf(a: Bits, b: Bits): Bits {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a]
  const different = long.slice()
  for (let word = 0; word < short.length; word++) different[word]! ^= short[word]!
  return different
}
