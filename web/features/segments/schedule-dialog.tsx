import { NativeSelect, NumberInput, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { FormDialog } from './dialogs.tsx'
import { FileChooser, fileOf, firstChoice } from './file-choice.tsx'
import classes from './outward.module.css'

const days = ['daily', '1', '2', '3', '4', '5', '6', '7'] as const

/** Asks what is written of a segment by itself, and when. */
export function ScheduleDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useTranslations('outward')
  const trpc = useTRPC()
  const client = useQueryClient()
  const words = useErrorText()
  const { role, timeZone } = useWorkspace()
  const [choice, choose] = useState(firstChoice)
  const [day, setDay] = useState<(typeof days)[number]>('daily')
  const [time, setTime] = useState('09:00')
  const [keep, setKeep] = useState<number | string>(14)
  const adding = useMutation(
    trpc.segmentSchedules.add.mutationOptions({
      onSuccess: async () => {
        await client.invalidateQueries(trpc.segmentSchedules.list.pathFilter())
        onClose()
      },
    }),
  )
  const file = fileOf(choice)
  return (
    <FormDialog
      title={t('schedule.addTitle')}
      action={t('schedule.addDo')}
      busy={adding.isPending}
      disabled={!file || time === '' || keep === ''}
      onClose={onClose}
      onSubmit={() =>
        adding.mutate({
          id,
          file: file!,
          weekday: day === 'daily' ? null : Number(day),
          time,
          keep: Number(keep),
        })
      }
    >
      <FileChooser choice={choice} onChange={choose} scheduled />
      <div className={classes.when}>
        <NativeSelect
          label={t('schedule.day')}
          value={day}
          data={days.map((value) => ({
            value,
            label: t('schedule.days', { weekday: value === 'daily' ? value : `day${value}` }),
          }))}
          onChange={({ currentTarget: { value } }) => setDay(days.find((one) => one === value)!)}
        />
        <TextInput
          type="time"
          label={t('schedule.time')}
          description={timeZone}
          value={time}
          onChange={(event) => setTime(event.currentTarget.value)}
        />
        <NumberInput
          label={t('schedule.keep')}
          value={keep}
          min={1}
          max={365}
          allowDecimal={false}
          onChange={setKeep}
        />
      </div>
      {adding.error ? (
        <p className={classes.bad} role="alert">
          {words(adding.error).sentence}
        </p>
      ) : null}
      <p className={classes.note}>
        {t(
          choice.kind === 'wecom'
            ? 'schedule.text'
            : role === 'owner'
              ? 'schedule.phonesWhole'
              : 'schedule.phonesMasked',
        )}
      </p>
    </FormDialog>
  )
}
