import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useWorkspace } from '../../ui/workspace.tsx'

/** To what the data means, and to a file to fill in for who may import it. */
export function DataLinks({ mayImport, here = false }: { mayImport: boolean; here?: boolean }) {
  const t = useTranslations('data')
  const { id } = useWorkspace()
  return (
    <>
      {mayImport ? (
        <Button
          variant="default"
          component="a"
          href={`/export/orders-template.csv?${new URLSearchParams({ shown: id })}`}
          download
        >
          {t('links.template')}
        </Button>
      ) : null}
      {here ? null : (
        <Button variant="default" renderRoot={(props) => <Link to="/data/dictionary" {...props} />}>
          {t('links.dictionary')}
        </Button>
      )}
    </>
  )
}
