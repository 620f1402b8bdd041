import { TagsInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { wholeNames } from '../../ui/whole-names.ts'
import classes from './composer.module.css'
import { type Names, namings } from './draft.ts'

/** Categories, products, item numbers and stores by their names. */
export function ScopeFields({
  title,
  help,
  names,
  onChange,
}: {
  title: string
  help: string
  names: Names
  onChange: (names: Names) => void
}) {
  const t = useTranslations('campaigns.offerStep')
  const trpc = useTRPC()
  const known = useQuery(trpc.segments.values.queryOptions(undefined, { staleTime: 300_000 })).data
  return (
    <fieldset className={classes.group}>
      <legend className={classes.heading}>{title}</legend>
      <p className={classes.help}>{help}</p>
      <div className={classes.pair}>
        {namings.map((naming) => (
          <TagsInput
            key={naming}
            label={t(`naming.${naming}`)}
            value={[...names[naming]]}
            data={(known?.values[naming] ?? []).map(({ value }) => value)}
            limit={50}
            {...wholeNames}
            acceptValueOnBlur
            onChange={(next) => onChange({ ...names, [naming]: next })}
          />
        ))}
      </div>
    </fieldset>
  )
}
