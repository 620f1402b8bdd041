import { Button, Textarea } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { Rule } from '../../ui/rule.tsx'
import { FormDialog } from './dialogs.tsx'
import classes from './segments.module.css'
import { useChanged, Why } from './tag-forms.tsx'

/** The rule of a tag: shown with whom it would give and take the tag, then switched on; or switched off. */
export function TagRuleDialog({
  tag: { name, rule },
  proposed,
  onClose,
}: {
  tag: { readonly name: string; readonly rule: string | null }
  /** A shipped rule in place of the tag's own. */
  proposed?: { readonly id: string; readonly expression: string }
  onClose: () => void
}) {
  const t = useTranslations('segments')
  const trpc = useTRPC()
  const words = useErrorText()
  const changed = useChanged(onClose)
  const saved = useQuery(trpc.segments.list.queryOptions()).data
  const [expression, setExpression] = useState(proposed?.expression ?? rule ?? '')
  const [reason, setReason] = useState('')
  const preview = useMutation(trpc.tags.previewRule.mutationOptions())
  const setting = useMutation(
    trpc.tags.setRule.mutationOptions({ onSuccess: () => changed(t('tags.ruleOn', { tag: name })) }),
  )
  const dropping = useMutation(
    trpc.tags.dropRule.mutationOptions({ onSuccess: () => changed(t('tags.ruleOff', { tag: name })) }),
  )
  const shown = preview.data && preview.variables?.expression === expression ? preview.data : null
  const failed = setting.error ?? dropping.error ?? preview.error
  return (
    <FormDialog
      title={t('tags.ruleTitle', { tag: name })}
      action={t(shown ? 'tags.ruleSwitchOn' : 'tags.rulePreview')}
      busy={preview.isPending || setting.isPending}
      disabled={expression.trim() === ''}
      onClose={onClose}
      onSubmit={() => {
        if (shown)
          setting.mutate({
            tag: name,
            expression,
            reason,
            ...(proposed && proposed.expression === expression ? { proposal: proposed.id } : {}),
          })
        else preview.mutate({ tag: name, expression })
      }}
    >
      <Textarea
        data-autofocus
        label={t('tags.ruleText')}
        description={t('tags.ruleHelp', {
          example: saved?.[0] ? `segment "${saved[0].name}"` : 'orders >= 5',
        })}
        value={expression}
        autosize
        minRows={2}
        maxRows={10}
        spellCheck={false}
        error={failed ? words(failed).sentence : undefined}
        onChange={(event) => setExpression(event.currentTarget.value)}
      />
      {shown ? <Shown preview={shown} tag={name} /> : null}
      <Why value={reason} onChange={setReason} />
      {rule === null || proposed ? null : (
        <Button
          variant="default"
          color="red"
          loading={dropping.isPending}
          onClick={() => dropping.mutate({ tag: name, reason })}
        >
          {t('tags.ruleSwitchOff')}
        </Button>
      )}
    </FormDialog>
  )
}

interface Preview {
  readonly expression: string
  readonly asOf: string
  readonly members: number
  readonly gains: number
  readonly losses: number
  readonly keptOff: number
  readonly untouched: number
  readonly covered: number
  readonly replaces: number
  readonly gaining: readonly { memberId: string; name: string | null }[]
  readonly losing: readonly { memberId: string; name: string | null }[]
}

function Shown({ preview, tag }: { preview: Preview; tag: string }) {
  const t = useTranslations('segments')
  const format = useFormat()
  const { gains, losses, keptOff, untouched, covered, replaces, members } = preview
  return (
    <div aria-live="polite" className={classes.preview}>
      <Rule text={preview.expression} />
      <p>
        {t('tags.previewSelects', {
          n: members,
          members: format.count(members),
          day: format.day(preview.asOf),
        })}
      </p>
      <ul>
        <li>
          {t('tags.previewGains', { n: gains, members: format.count(gains), tag })}
          <Some of={preview.gaining} all={gains} />
        </li>
        {covered > 0 ? (
          <li>{t('tags.previewCovered', { n: covered, members: format.count(covered) })}</li>
        ) : null}
        {replaces > 0 ? (
          <li>{t('tags.previewReplaces', { n: replaces, members: format.count(replaces) })}</li>
        ) : null}
        <li>
          {t('tags.previewLosses', { n: losses, members: format.count(losses) })}
          <Some of={preview.losing} all={losses} />
        </li>
        {keptOff > 0 ? (
          <li>{t('tags.previewKeptOff', { n: keptOff, members: format.count(keptOff) })}</li>
        ) : null}
        {untouched > 0 ? (
          <li>{t('tags.previewUntouched', { n: untouched, members: format.count(untouched) })}</li>
        ) : null}
      </ul>
    </div>
  )
}

function Some({ of, all }: { of: readonly { memberId: string; name: string | null }[]; all: number }) {
  const t = useTranslations('segments')
  const format = useFormat()
  if (of.length === 0) return null
  const names = of.map(({ memberId, name }) => (name === null ? memberId : `${name} (${memberId})`))
  const rest = all - of.length
  return (
    <span className={classes.sentence}>
      {t('tags.previewSome', { names: names.join(t('tags.comma')), rest, more: format.count(rest) })}
    </span>
  )
}
