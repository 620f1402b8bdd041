import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useErrorText } from '../../ui/panel-states.tsx'

export interface Saving {
  readonly isPending: boolean
  /** Why the last attempt was refused, as a sentence. */
  readonly refused: string | undefined
  save(segment: { id?: string; name: string; expression: string; from?: number }, done?: () => void): void
}

/** Saves a segment and opens it as it was saved. */
export function useSaving(): Saving {
  const t = useTranslations('segments')
  const trpc = useTRPC()
  const client = useQueryClient()
  const navigate = useNavigate()
  const words = useErrorText()
  const { mutate, isPending, error } = useMutation(trpc.segments.save.mutationOptions())
  return {
    isPending,
    refused: error ? words(error).sentence : undefined,
    save: (segment, done) =>
      mutate(segment, {
        onSuccess: async ({ id, version }) => {
          await client.invalidateQueries(trpc.segments.list.pathFilter())
          await client.invalidateQueries(trpc.segments.get.pathFilter())
          await client.invalidateQueries(trpc.segmentHistory.pathFilter())
          notifications.show({
            closeButtonProps: { 'aria-label': t('dialog.close') },
            message: t('saved', { name: segment.name, version }),
          })
          done?.()
          await navigate({
            to: '/segments/$segmentId',
            params: { segmentId: id },
            search: (old: Record<string, unknown>) => ({ ...old, expression: undefined }),
          })
        },
        onError: (refusal) => {
          if (!done) notifications.show({ message: words(refusal).sentence, color: 'red' })
        },
      }),
  }
}
