import { useTranslations } from 'use-intl'
import classes from '../composer.module.css'
import type { Definition } from '../draft.ts'
import { OfferSentence } from '../offer-sentence.tsx'

/** What is done with a member, step by step. */
export function StepsList({ definition }: { definition: Definition }) {
  const t = useTranslations('standing.steps')
  return (
    <ol className={classes.list}>
      <li>
        {definition.offer ? (
          <>
            <OfferSentence definition={without(definition)} />{' '}
            {t('good', { days: definition.validDays ?? 0 })} <By channel={definition.channel} />
          </>
        ) : (
          <Message channel={definition.channel} />
        )}
      </li>
      {(definition.standing?.steps ?? []).map(({ afterDays, when = 'always', action }, place) => (
        <li key={place}>
          {t('after', { days: afterDays, when: when.replaceAll('-', '_') })}{' '}
          {action.kind === 'coupon' ? (
            <>
              <OfferSentence
                definition={{
                  ...without(definition),
                  offer: action.offer,
                  minSpendMinor: action.minSpendMinor,
                  terms: action.terms,
                }}
              />{' '}
              {t('good', { days: action.validDays })} <By channel={action.channel ?? definition.channel} />
            </>
          ) : action.kind === 'message' ? (
            <Message channel={action.channel} />
          ) : action.kind === 'tag' ? (
            t('tag', { tag: action.tag })
          ) : (
            t('webhook', { url: action.url })
          )}
        </li>
      ))}
    </ol>
  )
}

/** How a coupon goes out. */
function By({ channel }: { channel: Definition['channel'] }) {
  const t = useTranslations('standing.steps')
  const names = useTranslations('campaigns.channelStep')
  return t('by', { channel: names(channel.kind) })
}

/** A message without a coupon: by which channel, and what it says first. */
function Message({ channel }: { channel: Definition['channel'] }) {
  const t = useTranslations('standing.steps')
  const names = useTranslations('campaigns.channelStep')
  const words = beginning(channel).replace(/\{\{\s*([\w.]+)[^}]*\}\}/g, (_, value: string) =>
    t('valueIn', { value: t(`value.${value.replace('.', '_')}` as 'value.unsubscribe') }),
  )
  return t('message', { channel: names(channel.kind), words })
}

function beginning(channel: Definition['channel']): string {
  switch (channel.kind) {
    case 'mail':
      return channel.subject
    case 'sms':
      return channel.text ?? channel.templateCode
    case 'wechat':
      return Object.values(channel.data)[0] ?? channel.templateId
    case 'calls':
    case 'wecom':
      return channel.words
    case 'webhook':
      return channel.url
    case 'csv':
      return ''
  }
}

/** Days count from each coupon's own issue, not from a launch: they are said apart. */
const without = ({ validDays: _days, ...definition }: Definition): Definition => definition
