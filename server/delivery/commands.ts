import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { inferRouterInputs } from '@trpc/server'
import type { Command } from 'commander'
import { answer, type CommonOptions, inWorkspace, Refused } from '../command-line/command.ts'
import type { AppRouter } from '../router.ts'
import { say } from '../messages/messages.ts'
import { type DeliverySettings, deliveryChannels } from './settings.ts'

const collect = (value: string, before: string[]) => [...before, value]

/** `reveille delivery settings`: when and how fast messages go out. */
export function deliveryCommands(program: Command): void {
  const delivery = program.command('delivery').description('how messages of campaigns go out')
  inWorkspace(
    delivery.command('settings').description('quiet hours and rates; without an option: shows them'),
  )
    .option('--quiet <hours>', 'FROM-TO in the shop’s zone, such as 21:00-08:00, or off')
    .option('--cap <cap>', 'MESSAGES/DAYS a member, such as 2/7, or off')
    .option('--rate <rate>', 'CHANNEL=MESSAGES-A-MINUTE, or CHANNEL=off; repeatable', collect, [])
    .action((options: CommonOptions & { quiet?: string; cap?: string; rate: string[] }) =>
      answer(
        options,
        async ({ client }) => {
          const present = await client.delivery.settings.query()
          if (options.quiet === undefined && options.cap === undefined && options.rate.length === 0)
            return present
          return client.delivery.change.mutate({
            ...present,
            quiet: options.quiet === undefined ? present.quiet : quietFrom(options.quiet),
            cap: options.cap === undefined ? present.cap : capFrom(options.cap),
            perMinute: options.rate.reduce(withRate, present.perMinute),
          })
        },
        ({ quiet, cap, perMinute }) =>
          say('delivery-settings', {
            cap: cap ? say('delivery-cap', cap) : say('delivery-unlimited'),
            quiet: quiet ? `${quiet.from}–${quiet.to}` : say('delivery-always'),
            rates: deliveryChannels
              .map((channel) => `${channel} ${perMinute[channel] ?? say('delivery-unlimited')}`)
              .join(', '),
          }),
      ),
    )

  inWorkspace(
    delivery.command('mail').description('how mail goes out; without --file: shows it, never the password'),
  )
    .option('--file <file>', 'settings as JSON, with "password" where it is new')
    .action((options: CommonOptions & { file?: string }) =>
      answer(
        options,
        async ({ client }) => {
          if (options.file !== undefined) {
            const { password, ...settings } = readJson<MailFile>(options.file)
            await client.delivery.setMail.mutate({
              settings,
              ...(password === undefined ? {} : { secret: password }),
            })
          }
          return client.delivery.mail.query()
        },
        (mail) =>
          mail === null ? say('mail-set-up-first') : say('mail-settings', { ...mail, hasPassword: '' }),
      ),
    )

  inWorkspace(
    delivery
      .command('returns')
      .description('the mailbox to which mail comes back; without --file: shows it, never the password'),
  )
    .option('--file <file>', 'settings as JSON, with "password" where it is new')
    .action((options: CommonOptions & { file?: string }) =>
      answer(
        options,
        async ({ client }) => {
          if (options.file !== undefined) {
            const { password, ...settings } = readJson<ReturnsFile>(options.file)
            const secret = password === undefined ? {} : { secret: password }
            await client.delivery.setReturns.mutate({ settings, ...secret })
          }
          return client.delivery.returns.query()
        },
        (returns) =>
          returns === null
            ? say('returns-set-up-first')
            : say('returns-settings', {
                ...returns,
                readAt: returns.readAt ?? 'never',
                error: returns.error ?? 'none',
              }),
      ),
    )

  inWorkspace(
    delivery.command('read-returns').description('read that mailbox now; a server does it each minute'),
  ).action((options: CommonOptions) =>
    answer(
      options,
      ({ client }) => client.delivery.readReturns.mutate(),
      ({ looked, taken }) => say('returns-read', { looked, ...taken }),
    ),
  )

  inWorkspace(
    delivery
      .command('sms')
      .description('how short messages go out; without --file: shows it, never the secret'),
  )
    .option('--file <file>', 'settings as JSON, with "accessKeySecret" where it is new')
    .action((options: CommonOptions & { file?: string }) =>
      answer(
        options,
        async ({ client }) => {
          if (options.file !== undefined) {
            const { accessKeySecret, ...settings } = readJson<SmsFile>(options.file)
            const secret = accessKeySecret === undefined ? {} : { secret: accessKeySecret }
            await client.delivery.setSms.mutate({ settings, ...secret })
          }
          return client.delivery.sms.query()
        },
        (sms) => (sms === null ? say('sms-set-up-first') : say('sms-settings', { ...sms })),
      ),
    )

  inWorkspace(
    delivery.command('test-sms <phone> <template>').description('send one short message, at once'),
  ).action((phone: string, templateCode: string, options: CommonOptions) =>
    answer(
      options,
      ({ client }) => client.delivery.testSms.mutate({ phone, templateCode }),
      () => say('sms-test-sent'),
    ),
  )

  inWorkspace(
    delivery
      .command('wechat')
      .description('the WeChat official account; without --file: shows it, never the secret'),
  )
    .option('--file <file>', 'settings as JSON, with "appSecret" where it is new')
    .action((options: CommonOptions & { file?: string }) =>
      answer(
        options,
        async ({ client }) => {
          if (options.file !== undefined) {
            const { appSecret, ...settings } = readJson<WechatFile>(options.file)
            const secret = appSecret === undefined ? {} : { secret: appSecret }
            await client.delivery.setWechat.mutate({ settings, ...secret })
          }
          return client.delivery.wechat.query()
        },
        (wechat) => (wechat === null ? say('wechat-set-up-first') : say('wechat-settings', { ...wechat })),
      ),
    )

  inWorkspace(
    delivery.command('test-wechat <openid> <template>').description('send one template message, at once'),
  )
    .option('--value <value>', 'NAME=TEXT of the template, such as thing1=…; repeatable', collect, [])
    .action((openid: string, templateId: string, options: CommonOptions & { value: string[] }) =>
      answer(
        options,
        ({ client }) =>
          client.delivery.testWechat.mutate({
            openid,
            templateId,
            data: Object.fromEntries(options.value.map(dataFrom)),
          }),
        () => say('wechat-test-sent'),
      ),
    )

  inWorkspace(
    delivery
      .command('list <campaign>')
      .description('what is still to be passed on by hand, as CSV; the result goes into its column'),
  ).action((campaignId: string, options: CommonOptions) =>
    answer(
      options,
      async ({ client }) => {
        const { deliveries, csv } = await client.delivery.takeHandList.mutate({ campaignId })
        return options.json ? deliveries : csv
      },
      (list) => (typeof list === 'string' ? list.replace(/\r?\n$/, '') : ''),
    ),
  )

  inWorkspace(
    delivery.command('results <campaign>').description('take the results of such a list, by delivery id'),
  )
    .requiredOption('--file <file>', 'the list as CSV or .xlsx, with its results')
    .action((campaignId: string, options: CommonOptions & { file: string }) =>
      answer(
        options,
        ({ client }) =>
          client.delivery.takeHandResults.mutate({
            campaignId,
            name: basename(options.file),
            content: readBytes(options.file).toString('base64'),
          }),
        ({ taken, unchanged, empty, notInLedgerCount, refused, named }) =>
          [
            say('hand-taken', {
              taken: taken.reduce((sum, { members }) => sum + members, 0),
              unchanged,
              empty,
              refused,
            }),
            ...taken.map(({ result, members }) =>
              say('hand-taken-result', { result: say(`hand-result.${result}`), members }),
            ),
            ...(notInLedgerCount > 0 ? [say('hand-not-in-ledger', { members: notInLedgerCount })] : []),
            ...named.map(({ said }) => said),
          ].join('\n'),
      ),
    )

  inWorkspace(delivery.command('test-mail <address>').description('send one message, at once')).action(
    (to: string, options: CommonOptions) =>
      answer(
        options,
        ({ client }) => client.delivery.testMail.mutate({ to }),
        () => say('mail-test-sent'),
      ),
  )
}

