import { expect, test } from 'vitest'
import { definitionOf } from '../campaigns/campaign-shop.fixture.ts'
import { NewCampaign } from '../campaigns/definition.ts'
import { inputSentence } from '../messages/input.ts'
import { outcomeOf } from './mail.ts'
import { mailTemplate } from './mail-text.ts'
import { missingOf, readTemplate, type TemplateValue } from './template.ts'

const read = (text: string, form: 'text' | 'html' = 'text') => {
  const outcome = readTemplate(text, form)
  if (outcome.kind === 'refused') throw new Error(outcome.problem.id)
  return outcome.template
}
const problem = (text: string) => {
  const outcome = readTemplate(text, 'text')
  return outcome.kind === 'refused' ? outcome.problem.id : null
}

test('values stand where they are named; what is unknown and has no default is an error, never a blank', () => {
  const hello = read('Hello {{ member.name }}, {{ coupon.code | downcase }}')
  expect(hello.uses).toEqual(['member.name', 'coupon.code'])
  expect(hello.render({ 'member.name': '王芳', 'coupon.code': 'ABC' })).toBe('Hello 王芳, abc')
  expect(hello.render({ 'coupon.code': 'ABC' })).toBeNull()
  const careful = read('Hello {{ member.name | default: "you" }}')
  expect(careful.render({})).toBe('Hello you')
  expect(careful.render({ 'member.name': 'Li' })).toBe('Hello Li')
})

test('in HTML a value is text, whatever it holds, and nothing switches that off', () => {
  const html = read('<p>{{ member.name }}</p>', 'html')
  expect(html.render({ 'member.name': '<img src=x onerror=alert(1)> & "q"' })).toBe(
    '<p>&lt;img src=x onerror=alert(1)&gt; &amp; &#34;q&#34;</p>',
  )
  expect(problem('{{ member.name | raw }}')).toBe('template-unreadable')
  // a value that looks like a template is none
  expect(html.render({ 'member.name': '{{ coupon.code }}' })).toBe('<p>{{ coupon.code }}</p>')
})

test('a template has no logic, reads no file and reaches nothing but its values', () => {
  expect(problem('{% if member.name %}x{% endif %}')).toBe('template-has-tags')
  expect(problem('{% include "/etc/passwd" %}')).toBe('template-has-tags')
  expect(problem('{% for i in (1..100000000) %}x{% endfor %}')).toBe('template-has-tags')
  expect(problem('{{ member.constructor }}')).toBe('template-unknown-value')
  expect(problem('{{ member }}')).toBe('template-unknown-value')
  expect(problem('{{ member.name.size }}')).toBe('template-unknown-value')
  expect(problem('{{ member.phone }}')).toBe('template-unknown-value')
  expect(problem('{{ member.name')).toBe('template-unreadable')
  expect(problem('{{ member.name | default: member.tier }}')).toBeNull()
  expect(problem('50 % off { } 5% }')).toBeNull()
})

test('a name that there is none of is told by its name, with those that there are', () => {
  const definition = definitionOf({
    channel: {
      kind: 'mail',
      subject: 'For {{ member.name }}',
      text: '{{ coupon.foo }} {{ x }}',
      language: 'en',
    },
  })
  const { error } = NewCampaign.safeParse(definition)
  expect(inputSentence('en', error!)).toMatch(
    /^text: There is no value named coupon\.foo, x\. These may stand in it: member\.name, .*, unsubscribe\.$/,
  )
  expect(inputSentence('zh-CN', error!)).toMatch(
    /^正文：没有名为 coupon\.foo、x 的取值。可用的有：member\.name、.*、unsubscribe。$/,
  )
})

test('what is missing of a member is named before anything is sent', () => {
  const known = (...names: TemplateValue[]) => new Set(names)
  const template = read('{{ member.name }} {{ member.tier | default: "member" }} {{ member.points }}')
  expect(missingOf(template, known('member.name', 'member.points'))).toEqual([])
  expect(missingOf(template, known('member.points'))).toEqual(['member.name'])
  expect(missingOf(template, known())).toEqual(['member.name', 'member.points'])
})

test('a mail has text and HTML, and always a way out', () => {
  const mail = mailTemplate({
    subject: 'For {{ member.name }}',
    text: 'Dear {{ member.name }}\n\n5 < 6: https://shop.example/?a=1&b=2',
    language: 'en',
  })
  const written = mail.write({ 'member.name': '<Li>', unsubscribe: 'https://shop.example/u/1' })!
  expect(written.subject).toBe('For <Li>')
  expect(written.text).toContain('Dear <Li>')
  expect(written.text).toContain('To get no more such mail: https://shop.example/u/1')
  expect(written.html).toContain('<p>Dear &lt;Li&gt;</p>')
  expect(written.html).toContain('href="https://shop.example/?a=1&amp;b=2"')
  expect(written.html).toContain('href="https://shop.example/u/1"')
  expect(mail.write({ unsubscribe: 'x' })).toBeNull()
  const own = mailTemplate({
    subject: 'x',
    text: '退订 {{ unsubscribe }}',
    html: '<b>{{ unsubscribe }}</b>',
    language: 'zh-CN',
  }).write({ unsubscribe: 'https://a.example' })!
  expect(own.text).toBe('退订 https://a.example')
  expect(own.html.match(/https:\/\/a\.example/g)).toHaveLength(1)
})

test('the answers of a mail server by class: bounced, dead, or worth another attempt', () => {
  const kind = (error: object) => {
    const outcome = outcomeOf(error)
    return outcome.kind === 'dead' && outcome.bounced ? 'bounced' : outcome.kind
  }
  const rcpt = (responseCode: number, response: string) =>
    kind({ code: 'EENVELOPE', command: 'RCPT TO', responseCode, response })
  expect(rcpt(550, '550 5.1.1 No such user m1@example.com')).toBe('bounced')
  expect(rcpt(550, '550 No such user')).toBe('bounced')
  expect(rcpt(550, '550 5.2.1 Mailbox disabled')).toBe('bounced')
  expect(rcpt(552, '552 5.2.2 Mailbox full')).toBe('dead')
  expect(rcpt(550, '550 5.7.1 Policy')).toBe('dead')
  expect(rcpt(450, '450 4.2.1 Try later')).toBe('failed')
  expect(rcpt(451, '451 Greylisted')).toBe('failed')
  expect(kind({ command: 'DATA', responseCode: 554, response: '554 5.7.1 Spam' })).toBe('dead')
  expect(kind({ command: 'DATA', responseCode: 452, response: '452 4.3.1 Full' })).toBe('failed')
  expect(kind({ code: 'EAUTH', command: 'AUTH PLAIN', responseCode: 535, response: '535 5.7.8 No' })).toBe(
    'failed',
  )
  expect(kind({ command: 'MAIL FROM', responseCode: 553, response: '553 5.1.8 Sender' })).toBe('failed')
  expect(kind({ code: 'ECONNREFUSED' })).toBe('failed')
  expect(kind(new Error('anything'))).toBe('failed')
  // of the answer's words, which may name the recipient, nothing is kept
  expect(
    JSON.stringify(
      outcomeOf({ command: 'RCPT TO', responseCode: 550, response: '550 5.1.1 <m1@example.com>' }),
    ),
  ).not.toContain('example.com')
})
