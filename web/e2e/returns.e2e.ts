import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type MailboxServer,
  mailboxUser,
  openMailboxServer,
} from '../../server/delivery/returned/mailbox-server.fixture.ts'
import { openSharedStage, type Stage, workspaceOf } from './harness.ts'

let stage: Stage
let mailbox: MailboxServer
beforeAll(async () => {
  stage = await openSharedStage()
  mailbox = await openMailboxServer(new Date())
})
afterAll(async () => {
  await stage.close()
  await mailbox.close()
})

test('an owner sets up the mailbox of returned mail, reads it, and is told what stands in the way', async () => {
  const watched = await stage.page({ language: 'zh-CN' })
  const { page } = watched
  page.setDefaultTimeout(20_000)
  await workspaceOf(watched, stage, 'returned')
  await watched.open('/settings')
  const panel = page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: '退信', exact: true }) })
  await panel.getByLabel('邮件服务器').fill('127.0.0.1')
  await panel.getByLabel('端口').fill(String(mailbox.port))
  await panel.getByRole('combobox', { name: '加密方式' }).click()
  await page.getByRole('option', { name: '不加密（仅限本机）' }).click()
  await panel.getByLabel('用户名').fill(mailboxUser.user)
  await panel.getByRole('textbox', { name: '密码' }).fill('wrong')
  await panel.getByRole('button', { name: '保存' }).click()
  await panel.getByText('尚未读取。').waitFor()
  await panel.getByRole('button', { name: '立即读取' }).click()
  await panel.getByText('邮件服务器不接受该用户名或密码。', { exact: false }).waitFor()

  await panel.getByRole('textbox', { name: '密码' }).fill(mailboxUser.secret)
  await panel.getByRole('button', { name: '保存' }).click()
  await page.getByText('已保存。').last().waitFor()
  mailbox.deliver('From: somebody@example.com\r\nSubject: Hello\r\n\r\nHello')
  await panel.getByRole('button', { name: '立即读取' }).click()
  await page.getByText('新邮件 1 封。', { exact: false }).waitFor()
  await panel.getByText(/^最近读取：/).waitFor()
  expect(await panel.getByRole('textbox', { name: '密码' }).inputValue()).toBe('')
  expect(watched.complaints.filter((told) => !told.includes('502'))).toEqual([])
})
