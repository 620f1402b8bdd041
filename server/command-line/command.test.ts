import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { answer, exitCode } from './command.ts'
import { instanceOf, writeServerFile } from './server-file.ts'

test('a server that ends while it is asked is named, with what to do', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-command-'))
  const server = createServer((request, response) => {
    if (request.url === '/healthz') response.end(JSON.stringify({ instance: instanceOf('token') }))
    else request.socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => {
    said.mockRestore()
    process.exitCode = undefined
    server.close()
    rmSync(folder, { recursive: true })
  })

  writeServerFile(folder, { host: '127.0.0.1', port, token: 'token', pid: process.pid })
  await answer(
    { data: folder },
    ({ client }) => client.workspaces.list.query(),
    () => 'answered',
  )
  expect(process.exitCode).toBe(exitCode.refused)
  expect(said.mock.calls.join()).toMatch(new RegExp(`port ${port} stopped answering|端口 ${port}`))
})
