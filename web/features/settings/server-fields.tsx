import { NumberInput, PasswordInput, Select, TextInput } from '@mantine/core'
import { useTranslations } from 'use-intl'
import classes from './settings.module.css'

/** A mail server and who signs in there. */
export interface MailServer {
  readonly host: string
  readonly port: number
  readonly security: 'tls' | 'starttls' | 'none'
  readonly user: string
}

/** The fields of a mail server; the password is written once and never shown. */
export function ServerFields<Server extends MailServer>({
  server,
  change,
  password,
  changePassword,
  example,
  userHint,
  passwordHint,
}: {
  server: Server
  change: (server: Server) => void
  password: string
  changePassword: (password: string) => void
  /** Of a server's name. */
  example: string
  userHint: string
  passwordHint: string
}) {
  const t = useTranslations('settings.mail')
  return (
    <>
      <TextInput
        label={t('host')}
        placeholder={example}
        value={server.host}
        onChange={(event) => change({ ...server, host: event.currentTarget.value })}
      />
      <div className={classes.row}>
        <Select
          label={t('security')}
          data={(['tls', 'starttls', 'none'] as const).map((value) => ({
            value,
            label: t(`securities.${value}`),
          }))}
          value={server.security}
          allowDeselect={false}
          onChange={(security) => change({ ...server, security: security as MailServer['security'] })}
        />
        <NumberInput
          label={t('port')}
          min={1}
          max={65_535}
          allowDecimal={false}
          value={server.port}
          onChange={(port) => change({ ...server, port: Number(port) || 0 })}
        />
      </div>
      <TextInput
        label={t('user')}
        description={userHint}
        autoComplete="off"
        value={server.user}
        onChange={(event) => change({ ...server, user: event.currentTarget.value })}
      />
      <PasswordInput
        label={t('password')}
        description={passwordHint}
        value={password}
        autoComplete="new-password"
        onChange={(event) => changePassword(event.currentTarget.value)}
      />
    </>
  )
}
