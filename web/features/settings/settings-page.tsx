import { useTranslations } from 'use-intl'
import { Columns, Page } from '../../ui/page.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { AccountPanel } from './account-panel.tsx'
import { AuditPanel } from './audit-panel.tsx'
import { CountingPanels } from './counting-panels.tsx'
import { DeliveryPanel } from './delivery-panel.tsx'
import { DigestPanel } from './digest-panel.tsx'
import { IdentityPanel } from './identity-panel.tsx'
import { KeysPanel } from './keys-panel.tsx'
import { LookPanel } from './look-panel.tsx'
import { MailPanel } from './mail-panel.tsx'
import { ReturnsPanel } from './returns-panel.tsx'
import { SmsPanel } from './sms-panel.tsx'
import { WechatPanel } from './wechat-panel.tsx'
import { TeamPanel } from './team-panel.tsx'

/** How the workspace counts, who may do what, and how this person signs in. */
export function SettingsPage() {
  const t = useTranslations('settings')
  const owner = useWorkspace().role === 'owner'
  return (
    <Page title={t('title')} lead={owner ? t('lead') : t('onlyOwner')}>
      <CountingPanels mayChange={owner} />
      <IdentityPanel mayChange={owner} />
      <DeliveryPanel mayChange={owner} />
      {owner ? (
        <>
          <TeamPanel />
          <MailPanel />
          <ReturnsPanel />
          <DigestPanel />
          <SmsPanel />
          <WechatPanel />
          <KeysPanel />
        </>
      ) : null}
      <Columns>
        <AccountPanel />
        <LookPanel />
      </Columns>
      {owner ? <AuditPanel /> : null}
    </Page>
  )
}
