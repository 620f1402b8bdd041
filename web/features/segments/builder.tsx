import { Button, SegmentedControl } from '@mantine/core'
import { IconCalendar, IconPlus } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { Expression } from '../../../analytics/segments/ast.ts'
import { ClauseRow } from './clause-row.tsx'
import { Dragging, Grip, useSlot } from './dragging.tsx'
import { grouped, newClause, newGroup, type Shop, topGroup, withOtherDay } from './drafts.ts'
import { OnDayHead, RandomRow, SegmentRow } from './other-rows.tsx'
import { PartCount, PartCounts } from './part-counts.tsx'
import type { Path } from './places.ts'
import { Remove } from './remove.tsx'
import classes from './segments.module.css'

/**
 * A rule as a form: rows of conditions in groups, nested as deep as the language allows, each with how many members it
 * selects and takes away, and each movable to any other place.
 */
export function Builder({
  expression,
  onChange,
  shop,
}: {
  expression: Expression
  onChange: (expression: Expression) => void
  shop: Shop
}) {
  const draft = topGroup(expression)
  const isGroup = expression.kind === 'and' || expression.kind === 'or'
  return (
    <PartCounts expression={expression}>
      <Dragging draft={draft} onMove={onChange}>
        <Group
          {...draft}
          shop={shop}
          path={[]}
          // a single part stands in a group that is none in the rule
          inRule={isGroup ? (path) => path : (path) => path.slice(1)}
          count={<PartCount part={expression} path={[]} />}
          onChange={(nextKind, nextParts) => onChange(grouped(nextKind, nextParts))}
          top
        />
      </Dragging>
    </PartCounts>
  )
}

/** Where a place in the builder's draft is in the rule. */
type InRule = (path: Path) => Path

function Group({
  kind,
  parts,
  path,
  inRule,
  count,
  onChange,
  onRemove,
  shop,
  top = false,
}: {
  kind: 'and' | 'or'
  parts: readonly Expression[]
  path: Path
  inRule: InRule
  count: ReactNode
  onChange: (kind: 'and' | 'or', parts: readonly Expression[]) => void
  onRemove?: () => void
  shop: Shop
  top?: boolean
}) {
  const t = useTranslations('segments')
  const change = (next: readonly Expression[]) => onChange(kind, next)
  const end = useSlot({ group: path, index: parts.length })
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
        {count}
        {onRemove ? <Remove label={t('builder.removeGroup')} onClick={onRemove} /> : null}
      </div>
      {parts.length === 0 ? <p className={classes.everyone}>{t('builder.everyone')}</p> : null}
      {parts.map((part, index) => (
        <Row key={index} kind={kind} path={[...path, index]} part={part}>
          <Part
            expression={part}
            shop={shop}
            path={[...path, index]}
            inRule={inRule}
            kind={kind}
            before={index > 0 ? { part: parts[index - 1]!, path: inRule([...path, index - 1]) } : undefined}
            onChange={(next) => change(parts.with(index, next))}
            onRemove={() => change(parts.toSpliced(index, 1))}
          />
        </Row>
      ))}
      <div className={classes.adders} {...end}>
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

/** One part of a group: its grip, the word that joins it to the part before, and itself. */
function Row({
  kind,
  path,
  part,
  children,
}: {
  kind: 'and' | 'or'
  path: Path
  part: Expression
  children: ReactNode
}) {
  const t = useTranslations('segments')
  const index = path.at(-1)!
  const slot = useSlot({ group: path.slice(0, -1), index })
  return (
    <div className={classes.part} {...slot}>
      <span className={classes.partHead}>
        <Grip path={path} part={part} />
        <span className={classes.connective} aria-hidden>
          {t(index === 0 ? 'builder.where' : `builder.${kind}.word`)}
        </span>
      </span>
      {children}
    </div>
  )
}

function Part({
  expression,
  path,
  inRule,
  kind,
  before,
  onChange,
  onRemove,
  shop,
}: {
  expression: Expression
  path: Path
  inRule: InRule
  kind?: 'and' | 'or'
  before?: { readonly part: Expression; readonly path: Path } | undefined
  onChange: (expression: Expression) => void
  onRemove: () => void
  shop: Shop
}) {
  const t = useTranslations('segments')
  const negated = expression.kind === 'not'
  const inner = negated ? expression.part : expression
  const innerPath = negated ? [...path, 0] : path
  const changeInner = (next: Expression) => onChange(negated ? { kind: 'not', part: next } : next)
  const count = <PartCount part={expression} path={inRule(path)} before={before} kind={kind} />
  const isGroup = inner.kind === 'and' || inner.kind === 'or'
  return (
    <div className={classes.partBody} data-group={isGroup || undefined}>
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
        aria-label={t('builder.onDay')}
        title={t('builder.onDayHelp')}
        onClick={() => changeInner(withOtherDay(inner))}
      >
        <IconCalendar size={16} aria-hidden />
      </button>
      {isGroup ? (
        <Group
          kind={inner.kind}
          parts={inner.parts}
          shop={shop}
          path={innerPath}
          inRule={inRule}
          count={count}
          onChange={(nextKind, parts) =>
            parts.length === 0 ? onRemove() : changeInner(grouped(nextKind, parts))
          }
          onRemove={onRemove}
        />
      ) : (
        <div className={classes.counted}>
          {inner.kind === 'on' ? (
            <div className={classes.clause}>
              <OnDayHead expression={inner} shop={shop} onChange={changeInner} />
              <Part
                expression={inner.part}
                shop={shop}
                path={[...innerPath, 0]}
                inRule={inRule}
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
          ) : (
            <Part
              expression={inner}
              shop={shop}
              path={innerPath}
              inRule={inRule}
              onChange={changeInner}
              onRemove={onRemove}
            />
          )}
          {count}
        </div>
      )}
    </div>
  )
}
