import { say } from '../messages/messages.ts'

/** The rule with the place marked under it, then the sentence. */
export function pointed(
  text: string,
  {
    from,
    to,
    message,
    suggestion,
  }: { from: number; to: number; message: string; suggestion?: string | undefined },
): string {
  const instead =
    suggestion === undefined || suggestion === '' ? '' : ` ${say('try-instead', { suggestion })}`
  const sentence = `${say('at-character', { at: from + 1, message })}${instead}`
  const start = text.lastIndexOf('\n', from - 1) + 1
  const line = text.slice(start).split('\n')[0]!
  if (line.length > 200) return sentence
  const marks = '^'.repeat(Math.max(1, Math.min(to, start + line.length) - from))
  return `${line}\n${' '.repeat(from - start)}${marks}\n${sentence}`
}
