import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTRPC } from '../../trpc.ts'
import { useErrorText } from '../../ui/panel-states.tsx'

/**
 * The account of a channel while it is written: its secret, which goes along where one was typed, and what the mutations
 * that save the account and try it do then. `saved` and `tested` are told after them.
 */
export function useAccount({ saved, tested }: { saved: string; tested: string }) {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const errorText = useErrorText()
  const [secret, setSecret] = useState('')
  const onError = (error: unknown) => notifications.show({ color: 'red', message: errorText(error).sentence })
  return {
    secret,
    setSecret,
    typed: secret ? { secret } : {},
    saving: {
      onSuccess: async () => {
        setSecret('')
        await queries.invalidateQueries(trpc.delivery.pathFilter())
        notifications.show({ message: saved })
      },
      onError,
    },
    trying: { onSuccess: () => void notifications.show({ message: tested }), onError },
  }
}

/** The properties of the text field of each entry of `record`. */
export const textFields =
  <Name extends string, Record extends { readonly [name in Name]: string }>(
    record: Record,
    change: (record: Record) => void,
    label: (name: Name) => string,
  ) =>
  (name: Name) => ({
    label: label(name),
    value: record[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      change({ ...record, [name]: event.currentTarget.value }),
  })
