import { Button, Menu } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useLanguage } from '../../ui/language.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './data.module.css'

const firstKinds = ['orders', 'refunds', 'members'] as const
const endings = ['csv', 'jsonl'] as const

/** To what the data means, and to a file to fill in for who may import it. */
export function DataLinks({ mayImport, here = false }: { mayImport: boolean; here?: boolean }) {
  const t = useTranslations('data')
  const { id } = useWorkspace()
  const { language } = useLanguage()
  const trpc = useTRPC()
  const kinds = useAnswer(trpc.imports.kinds.queryOptions({ language }))
  return (
    <>
      {mayImport ? (
        <Menu>
          <Menu.Target>
            <Button variant="default">{t('links.templates')}</Button>
          </Menu.Target>
          <Menu.Dropdown className={classes.templates}>
            {[
              ...firstKinds.map((name) => ({ name, title: t(`links.titles.${name}`) })),
              ...(kinds.data ?? []),
            ].flatMap(({ name, title }) =>
              endings.map((ending) => (
                <Menu.Item
                  key={`${name} ${ending}`}
                  component="a"
                  href={`/export/${name}-template.${ending}?${new URLSearchParams({ shown: id, language })}`}
                  download
                >
                  {t(`links.kindTemplate.${ending}`, { title })}
                </Menu.Item>
              )),
            )}
          </Menu.Dropdown>
        </Menu>
      ) : null}
      {here ? null : (
        <Button variant="default" renderRoot={(props) => <Link to="/data/dictionary" {...props} />}>
          {t('links.dictionary')}
        </Button>
      )}
    </>
  )
}
