#!/usr/bin/env node
// Bootstrap: runs on the host's Node (20.19 or newer) and needs nothing installed. It installs the
// dependencies when they are missing or older than the lock file, then runs the task under Node 24.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const tasks = {
  start: 'server/tooling/start.ts',
  test: 'server/tooling/test.ts',
  bench: 'server/tooling/bench.ts',
  fixtures: 'fixtures/main.ts',
  screenshot: 'web/e2e/screenshot.ts',
}
const parent = process.ppid
const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const asked = /--lang[= ](\S+)/.exec(process.argv.join(' '))?.[1]
const locale = asked ?? (process.env.LC_ALL || process.env.LC_MESSAGES || process.env.LANG || '')
/** Says a sentence on stderr, in the language of the system or of --lang. */
const tell = (english, chinese) => console.error(/^zh/i.test(locale) ? chinese : english)
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  tell(
    `Reveille needs Node 20.19 or newer and this is ${process.version}. Install Node 24 LTS from https://nodejs.org and run the command again.`,
    `Reveille 需要 Node 20.19 或更新版本，当前为 ${process.version}。请从 https://nodejs.org 安装 Node 24 LTS 后重新运行。`,
  )
  process.exit(1)
}

const stamp = join(root, 'node_modules', '.lock-hash')
const hash = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash) {
  tell('Installing dependencies (npm ci)…', '正在安装依赖（npm ci）……')
  const viaNpm = process.env.npm_execpath // set when npm started us: that very npm, without a shell
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const stdio = ['ignore', 2, 2] // stdout belongs to the command's own answer
  const done =
    viaNpm && /\.[cm]?js$/.test(viaNpm)
      ? spawnSync(process.execPath, [viaNpm, ...args], { cwd: root, stdio })
      : spawnSync('npm', args, { cwd: root, stdio, shell: process.platform === 'win32' })
  if (done.status !== 0) {
    tell(
      'The dependencies could not be installed; npm says why above. If it does not reach its registry, connect this machine or give npm its way (npm config set proxy URL, or npm config set registry URL), then run the command again.',
      '依赖安装失败，原因见上方 npm 的提示。如无法连接 npm 源，请检查网络，或设置代理或镜像（npm config set proxy 地址，或 npm config set registry 地址）后重新运行。',
    )
    process.exit(1)
  }
  writeFileSync(stamp, hash)
}

const platform = process.platform === 'win32' ? 'win' : process.platform
const binary = platform === 'win' ? 'node.exe' : 'node'
const carried = join(root, 'node_modules', `node-${platform}-${process.arch}`, 'bin', binary)
const node = existsSync(carried) ? carried : major >= 24 ? process.execPath : undefined
if (!node) {
  tell(
    `Reveille runs on Node 24 and carries none for ${platform}-${process.arch}; this is ${process.version}. Install Node 24 LTS from https://nodejs.org and run the command again.`,
    `Reveille 需要 Node 24，没有自带 ${platform}-${process.arch} 的版本，当前为 ${process.version}。请从 https://nodejs.org 安装 Node 24 LTS 后重新运行。`,
  )
  process.exit(1)
}

const asTask =
  process.argv[2] && tasks[process.argv[2]] && process.env.npm_lifecycle_event === process.argv[2]
const script = asTask ? tasks[process.argv[2]] : 'server/cli.ts'

// npm passes a signal on to the shell between us alone, which dies of it: then end as if it had reached us.
const left = () => process.env.npm_lifecycle_event !== undefined && process.ppid !== parent
if (left()) process.exit(128 + constants.signals.SIGTERM) // while the dependencies were installed

const child = spawn(node, [join(root, script), ...process.argv.slice(asTask ? 3 : 2)], {
  cwd: asTask ? root : process.cwd(),
  // The channel tells the child that we are gone, however we end.
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env: {
    ...process.env,
    PATH: [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? '16',
    // compiled once, not at every start
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'compiled'),
  },
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
const watch = setInterval(() => {
  if (!left()) return
  clearInterval(watch)
  child.kill('SIGTERM')
}, 100)
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
