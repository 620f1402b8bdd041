import { Button } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconCheck } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { LeaveGuard } from '../../ui/leave-guard.tsx'
import { Page } from '../../ui/page.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import { AudienceStep } from './audience-step.tsx'
import { ChannelStep } from './channel-step.tsx'
import classes from './composer.module.css'
import {
  type Definition,
  definitionFrom,
  type Draft,
  holdoutOf,
  isSame,
  type Problem,
  problemsOf,
  type StepName,
  steps,
} from './draft.ts'
import { HoldoutStep } from './holdout-step.tsx'
import { OfferStep } from './offer-step.tsx'
import { ReviewStep } from './review-step.tsx'
import { StandingHoldout } from './standing/standing-holdout.tsx'
import { LaterSteps } from './standing/later-steps.tsx'
import { LiveReview } from './standing/live-review.tsx'
import { SummaryPanel } from './summary-panel.tsx'

/** What a step is given: the fields, how to change them, and the problems to show. */
export interface StepProps {
  readonly draft: Draft
  readonly change: (fields: Partial<Draft>) => void
  /** The sentence under a field, once somebody tried to go on. */
  readonly problem: (field: Problem) => string | undefined
}

/** What somebody typed; a recommended holdout was not. */
const typedIn = ({ holdout, ...typed }: Draft) =>
  JSON.stringify(typed.holdoutPicked ? { ...typed, holdout } : typed)

/** A draft as the server has it. */
interface Kept {
  readonly campaignId: string
  readonly definition: Definition
}

