/** A phone as everybody may see it: the first three and last four digits. Short ones show nothing. */
export function maskedPhone(phone: string | null): string | null {
  if (phone === null) return null
  return phone.length < 9 ? '****' : `${phone.slice(0, 3)}****${phone.slice(-4)}`
}
