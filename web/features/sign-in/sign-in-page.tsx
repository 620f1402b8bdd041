import { useState } from 'react'
import { SegmentedControl } from '@mantine/core'
import { type Language, useLanguage } from '../../ui/language.tsx'
import { InviteForm } from './invite-form.tsx'
import { OwnerLink } from './owner-link.tsx'
import { PasswordForm } from './password-form.tsx'
import classes from './sign-in-page.module.css'

/** What the address brings: tokens stand after the #, so that they reach no server log. */
type Arrival = { kind: 'password' } | { kind: 'link'; token: string } | { kind: 'invite'; token: string }

function arrivalOf(hash: string): Arrival {
  const [, kind, token] = /^#(link|invite)=([\w-]+)$/.exec(hash) ?? []
  return token && (kind === 'link' || kind === 'invite') ? { kind, token } : { kind: 'password' }
}

/** The way in: by the owner's link, an invitation, or name and password. */
export function SignInPage() {
  const { language, choose } = useLanguage()
  const [arrival, arrive] = useState(() => arrivalOf(location.hash))
  const withPassword = () => {
    history.replaceState(null, '', '/sign-in')
    arrive({ kind: 'password' })
  }
  return (
    <main className={classes.page}>
      <div className={classes.language}>
        <SegmentedControl
          aria-label="Language · 语言"
          value={language}
          onChange={(next) => choose(next as Language)}
          data={[
            { value: 'en', label: 'English' },
            { value: 'zh-CN', label: '中文' },
          ]}
        />
      </div>
      <div className={classes.card}>
        {arrival.kind === 'link' ? (
          <OwnerLink token={arrival.token} otherWay={withPassword} />
        ) : arrival.kind === 'invite' ? (
          <InviteForm token={arrival.token} otherWay={withPassword} />
        ) : (
          <PasswordForm />
        )}
      </div>
    </main>
  )
}
