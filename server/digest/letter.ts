import type { Language } from '../messages/messages.ts'
import type { Block } from './compose.ts'

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** A letter as plain text: one line a row, each cell behind its column's name. */
export function plain(blocks: readonly Block[]): string {
  const text = blocks.map((block) => {
    switch (block.kind) {
      case 'title':
        return block.text
      case 'heading':
        return `\n${block.text}`
      case 'warning':
        return `! ${block.text}`
      case 'link':
        return `\n${block.text}\n${block.href}`
      case 'table':
        return block.rows
          .map(({ cells: [first, ...cells], href }) => {
            const said = cells.flatMap((cell, i) => {
              const head = block.head[i + 1] ?? ''
              if (cell === '') return []
              return [i === 0 || head === '' ? cell : `${head} ${cell}`]
            })
            return `- ${first}: ${said.join('; ')}${href === undefined ? '' : `\n  ${href}`}`
          })
          .join('\n')
      default:
        return block.text
    }
  })
  return `${text.join('\n').trim()}\n`
}

const font =
  "font-family:-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',Arial,sans-serif"
// The dashboard's light tokens. Every cell has its own text and ground, so that a dark mode changes both or neither.
const ink = {
  text: '#171A21',
  soft: '#454B5A',
  faint: '#626A7B',
  ground: '#FFFFFF',
  page: '#F6F7F9',
} as const
const rule = '#E1E4EA'
const accent = '#4347C9'

/** A letter as HTML for mail programs: tables, inline styles, no picture, no style sheet, no script. */
export function html(title: string, blocks: readonly Block[], language: Language): string {
  const rows = blocks.map(
    (block) => `<tr><td style="padding:0 24px;background:${ink.ground}">${part(block)}</td></tr>`,
  )
  return (
    `<!doctype html>\n<html lang="${language}"><head><meta charset="utf-8">` +
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light">' +
    `<meta name="supported-color-schemes" content="light"><title>${escaped(title)}</title></head>\n` +
    `<body style="margin:0;padding:0;background:${ink.page}">\n` +
    `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:${ink.page}"><tr><td align="center" style="padding:16px 8px">\n` +
    `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:640px;background:${ink.ground};border:1px solid ${rule}">\n` +
    `<tr><td style="padding:12px 0 0;background:${ink.ground}"></td></tr>\n${rows.join('\n')}\n` +
    `<tr><td style="padding:12px 0;background:${ink.ground}"></td></tr>\n</table>\n</td></tr></table>\n</body></html>\n`
  )
}

const paragraph = (text: string, style: string) => `<p style="${font};${style}">${escaped(text)}</p>`

function part(block: Block): string {
  switch (block.kind) {
    case 'title':
      return `<h1 style="${font};font-size:22px;line-height:30px;font-weight:600;color:${ink.text};margin:8px 0">${escaped(block.text)}</h1>`
    case 'heading':
      return `<h2 style="${font};font-size:16px;line-height:22px;font-weight:600;color:${ink.text};margin:24px 0 4px">${escaped(block.text)}</h2>`
    case 'lead':
      return paragraph(block.text, `font-size:16px;line-height:24px;color:${ink.soft};margin:0 0 12px`)
    case 'warning':
      return paragraph(
        block.text,
        'font-size:14px;line-height:20px;color:#8F5A00;background:#FDF1DC;padding:8px 12px;margin:0 0 12px',
      )
    case 'note':
      return paragraph(block.text, `font-size:12px;line-height:16px;color:${ink.faint};margin:24px 0 8px`)
    case 'line':
      return paragraph(block.text, `font-size:14px;line-height:20px;color:${ink.soft};margin:0 0 8px`)
    case 'link':
      return `<p style="${font};font-size:14px;line-height:20px;margin:8px 0">${anchor(block.text, block.href)}</p>`
    case 'table':
      return table(block)
  }
}

const anchor = (text: string, href: string) =>
  `<a href="${escaped(href)}" style="color:${accent};text-decoration:underline">${escaped(text)}</a>`

function table({ head, rows }: Extract<Block, { kind: 'table' }>): string {
  const align = (i: number) => (i === 0 ? 'left' : 'right')
  const cell = (tag: 'th' | 'td', i: number, style: string, inner: string) =>
    `<${tag}${tag === 'th' ? ' scope="col"' : ''} align="${align(i)}" valign="top" style="${font};text-align:${align(i)};${style};background:${ink.ground};padding:6px ${i === head.length - 1 ? 0 : 8}px 6px 0;border-bottom:1px solid ${rule}">${inner}</${tag}>`
  const heads = head.every((text) => text === '')
    ? ''
    : `<tr>${head.map((text, i) => cell('th', i, `font-size:12px;line-height:16px;font-weight:400;color:${ink.faint}`, escaped(text))).join('')}</tr>\n`
  const body = rows.map(
    ({ cells, href }) =>
      `<tr>${cells
        .map((text, i) =>
          cell(
            'td',
            i,
            `font-size:14px;line-height:20px;color:${i === 0 ? ink.soft : ink.text}`,
            i === 0 && href !== undefined ? anchor(text, href) : escaped(text),
          ),
        )
        .join('')}</tr>`,
  )
  return `<table width="100%" cellpadding="0" cellspacing="0" border="0">\n${heads}${body.join('\n')}\n</table>`
}
