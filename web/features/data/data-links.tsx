import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useWorkspace } from '../../ui/workspace.tsx'

const templates = {
  orders: 'links.template',
  refunds: 'links.refundsTemplate',
  members: 'links.membersTemplate',
} as const

/** To what the data means, and to a file to fill in for who may import it. */
export function DataLinks({ mayImport, here = false }: { mayImport: boolean; here?: boolean }) {
  const t = useTranslations('data')
  const { id } = useWorkspace()
  return (
    <>
      {mayImport ? (
        <>
          {(['orders', 'refunds', 'members'] as const).map((kind) => (
            <Button
              key={kind}
              variant="default"
              component="a"
              href={`/export/${kind}-template.csv?${new URLSearchParams({ shown: id })}`}
              download
            >
              {t(templates[kind])}
            </Button>
          ))}
        </>
      ) : null}
      {here ? null : (
        <Button variant="default" renderRoot={(props) => <Link to="/data/dictionary" {...props} />}>
          {t('links.dictionary')}
        </Button>
      )}
    </>
  )
}
