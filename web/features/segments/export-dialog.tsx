import { Button } from '@mantine/core'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { Failure } from '../../ui/panel-states.tsx'
import { FileChooser, fileOf, firstChoice } from './file-choice.tsx'
import { usePrepared } from './prepared.ts'
import classes from './segments.module.css'

/**
 * Asks what is written of a rule's members, all of them, call lists or a send list, and hands it over as one file. Of
 * lists it then says who is in them and who was left out for which reason.
 */
export function ExportDialog({ expression, onClose }: { expression: string; onClose: () => void }) {
  const t = useTranslations('segments')
  const out = useTranslations('outward')
  const [choice, choose] = useState(firstChoice)
  const preparing = usePrepared()
  const file = fileOf(choice)
  const listed = choice.kind === 'members' ? undefined : preparing.data?.listed
  return (
    <Dialog
      opened
      onClose={onClose}
      title={t('export.title')}
      closeButtonProps={{ 'aria-label': t('dialog.close') }}
    >
      <div className={classes.form}>
        {listed ? (
          <Told kind={choice.kind === 'wecom' ? 'wecom' : 'call-lists'} listed={listed} />
        ) : (
          <FileChooser choice={choice} onChange={choose} />
        )}
        {preparing.isError ? <Failure error={preparing.error} /> : null}
        <div className={classes.formActions}>
          {listed ? (
            <>
              <Button variant="default" onClick={() => preparing.reset()}>
                {out('file.again')}
              </Button>
              <Button onClick={onClose}>{out('file.done')}</Button>
            </>
          ) : (
            <>
              <Button variant="default" onClick={onClose}>
                {t('dialog.cancel')}
              </Button>
              <Button
                disabled={!file}
                loading={preparing.isPending}
                onClick={() =>
                  preparing.mutate(
                    { expression, file: file! },
                    { onSuccess: () => (choice.kind === 'members' ? onClose() : undefined) },
                  )
                }
              >
                {t('export.download')}
              </Button>
            </>
          )}
        </div>
      </div>
    </Dialog>
  )
}

type Listed = NonNullable<ReturnType<typeof usePrepared>['data']>['listed']

function Told({ kind, listed }: { kind: 'call-lists' | 'wecom'; listed: Listed }) {
  const out = useTranslations('outward')
  const format = useFormat()
  return (
    <div role="status">
      <p>
        <strong>{out('file.listed', { listed: listed.listed, members: listed.members })}</strong>
      </p>
      <p className={classes.exportNote}>
        {out(kind === 'wecom' ? 'file.sendLists' : 'file.callLists', { files: listed.files })}
      </p>
      {listed.leftOut.length === 0 ? null : (
        <table className={classes.leftOut}>
          <caption>{out('file.leftOutTitle')}</caption>
          <tbody>
            {listed.leftOut.map(({ reason, members }) => (
              <tr key={reason}>
                <th scope="row">{out(`file.leftOut.${reason}`)}</th>
                <td>{format.count(members)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}
