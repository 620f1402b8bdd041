import { ActionIcon, Menu, UnstyledButton } from '@mantine/core'
import { IconChevronDown, IconDots, IconSearch } from '@tabler/icons-react'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useCarried } from '../filters/carried.ts'
import { useWorkspace } from '../ui/workspace.tsx'
import { Mark } from './mark.tsx'
import { analyticPages, footPages, morePages, peoplePages, tabPages } from './navigation.ts'
import { PreferenceItems } from './preference-items.tsx'
import classes from './shell.module.css'
import { WorkspaceItems } from './workspace-items.tsx'

const Palette = lazy(() => import('./palette.tsx'))
const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** The frame around every page: the rail on a desk, a top bar and tabs on a phone, the command palette. */
export function Shell() {
  const t = useTranslations('shell')
  const { name } = useWorkspace()
  const handOn = useCarried(useLocation().pathname)
  // How often the palette was asked for; it is loaded the first time and opened each time.
  const [asked, ask] = useState(0)
  const search = () => ask((times) => times + 1)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        search()
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])

  return (
    <div className={classes.shell}>
      <a href="#main" className={classes.skip}>
        {t('skip')}
      </a>
      <nav className={classes.rail} aria-label={t('navigation')}>
        <Menu position="bottom-start" width={260}>
          <Menu.Target>
            <UnstyledButton className={classes.workspace}>
              <Mark />
              <span className={classes.names}>
                <span className={classes.product}>Reveille</span>
                <span className={classes.name}>{name}</span>
                <span className="visually-hidden">{t('workspaceMenu')}</span>
              </span>
              <IconChevronDown size={18} aria-hidden />
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown>
            <WorkspaceItems />
            <PreferenceItems />
          </Menu.Dropdown>
        </Menu>
        <UnstyledButton className={classes.search} onClick={search}>
          <IconSearch size={18} aria-hidden />
          <span>{t('jump')}</span>
          <kbd>{isApple ? '⌘K' : 'Ctrl K'}</kbd>
        </UnstyledButton>
        <RailLinks pages={analyticPages} handOn={handOn} />
        <RailLinks pages={peoplePages} handOn={handOn} />
        <div className={classes.foot}>
          <RailLinks pages={footPages} handOn={handOn} />
        </div>
      </nav>
      <header className={classes.top}>
        <Mark />
        <span className={classes.topName}>{name}</span>
        <ActionIcon variant="subtle" color="gray" size={44} aria-label={t('search')} onClick={search}>
          <IconSearch size={22} />
        </ActionIcon>
      </header>
      <main id="main" className={classes.main} tabIndex={-1}>
        <Outlet />
      </main>
      <nav className={classes.tabs} aria-label={t('tabs')}>
        {tabPages.map(({ to, name: page, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            search={handOn(to) as never}
            className={classes.tab}
            activeOptions={{ exact: to === '/', includeSearch: false }}
          >
            <Icon size={22} aria-hidden />
            {t(`page.${page}`)}
          </Link>
        ))}
        <Menu position="top-end" width={260}>
          <Menu.Target>
            <UnstyledButton className={classes.tab}>
              <IconDots size={22} aria-hidden />
              {t('more')}
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown className={classes.more}>
            {morePages.map(({ to, name: page, icon: Icon }) => (
              <Menu.Item
                key={to}
                component={Link}
                to={to as never}
                search={handOn(to) as never}
                leftSection={<Icon size={20} />}
              >
                {t(`page.${page}`)}
              </Menu.Item>
            ))}
            <Menu.Divider />
            <WorkspaceItems />
            <PreferenceItems />
          </Menu.Dropdown>
        </Menu>
      </nav>
      {asked > 0 ? (
        <Suspense>
          <Palette asked={asked} handOn={handOn} />
        </Suspense>
      ) : null}
    </div>
  )
}

function RailLinks({
  pages,
  handOn,
}: {
  pages: typeof analyticPages | typeof peoplePages | typeof footPages
  handOn: (to: string) => object
}) {
  const t = useTranslations('shell')
  return (
    <ul className={classes.links}>
      {pages.map(({ to, name, icon: Icon }) => (
        <li key={to}>
          <Link
            to={to}
            search={handOn(to) as never}
            className={classes.link}
            activeOptions={{ exact: to === '/', includeSearch: false }}
          >
            <Icon size={18} aria-hidden />
            {t(`page.${name}`)}
          </Link>
        </li>
      ))}
    </ul>
  )
}
