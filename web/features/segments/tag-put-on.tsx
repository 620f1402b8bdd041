import { Button, FileButton, Group, SegmentedControl, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { idsInText } from '../../../analytics/segments/ids-in-text.ts'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { FormDialog } from './dialogs.tsx'
import { useChanged, Why } from './tag-forms.tsx'

/** Puts a tag on members whose ids are pasted or in a file, or takes it off them, with a reason. */
export function PutOnDialog({ tag, onClose }: { tag: string; onClose: () => void }) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const words = useErrorText()
  const changed = useChanged(onClose)
  const [taking, setTaking] = useState(false)
  const [text, setText] = useState('')
  const [file, setFile] = useState<string>()
  const [reason, setReason] = useState('')
  const memberIds = idsInText(text)
  const settled = {
    onSuccess: ({ members }: { members: number }) =>
      changed(
        t(taking ? 'tags.takenOffDone' : 'tags.putOnDone', {
          n: members,
          members: format.count(members),
          tag,
        }),
      ),
  }
  const adding = useMutation(trpc.tags.add.mutationOptions(settled))
  const removing = useMutation(trpc.tags.remove.mutationOptions(settled))
  const change = taking ? removing : adding
  return (
    <FormDialog
      title={t('tags.putOnTitle', { tag })}
      action={t(taking ? 'tags.takeOffDo' : 'tags.putOnDo', {
        n: memberIds.length,
        members: format.count(memberIds.length),
      })}
      busy={change.isPending}
      disabled={memberIds.length === 0}
      onClose={onClose}
      onSubmit={() =>
        change.mutate({ tag, whose: { kind: 'members', memberIds, ...(file ? { file } : {}) }, reason })
      }
    >
      <SegmentedControl
        aria-label={t('tags.putOnWhat')}
        value={taking ? 'off' : 'on'}
        onChange={(value) => setTaking(value === 'off')}
        data={[
          { value: 'on', label: t('tags.putOnShort') },
          { value: 'off', label: t('tags.takeOffShort') },
        ]}
      />
      <Textarea
        data-autofocus
        label={t('tags.ids')}
        description={file ? t('tags.idsFrom', { file }) : t('tags.idsText')}
        value={text}
        autosize
        minRows={4}
        maxRows={10}
        error={change.error ? words(change.error).sentence : undefined}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setFile(undefined)
        }}
      />
      <Group>
        <FileButton
          accept=".csv,.txt,.tsv,text/plain,text/csv"
          onChange={(chosen) => {
            if (!chosen) return
            void chosen.text().then((content) => {
              setText(idsInText(content).join('\n'))
              setFile(chosen.name)
            })
          }}
        >
          {(props) => (
            <Button variant="default" {...props}>
              {t('tags.chooseFile')}
            </Button>
          )}
        </FileButton>
      </Group>
      <Why value={reason} onChange={setReason} />
    </FormDialog>
  )
}
