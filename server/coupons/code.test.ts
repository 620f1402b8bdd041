import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newCode, newCodes, printedCode, readCode } from './code.ts'

const signs = [...'23456789ABCDEFGHJKMNPQRSTUVWXYZ']

describe('coupon codes', () => {
  it('begin with a letter, use no look-alikes and never repeat', () => {
    const codes = Array.from({ length: 5_000 }, newCode)
    for (const code of codes) expect(code).toMatch(/^[A-HJKMNP-Z][2-9A-HJKMNP-Z]{13}$/)
    expect(new Set(codes).size).toBe(codes.length)
  })

  it('that are made together begin alike, differ, and each batch begins otherwise', () => {
    const batches = Array.from({ length: 40 }, () => newCodes(500))
    for (const codes of batches) {
      expect(new Set(codes.map((code) => code.slice(0, 2))).size).toBe(1)
      // the third sign is any of the 31
      expect(new Set(codes.map((code) => code[2])).size).toBe(31)
      for (const code of codes) expect(readCode(code)).toBe(code)
    }
    expect(new Set(batches.flat()).size).toBe(20_000)
    expect(new Set(batches.map(([first]) => first!.slice(0, 2))).size).toBeGreaterThan(20)
  })

  it('are read in any case and width, with spaces and dashes', () => {
    const code = newCode()
    const wide = [...code].map((sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0)).join('')
    for (const typed of [code, code.toLowerCase(), printedCode(code), ` ${[...code].join(' – ')} `, wide])
      expect(readCode(typed)).toBe(code)
  })

  it('notice every single wrong sign and every two neighbours that changed places', () => {
    fc.assert(
      fc.property(fc.nat({ max: 12 }), fc.constantFrom(...signs), (position, sign) => {
        const code = newCode()
        const wrong = [...code].with(position, sign).join('')
        const swapped = [...code]
          .with(position, code[position + 1]!)
          .with(position + 1, code[position]!)
          .join('')
        for (const typed of [wrong, swapped]) expect(readCode(typed)).toBe(typed === code ? code : null)
      }),
      { numRuns: 2_000 },
    )
  })

  it('are refused when too short, too long, empty or with signs that no code has', () => {
    const code = newCode()
    for (const typed of ['', code.slice(1), `${code}2`, `O${code.slice(1)}`, '💥', code.replace(/^./, '0')])
      expect(readCode(typed)).toBeNull()
  })
})
