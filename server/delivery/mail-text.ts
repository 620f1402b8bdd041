import type { Language } from '../messages/messages.ts'
import { sentence } from '../messages/messages.ts'
import { goodTemplate, type MessageTemplate, type TemplateValue, type Values } from './template.ts'

/** What a campaign's mail says: subject, text and, where it is wanted otherwise than the text, HTML. */
export interface MailWords {
  readonly subject: string
  readonly text: string
  readonly html?: string | undefined
  readonly language: Language
}

export interface WrittenMail {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** A mail that can be written to anybody. */
export interface MailTemplate {
  /** The names it needs or uses. */
  readonly parts: readonly MessageTemplate[]
  /** Null when a value that it needs is unknown. */
  write(values: Values): WrittenMail | null
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Paragraphs and line ends of a text as HTML, its addresses as links. */
const asHtml = (text: string) =>
  text
    .trim()
    .split(/\n{2,}/)
    .map(
      (part) =>
        `<p>${escaped(part)
          .replaceAll(/https?:\/\/(?:[^\s<&"]|&amp;)+/g, (url) => `<a href="${url}">${url}</a>`)
          .replaceAll('\n', '<br>')}</p>`,
    )
    .join('\n')

/** Reads a mail whose parts are known to be good; the way to unsubscribe is added where the words don't have it. */
export function mailTemplate({ subject, text, html, language }: MailWords): MailTemplate {
  const parts = {
    subject: goodTemplate(subject, 'text'),
    text: goodTemplate(text, 'text'),
    html: html === undefined ? null : goodTemplate(html, 'html'),
  }
  const names = (part: MessageTemplate, value: TemplateValue) => part.uses.includes(value)
  return {
    parts: [parts.subject, parts.text, ...(parts.html ? [parts.html] : [])],
    write(values) {
      const line = parts.subject.render(values)
      const body = parts.text.render(values)
      const own = parts.html ? parts.html.render(values) : null
      if (line === null || body === null || (parts.html && own === null)) return null
      const url = values.unsubscribe ?? ''
      const said = sentence(language, 'mail-unsubscribe', { url })
      const plain = names(parts.text, 'unsubscribe') ? body : `${body.trimEnd()}\n\n${said}\n`
      const link = `<p><a href="${escaped(url)}">${escaped(sentence(language, 'mail-unsubscribe-link'))}</a></p>`
      const rich =
        parts.html === null ? asHtml(plain) : names(parts.html, 'unsubscribe') ? own! : `${own!}\n${link}`
      return {
        subject: line,
        text: plain,
        html: `<!doctype html>\n<html lang="${language}"><meta charset="utf-8"><body>\n${rich}\n</body></html>\n`,
      }
    },
  }
}
