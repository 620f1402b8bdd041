import type { PersonValue } from '../import/columns/fields.ts'
import { maskedPhone } from '../members/phone.ts'

/** A value that people are known by as everybody may see it: enough to recognise one's own, too little to find anybody. */
export function maskedValue(kind: PersonValue, value: string): string {
  switch (kind) {
    case 'phone':
      return maskedPhone(value)!
    case 'openid':
      return value.length < 12 ? '****' : `${value.slice(0, 4)}****${value.slice(-4)}`
    case 'email': {
      const [name, domain] = value.split('@')
      return `${name!.length < 3 ? '' : name!.slice(0, 1)}****@${domain ?? ''}`
    }
  }
}
