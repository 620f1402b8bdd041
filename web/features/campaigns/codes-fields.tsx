import { SegmentedControl, TextInput } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useTranslations } from 'use-intl'
import type { StepProps } from './composer.tsx'
import classes from './composer.module.css'
import { type CodeKind, codeKinds } from './draft.ts'
import { PoolFields } from './pool-fields.tsx'

/** Which codes the coupons have: drawn by chance, made elsewhere, or one for all. */
export function CodesFields({ draft, change, problem }: StepProps) {
  const t = useTranslations('campaigns.codesFields')
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  return (
    <>
      <div>
        <p className={classes.fieldTitle}>{t('title')}</p>
        <SegmentedControl
          aria-label={t('title')}
          orientation={onPhone ? 'vertical' : 'horizontal'}
          fullWidth={onPhone}
          value={draft.codes}
          onChange={(codes) => change({ codes: codes as CodeKind })}
          data={codeKinds.map((value) => ({ value, label: t(`kinds.${value}`) }))}
        />
        <p className={classes.help}>{t(`help.${draft.codes}`)}</p>
      </div>
      {draft.codes === 'pool' ? <PoolFields draft={draft} change={change} problem={problem} /> : null}
      {draft.codes === 'shared' ? (
        <div className={classes.pair}>
          <TextInput
            label={t('sharedCode')}
            description={t('sharedCodeHelp')}
            value={draft.sharedCode}
            maxLength={40}
            autoCapitalize="characters"
            error={problem('sharedCode')}
            onChange={(event) => change({ sharedCode: event.currentTarget.value })}
          />
          <TextInput
            label={t('sharedUses')}
            description={t('sharedUsesHelp')}
            inputMode="numeric"
            value={draft.sharedUses}
            error={problem('sharedUses')}
            onChange={(event) => change({ sharedUses: event.currentTarget.value })}
          />
        </div>
      ) : null}
    </>
  )
}
