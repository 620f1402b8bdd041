import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import classes from './segments.module.css'
import { TagRuleDialog } from './tag-rule-dialog.tsx'

/** The shipped automatic tags: what each would be called, whom it would select, where its threshold is from. */
export function TagProposalsPanel({ mayChange }: { mayChange: boolean }) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const answer = useAnswer(trpc.tags.proposals.queryOptions())
  const tags = useQuery(trpc.tags.list.queryOptions()).data ?? []
  const [open, setOpen] = useState<{ id: string; tag: string; expression: string } | null>(null)
  return (
    <>
      <QueryPanel
        name={t('proposals.title')}
        title={t('proposals.title')}
        subtitle={(data) => t('proposals.subtitle', { day: format.day(data.asOf) })}
        query={answer}
        minHeight={120}
      >
        {({ proposals }) => (
          <ul className={classes.starters}>
            {proposals.map(({ id, tag, description, expression, why, members }) => {
              const on = tags.find(({ name, rule }) => name === tag && rule !== null)
              return (
                <li key={id} className={classes.starter}>
                  <strong>{tag}</strong>
                  <span>{description}</span>
                  <span>{why}</span>
                  {expression === null ? null : (
                    <span>{t('proposals.members', { n: members, members: format.count(members) })}</span>
                  )}
                  {on ? (
                    <span>{t('proposals.on')}</span>
                  ) : expression === null || !mayChange ? null : (
                    <Button
                      mt={8}
                      size="xs"
                      variant="default"
                      onClick={() => setOpen({ id, tag, expression })}
                    >
                      {t('proposals.lookAt', { tag })}
                    </Button>
                  )}
                </li>
              )
            })}
          </ul>
        )}
      </QueryPanel>
      {open ? (
        <TagRuleDialog
          tag={{ name: open.tag, rule: tags.find(({ name }) => name === open.tag)?.rule ?? null }}
          proposed={{ id: open.id, expression: open.expression }}
          onClose={() => setOpen(null)}
        />
      ) : null}
    </>
  )
}
