import '@mantine/dates/styles.css'
import 'dayjs/locale/zh-cn'
import { DatePicker, DatesProvider } from '@mantine/dates'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useLanguage } from '../ui/language.tsx'
import { useWorkspace } from '../ui/workspace.tsx'

/** A calendar on which two clicks choose the first and the last day. */
export default function DayRange({
  from,
  to,
  latest,
  onChange,
}: {
  from?: string
  to?: string
  latest?: string
  onChange: (range: { from: string; to: string }) => void
}) {
  const t = useTranslations('filters')
  const { language } = useLanguage()
  const { firstWeekday } = useWorkspace()
  const [range, setRange] = useState<[string | null, string | null]>([from ?? null, to ?? null])
  return (
    <DatesProvider
      settings={{
        locale: language === 'zh-CN' ? 'zh-cn' : 'en',
        weekendDays: [],
        firstDayOfWeek: (firstWeekday % 7) as 0 | 1 | 2 | 3 | 4 | 5 | 6,
      }}
    >
      <DatePicker
        type="range"
        allowSingleDateInRange
        maxDate={latest}
        monthLabelFormat={language === 'zh-CN' ? 'YYYY年M月' : 'MMMM YYYY'}
        defaultDate={to ?? latest}
        value={range}
        ariaLabels={{
          previousMonth: t('dates.previousMonth'),
          nextMonth: t('dates.nextMonth'),
          monthLevelControl: t('dates.months'),
        }}
        onChange={(next) => {
          setRange(next)
          if (next[0] && next[1]) onChange({ from: next[0].slice(0, 10), to: next[1].slice(0, 10) })
        }}
      />
    </DatesProvider>
  )
}
