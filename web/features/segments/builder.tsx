import { Button, SegmentedControl } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useTranslations } from 'use-intl'
import type { Expression } from '../../../analytics/segments/ast.ts'
import { ClauseRow } from './clause-row.tsx'
import { grouped, newClause, newGroup, type Shop, topGroup, withOtherDay } from './drafts.ts'
import { OnDayHead, RandomRow, SegmentRow } from './other-rows.tsx'
import { Remove } from './remove.tsx'
import classes from './segments.module.css'

/** A rule as a form: rows of conditions in groups, nested as deep as the language allows. */
export function Builder({
  expression,
  onChange,
  shop,
}: {
  expression: Expression
  onChange: (expression: Expression) => void
  shop: Shop
}) {
  const { kind, parts } = topGroup(expression)
  return (
    <Group
      kind={kind}
      parts={parts}
      shop={shop}
      onChange={(nextKind, nextParts) => onChange(grouped(nextKind, nextParts))}
      top
    />
  )
}

function Group({
  kind,
  parts,
  onChange,
  onRemove,
  shop,
  top = false,
}: {
  kind: 'and' | 'or'
  parts: readonly Expression[]
  onChange: (kind: 'and' | 'or', parts: readonly Expression[]) => void
  onRemove?: () => void
  shop: Shop
  top?: boolean
}) {
  const t = useTranslations('segments')
  const change = (next: readonly Expression[]) => onChange(kind, next)
  return (
    <div
      className={top ? classes.topGroup : classes.group}
      role="group"
      aria-label={t(`builder.${kind}.label`)}
    >
      <div className={classes.groupHead}>
        <SegmentedControl
          size="xs"
          value={kind}
          aria-label={t('builder.connective')}
          data={(['and', 'or'] as const).map((value) => ({ value, label: t(`builder.${value}.choice`) }))}
          onChange={(next) => onChange(next as 'and' | 'or', parts)}
        />
        {onRemove ? <Remove label={t('builder.removeGroup')} onClick={onRemove} /> : null}
      </div>
      {parts.length === 0 ? <p className={classes.everyone}>{t('builder.everyone')}</p> : null}
      {parts.map((part, index) => (
        <div key={index} className={classes.part}>
          <span className={classes.connective} aria-hidden>
            {t(index === 0 ? 'builder.where' : `builder.${kind}.word`)}
          </span>
          <Part
            expression={part}
            shop={shop}
            onChange={(next) => change(parts.with(index, next))}
            onRemove={() => change(parts.toSpliced(index, 1))}
          />
        </div>
      ))}
      <div className={classes.adders}>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => change([...parts, newClause])}
        >
          {t('builder.addCondition')}
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => change([...parts, newGroup(kind)])}
        >
          {t('builder.addGroup')}
        </Button>
      </div>
    </div>
  )
}

function Part({
  expression,
  onChange,
  onRemove,
  shop,
}: {
  expression: Expression
  onChange: (expression: Expression) => void
  onRemove: () => void
  shop: Shop
}) {
  const t = useTranslations('segments')
  const negated = expression.kind === 'not'
  const inner = negated ? expression.part : expression
  const changeInner = (next: Expression) => onChange(negated ? { kind: 'not', part: next } : next)
  return (
    <div className={classes.partBody}>
      <button
        type="button"
        className={classes.not}
        aria-pressed={negated}
        title={t('builder.notHelp')}
        onClick={() => onChange(negated ? inner : { kind: 'not', part: inner })}
      >
        {t('builder.not')}
      </button>
      <button
        type="button"
        className={classes.not}
        aria-pressed={inner.kind === 'on'}
        title={t('builder.onDayHelp')}
        onClick={() => changeInner(withOtherDay(inner))}
      >
        {t('builder.onDay')}
      </button>
      {inner.kind === 'on' ? (
        <div className={classes.clause}>
          <OnDayHead expression={inner} shop={shop} onChange={changeInner} />
          <Part
            expression={inner.part}
            shop={shop}
            onChange={(part) => changeInner({ ...inner, part })}
            onRemove={onRemove}
          />
        </div>
      ) : inner.kind === 'segment' ? (
        <SegmentRow expression={inner} shop={shop} onChange={changeInner} onRemove={onRemove} />
      ) : inner.kind === 'random' ? (
        <RandomRow expression={inner} shop={shop} onChange={changeInner} onRemove={onRemove} />
      ) : inner.kind === 'clause' ? (
        <ClauseRow clause={inner} shop={shop} onChange={changeInner} onRemove={onRemove} />
      ) : inner.kind === 'everyone' ? (
        <div className={classes.row}>
          <span className={classes.everyone}>{t('builder.everyone')}</span>
          <Remove label={t('builder.remove')} onClick={onRemove} />
        </div>
      ) : inner.kind === 'not' ? (
        <Part expression={inner} shop={shop} onChange={changeInner} onRemove={onRemove} />
      ) : (
        <Group
          kind={inner.kind}
          parts={inner.parts}
          shop={shop}
          onChange={(kind, parts) => (parts.length === 0 ? onRemove() : changeInner(grouped(kind, parts)))}
          onRemove={onRemove}
        />
      )}
    </div>
  )
}
