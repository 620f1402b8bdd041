import { useTranslations } from 'use-intl'
import type { InspectedFile } from './mapping.ts'

/** The header of a column by position; with its number where it is empty or not the only one. */
export function useColumnTitle({ columns }: InspectedFile) {
  const t = useTranslations('data')
  return (position: number): string => {
    const { header } = columns[position]!
    const number = position + 1
    if (header === '') return t('mapping.unnamed', { number })
    const alone = columns.every((other) => other.header !== header || other.position === position)
    return alone ? header : t('mapping.sameName', { header, number })
  }
}
