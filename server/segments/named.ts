import type { Connection } from '../command-line/connect.ts'
import { Refused } from '../command-line/command.ts'
import { say } from '../messages/messages.ts'

/** The saved segment of a name, for a command. Throws Refused with the names that there are. */
export async function segmentNamed(
  client: Connection['client'],
  name: string,
  signal: AbortSignal,
): Promise<{ id: string }> {
  const saved = await client.segments.list.query(undefined, { signal })
  const found = saved.find((one) => one.name === name)
  if (found) return found
  throw new Refused(
    saved.length === 0
      ? say('no-saved-segments')
      : say('no-such-segment-named', { name, known: { listed: saved.map((one) => one.name) } }),
  )
}