type Inputs = inferRouterInputs<AppRouter>['delivery']
type MailFile = Inputs['setMail']['settings'] & { password?: string }
type ReturnsFile = Inputs['setReturns']['settings'] & { password?: string }
type WechatFile = Inputs['setWechat']['settings'] & { appSecret?: string }
type SmsFile = Inputs['setSms']['settings'] & { accessKeySecret?: string }

/** The server says what is wrong with its content; here only whether it can be read. */
function readJson<File>(file: string): File {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as File
  } catch (error) {
    // the words of a parser may hold what it read, such as the password
    const detail = error instanceof SyntaxError ? 'JSON' : (error as Error).message
    throw new Refused(say('mail-settings-file-unreadable', { file, detail }))
  }
}

function dataFrom(text: string): [name: string, value: string] {
  const [, name, value] = /^(\w{1,50})=(.+)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw new Refused(say('wechat-data-unreadable', { text }))
  return [name, value]
}

/** UTF-8, or what Chinese systems write. */
function readBytes(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Refused(say('mail-settings-file-unreadable', { file, detail: (error as Error).message }))
  }
}

function quietFrom(text: string): DeliverySettings['quiet'] {
  if (text === 'off') return null
  const [, from, to] = /^(\d\d:\d\d)[-–](\d\d:\d\d)$/.exec(text) ?? []
  if (from === undefined || to === undefined) throw new Refused(say('quiet-hours-unreadable', { text }))
  return { from, to }
}

function capFrom(text: string): DeliverySettings['cap'] {
  if (text === 'off') return null
  const [, messages, days] = /^(\d{1,3})\/(\d{1,3})$/.exec(text) ?? []
  if (messages === undefined || days === undefined) throw new Refused(say('cap-unreadable', { text }))
  return { messages: Number(messages), days: Number(days) }
}

function withRate(rates: DeliverySettings['perMinute'], text: string): DeliverySettings['perMinute'] {
  const [, name, rate] = /^(\w+)=(\d{1,6}|off)$/.exec(text) ?? []
  const channel = deliveryChannels.find((one) => one === name)
  if (channel === undefined) throw new Refused(say('rate-unreadable', { text }))
  const { [channel]: _, ...others } = rates
  return rate === 'off' ? others : { ...others, [channel]: Number(rate) }
}
