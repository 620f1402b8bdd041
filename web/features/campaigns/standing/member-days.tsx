import { useTranslations } from 'use-intl'
import { useLanguage } from '../../../ui/language.tsx'
import type { Definition } from '../draft.ts'

/** On which days members come in. */
export function MemberDaysText({
  memberDays,
}: {
  memberDays: NonNullable<NonNullable<Definition['standing']>['memberDays']>
}) {
  const t = useTranslations('standing.memberDays')
  const weekdayNames = useTranslations('standing.weekday')
  const { language } = useLanguage()
  const named = new Intl.ListFormat(language, { type: 'conjunction' })
  return memberDays.kind === 'weekly'
    ? t('weekly', { days: named.format(memberDays.weekdays.map((day) => weekdayNames(`${day}` as '1'))) })
    : t('monthly', { days: named.format(memberDays.days.map((day) => dateOf(day, language))) })
}

const endings = { one: 'st', two: 'nd', few: 'rd' } as Readonly<Record<string, string>>
/** 8th; in Chinese the number, as the sentence says what it is. */
const dateOf = (day: number, language: string): string =>
  language === 'en'
    ? `${day}${endings[new Intl.PluralRules('en', { type: 'ordinal' }).select(day)] ?? 'th'}`
    : String(day)
