import { useNavigate, useSearch } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { Page } from '../../../ui/page.tsx'
import { DifferencesPanel } from './differences-panel.tsx'
import { OverlapPanel } from './overlap-panel.tsx'
import { SetsPanel } from './sets-panel.tsx'

const route = '/signed-in/shell/segments/compare'

/** Up to six segments: who is in several of them, and what tells one from another. All of it stands in the address. */
export function ComparePage() {
  const t = useTranslations('compare')
  const { sets = [], a, b } = useSearch({ from: route })
  const navigate = useNavigate({ from: '/segments/compare' })
  const set = (search: { sets?: string[]; a?: string; b?: string }) =>
    void navigate({ search: (old) => ({ ...old, ...search }), replace: true })
  const first = a ?? sets[0]
  const second = b ?? sets.find((one) => one !== first) ?? 'everyone'
  return (
    <Page title={t('title')} lead={t('lead')}>
      <SetsPanel
        sets={sets}
        onSets={(next) =>
          set({
            sets: next,
            ...(a !== undefined && !next.includes(a) ? { a: undefined } : {}),
            ...(b !== undefined && b !== 'everyone' && !next.includes(b) ? { b: undefined } : {}),
          } as { sets: string[] })
        }
      />
      {sets.length === 0 ? null : <OverlapPanel sets={sets} />}
      {first === undefined ? null : (
        <DifferencesPanel
          sets={sets}
          a={first}
          b={second}
          onA={(next) => set({ a: next })}
          onB={(next) => set({ b: next })}
        />
      )}
    </Page>
  )
}
