import type { Command } from 'commander'
import { answer, type CommonOptions, inWorkspace } from '../../command-line/command.ts'
import { say } from '../../messages/messages.ts'
import { segmentNamed } from '../named.ts'

/** `reveille segment webhook add NAME URL | list | remove ID | resend ID`. */
export function webhookCommands(segment: Command): void {
  const webhook = segment
    .command('webhook')
    .description('tell an address when members enter and leave a saved segment')
  inWorkspace(webhook.command('add <name> <url>'))
    .description('tell an address of a saved segment; who is in now is told to nobody')
    .action((name: string, url: string, options: CommonOptions) =>
      answer(
        options,
        async ({ client }, signal) => {
          const { id } = await segmentNamed(client, name, signal)
          return client.segmentWebhooks.add.mutate({ id, url }, { signal })
        },
        ({ webhookId }) => say('webhook-added', { webhookId }),
      ),
    )
  inWorkspace(webhook.command('list'))
    .description('all webhooks with what became of their messages')
    .action((options: CommonOptions) =>
      answer(
        options,
        ({ client }, signal) => client.segmentWebhooks.list.query({}, { signal }),
        (webhooks) =>
          webhooks.length === 0
            ? say('webhooks-none')
            : webhooks
                .map((one) =>
                  say('webhook-row', {
                    id: one.id,
                    segment: one.segment,
                    url: one.url,
                    delivered: one.delivered,
                    queued: one.queued,
                    dead: one.dead,
                    problem: one.problem ?? one.newestError ?? '',
                    troubled: (one.problem ?? one.newestError) === null ? 'no' : 'yes',
                  }),
                )
                .join('\n'),
      ),
    )
  inWorkspace(webhook.command('remove <id>'))
    .description('end a webhook; what waits is dropped')
    .action((id: string, options: CommonOptions) =>
      answer(
        options,
        async ({ client }, signal) => {
          await client.segmentWebhooks.remove.mutate({ id }, { signal })
          return { webhookId: id }
        },
        () => say('webhook-removed'),
      ),
    )
  inWorkspace(webhook.command('resend <id>'))
    .description('queue again what was given up')
    .action((id: string, options: CommonOptions) =>
      answer(
        options,
        ({ client }, signal) => client.segmentWebhooks.resend.mutate({ id }, { signal }),
        ({ messages }) => say('webhook-resent', { messages }),
      ),
    )
}
