import { Button } from '@mantine/core'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { parse } from '../../../analytics/segments/parse.ts'
import { print } from '../../../analytics/segments/print.ts'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import classes from './movement.module.css'
import { OwnValue, Turn } from './why-panel.tsx'

/** Which condition keeps most members out, and who is nearest to getting in by each. */
export function ExclusionsPanel({
  expression,
  before,
  onWhy,
}: {
  expression: string
  /** The rule has moved on and is none at the moment: this is about the one before. */
  before: boolean
  onWhy: (memberId: string) => void
}) {
  const t = useTranslations('segments')
  const format = useFormat()
  const { language } = useLanguage()
  const trpc = useTRPC()
  const [open, setOpen] = useState<string>()
  const answer = useAnswer(
    trpc.segments.nearMisses.queryOptions({ expression, limit: 5 }, { trpc: { abortOnUnmount: true } }),
  )
  const inLanguage = (text: string) => {
    const parsed = parse(text, { currencyDecimals: format.decimals })
    return parsed.kind === 'parsed' ? print(parsed.expression, language) : text
  }
  return (
    <QueryPanel
      name={t('exclusions.title')}
      title={t('exclusions.title')}
      subtitle={t(before ? 'exclusions.before' : 'exclusions.subtitle')}
      definition={t('exclusions.definition')}
      query={answer}
      minHeight={120}
      isEmpty={({ conditions }) => conditions.every(({ unmet }) => unmet === 0)}
      empty={{ reason: t('exclusions.nobody') }}
    >
      {({ conditions }) => (
        <ul className={classes.exclusions}>
          {conditions.map(({ text, negated, alone, unmet, nearest }) => {
            const condition = negated
              ? t('exclusions.not', { condition: inLanguage(text) })
              : inLanguage(text)
            const shown = open === text
            return (
              <li key={text}>
                <div className={classes.exclusion}>
                  <code className={classes.condition}>{condition}</code>
                  {nearest.length > 0 ? (
                    <Button
                      size="compact-sm"
                      variant="default"
                      aria-expanded={shown}
                      aria-label={t(shown ? 'exclusions.hideOf' : 'exclusions.showOf', { condition })}
                      onClick={() => setOpen(shown ? undefined : text)}
                    >
                      {t(shown ? 'exclusions.hide' : 'exclusions.show')}
                    </Button>
                  ) : null}
                </div>
                <div className={classes.figures}>
                  <span>{t('exclusions.alone', { n: alone, members: format.count(alone) })}</span>
                  <span>{t('exclusions.unmet', { n: unmet, members: format.count(unmet) })}</span>
                </div>
                {shown ? (
                  <ul className={classes.nearest} aria-label={t('exclusions.nearest', { condition })}>
                    {nearest.map(({ memberId, name, clause }) => (
                      <li key={memberId}>
                        <Button
                          size="compact-sm"
                          variant="default"
                          aria-label={t('exclusions.whyNot', { member: name ?? memberId })}
                          onClick={() => onWhy(memberId)}
                        >
                          {name ?? memberId}
                        </Button>
                        {clause ? (
                          <>
                            {clause.valueKind === 'set' ? null : (
                              <p>
                                <OwnValue of={clause} />
                              </p>
                            )}
                            {clause.flip ? (
                              <p>
                                <Turn of={clause} />
                              </p>
                            ) : null}
                          </>
                        ) : null}
                      </li>
                    ))}
                  </ul>
                ) : null}
              </li>
            )
          })}
        </ul>
      )}
    </QueryPanel>
  )
}
