import type { server as english } from '../en/server.ts'

export const server: Record<keyof typeof english, string> = {
  ready: 'Reveille 已就绪：{address}',
  readyInNetwork:
    '同一网络中的设备可通过 {addresses} 访问，访问者须登录。未启用 HTTPS 时，传输内容可能被窃听，手机也无法用摄像头扫码：请参阅 server/README.md 中的“In the shop’s network”。',
  signInLink: '登录链接（15 分钟内有效，仅可使用一次）：{link}',
  makingDemo: '首次启动：正在用虚构数据创建工作区“demo”……',
  finishingDemo: '上次启动在创建工作区“demo”时中断，正在重新创建……',
  demoMade: '工作区“demo”已有 {members, number} 位会员、{orders, number} 笔订单。',
  stopping: '正在结束……',
  building: '正在构建看板……',
  portInvalid: '{port} 不是有效端口。请填 1 到 65535 之间的数字：--port 4100',
  hostInvalid: '{host} 不是 IP 地址。请填写本机的某个地址，或用 0.0.0.0 表示本机的所有网络：--host 0.0.0.0',
  hostNotHere: '本机没有地址 {host}。请填写本机的某个地址，或用 0.0.0.0 表示本机的所有网络：--host 0.0.0.0',
  portInUse: '端口 {port} 已被其他程序占用。请先停止它，或换一个端口：npm start -- --port {other}',
  portForbidden: '系统不允许使用端口 {port}。请选择 1024 以上的端口：npm start -- --port 4100',
  folderUnwritable:
    '数据目录 {folder} 无法写入（{reason}）。请授予当前用户写入权限，或换一个目录：--data 目录',
  diskFull: '{folder} 所在的磁盘已满。请腾出空间后重新执行。',
  folderNotAFolder: '{folder} 是文件，不是目录。请换一个数据目录：--data 目录',
  folderInUse:
    '数据目录 {folder} 正被另一个进程使用（端口 {port} 上的 Reveille 服务，进程 {pid}）。请先停止它，或换一个目录：--data 目录',
  folderBusy:
    '数据目录 {folder} 正被一条仍在运行的 Reveille 命令或正在启动的服务使用。请等它完成后重新执行，或换一个目录：--data 目录',
  engineInUse: '文件 {file} 已被其他进程打开。请关闭打开它的程序后重新启动。',
  storeDamaged:
    '文件 {file} 已损坏，无法读取。请将最近一次备份恢复到空目录：npx reveille restore 文件 --data 目录',
  engineDamaged:
    '工作区文件 {file} 已损坏，无法读取。请将最近一次备份恢复到空目录：npx reveille restore 文件 --data 目录',
  storeNewer: '数据目录 {folder} 由更新版本的 Reveille 写入。请先用 git pull 更新，再重新启动。',
  waiting: '另一个 Reveille 命令正在使用 {folder}，正在等待……',
  ownerName: '店主',
  cancelled: '已取消。',
  unexpected: '出现意外错误：{reason}。如再次发生，请附上所用命令反馈。',
  noAnswer: '端口 {port} 上的 Reveille 服务不再响应。请重新启动后再执行此命令。',
  workspaceMade: '工作区“{name}”已创建。',
  backedUp: '已将 {workspaces, number} 个工作区备份到 {file}（{bytes}）。',
  restored: '已将 {workspaces, number} 个工作区恢复到 {folder}。启动命令：npm start -- --data {folder}',
  backupExists: '文件 {file} 已存在。请为备份换一个文件名。',
  backupUnwritable: '备份无法写入 {file}（{reason}）。请换一个位置。',
  backupMissing: '找不到文件 {file}。请检查备份文件名。',
  backupDamaged: '文件 {file} 不是完整的 Reveille 备份（{reason}）。未恢复任何内容，请换一个备份。',
  backupNewer: '备份 {file} 由更新版本的 Reveille 创建。请先用 git pull 更新，再恢复。',
  listDamaged: '文件 {file} 不是删除名单，或已损坏。请换上最近一次备份时的名单，然后重新启动。',
  listMissing: '没有文件 {file}。未恢复任何内容，请检查删除名单的文件名。',
  restoredDeletions: '下次启动时会重新执行 {deletions, plural, other {#}} 项会员删除。',
  restoredWithoutList:
    '未提供删除名单。如果备份之后删除过会员，请用原数据目录的名单恢复到另一个空目录：--deletions 目录/deletions.json',
  folderNotEmpty: '数据目录 {folder} 不是空目录。为避免覆盖，请恢复到新目录：--data 目录',
}
