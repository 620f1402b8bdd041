import { z } from 'zod'
import { type MessageKey, worded } from '../messages/messages.ts'

/** This machine: what goes to it is not listened to. */
export const loopback = new Set(['localhost', '127.0.0.1', '::1', '[::1]'])

/** The name or number of a mail server. */
export const Host = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9.:-]{1,253}$/, worded('not-a-host'))

/** `tls` from the first byte, `starttls` refuses to go on without it, `none` on this machine alone. */
export const Security = z.enum(['tls', 'starttls', 'none'])

/** Whether what goes there can't be listened to on the way. */
export const isPrivate = ({
  host,
  security,
}: {
  host: string
  security: z.output<typeof Security>
}): boolean => security !== 'none' || loopback.has(host)

/** Where an interface is reached, without a slash at its end; `unsafe` says why HTTP elsewhere than on this machine won't do. */
export const HttpsAddress = (unsafe: MessageKey) =>
  z
    .url({ protocol: /^https?$/, error: worded('not-an-address') })
    .max(300)
    .refine(
      (url) =>
        !URL.canParse(url) || new URL(url).protocol === 'https:' || loopback.has(new URL(url).hostname),
      unsafe,
    )
    .transform((url) => url.replace(/\/+$/, ''))