/** A campaign in five steps, with its figures beside it. `saved` is the draft that is edited, if there is one yet. */
export function Composer({ initial, saved }: { initial: Draft; saved?: Kept }) {
  const t = useTranslations('campaigns')
  const trpc = useTRPC()
  const format = useFormat()
  const client = useQueryClient()
  const [draft, setDraft] = useState(initial)
  const [step, setStep] = useState<StepName>('audience')
  const [tried, setTried] = useState(false)
  const [kept, setKept] = useState(saved)
  const [keptDraft, setKeptDraft] = useState(initial)

  const [settled] = useDebouncedValue(draft, 400)
  const estimated = definitionFrom(settled, format, true)
  const estimate = useAnswer(
    trpc.campaigns.estimate.queryOptions(estimated ?? ({} as never), {
      enabled: estimated !== null && step !== 'review',
      trpc: { abortOnUnmount: true },
    }),
  )

  // what a size proves is told of one launch; a campaign that stands grows
  const recommended = estimate.isPlaceholderData || draft.stands ? undefined : estimate.data?.plan.recommended
  const holdout = recommended ? holdoutOf(draft, recommended) : draft.holdout
  if (holdout !== draft.holdout) setDraft({ ...draft, holdout })

  const create = useMutation(trpc.campaigns.create.mutationOptions())
  const edit = useMutation(trpc.campaigns.edit.mutationOptions())
  const recommend = useMutation({
    mutationFn: (definition: NonNullable<typeof estimated>) =>
      client.fetchQuery(trpc.campaigns.estimate.queryOptions(definition)),
  })
  const saves = [recommend, create, edit]
  const saving = saves.some(({ isPending }) => isPending)
  const failed = saves.find(({ isError }) => isError)
  /**
   * The holdout to keep: the one picked, or the recommended one, waited for when it is not there yet, so
   * that no number is kept that nobody chose and nothing recommends.
   */
  async function holdoutToKeep(): Promise<number | undefined> {
    if (draft.stands || draft.holdoutPicked || (recommended && settled === draft)) return draft.holdout
    const definition = definitionFrom(draft, format, true)
    if (!definition) return undefined
    const { plan } = await recommend.mutateAsync(definition)
    return holdoutOf(draft, plan.recommended)
  }
  /** Keeps the draft on the server; answers its id, or undefined when it could not be kept. */
  async function save(): Promise<string | undefined> {
    for (const one of saves) one.reset()
    const holdout = await holdoutToKeep()
    const definition = holdout === undefined ? null : definitionFrom({ ...draft, holdout }, format)
    if (!definition || holdout === undefined) return undefined
    setDraft((before) => ({ ...before, holdout }))
    if (kept && isSame(kept.definition, definition)) {
      setKeptDraft(draft)
      return kept.campaignId
    }
    const campaignId = kept?.campaignId ?? (await create.mutateAsync(definition)).campaignId
    if (kept) await edit.mutateAsync({ campaignId, before: kept.definition, definition })
    setKept({ campaignId, definition })
    setKeptDraft(draft)
    void client.invalidateQueries(trpc.campaigns.list.queryFilter())
    return campaignId
  }

  const position = steps.indexOf(step)
  const problems = problemsOf(step, draft, format)
  const props: StepProps = {
    draft,
    change: (fields) => setDraft((before) => ({ ...before, ...fields })),
    problem: (field) => (tried && problems.includes(field) ? t(`problem.${field}`) : undefined),
  }
  const firstWrong = steps.find((one) => problemsOf(one, draft, format).length > 0)

  async function goTo(target: StepName) {
    const forward = steps.indexOf(target) > position
    if (forward && firstWrong && steps.indexOf(firstWrong) < steps.indexOf(target)) {
      setTried(true)
      setStep(firstWrong)
      return
    }
    setTried(false)
    if (target === 'review' && (await save().catch(() => undefined)) === undefined) return
    setStep(target)
  }
  const next = steps[position + 1]

  return (
    <Page
      title={draft.name.trim() || t('compose.title')}
      lead={t('compose.lead')}
      actions={
        step === 'review' ? null : (
          <Button
            variant="default"
            loading={saving}
            onClick={() => {
              setTried(true)
              void save().catch(() => undefined) // shown below
            }}
          >
            {kept && isSame(kept.definition, definitionFrom(draft, format)) ? t('saved') : t('saveDraft')}
          </Button>
        )
      }
    >
      <LeaveGuard isUnsaved={typedIn(draft) !== typedIn(keptDraft)} />
      <ol className={classes.steps} aria-label={t('step.label')}>
        {steps.map((one, index) => (
          <li key={one}>
            <button
              type="button"
              className={classes.step}
              aria-current={one === step ? 'step' : undefined}
              onClick={() => void goTo(one)}
            >
              <span className={classes.number}>
                {index < position ? <IconCheck size={14} aria-hidden /> : index + 1}
              </span>
              <span className={classes.stepName}>{t(`step.${one}`)}</span>
            </button>
          </li>
        ))}
      </ol>
      <div className={classes.columns} data-review={step === 'review' || draft.stands || undefined}>
        <div className={classes.main}>
          {failed ? <Failure error={failed.error} /> : null}
          {step === 'audience' ? <AudienceStep {...props} /> : null}
          {step === 'offer' ? <OfferStep {...props} definition={estimated} /> : null}
          {step === 'offer' && draft.stands ? <LaterSteps {...props} /> : null}
          {step === 'holdout' ? (
            draft.stands ? (
              <StandingHoldout {...props} />
            ) : (
              <HoldoutStep {...props} preview={estimate.data} />
            )
          ) : null}
          {step === 'channel' ? <ChannelStep {...props} /> : null}
          {step === 'review' && kept && draft.stands ? (
            <LiveReview campaignId={kept.campaignId} definition={definitionFrom(draft, format)!} />
          ) : null}
          {step === 'review' && kept && !draft.stands ? (
            <ReviewStep campaignId={kept.campaignId} definition={definitionFrom(draft, format)!} />
          ) : null}
          <div className={classes.moves}>
            {position > 0 ? (
              <Button variant="default" onClick={() => void goTo(steps[position - 1]!)}>
                {t('previous')}
              </Button>
            ) : null}
            {next ? (
              <Button loading={saving} onClick={() => void goTo(next)}>
                {t('next', { step: t(`step.${next}`) })}
              </Button>
            ) : null}
          </div>
        </div>
        {step === 'review' || draft.stands ? null : (
          <SummaryPanel estimate={estimate} complete={estimated !== null} changing={settled !== draft} />
        )}
      </div>
    </Page>
  )
}
