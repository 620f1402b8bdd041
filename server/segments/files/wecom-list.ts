import { sql } from '../../../analytics/sql/sql.ts'
import { csvRow } from '../../csv/csv.ts'
import type { Sink } from '../../export/sink.ts'
import { sentence } from '../../messages/messages.ts'
import { whoSaidNo } from '../../delivery/said-no.ts'
import type { Platform } from '../../platform.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { setAside } from '../aside.ts'
import type { ListOutcome, ListRequest } from './call-lists.ts'
import { LeftOutCount, type LeftOutReason, mayNotContact } from './contacts.ts'

/** 企业微信 takes so many external ids in one task. */
export const mostInTask = 10_000
/** What 企业微信 calls an `external_userid`: an openid or unionid of WeChat begins with `o` and is none. */
const externalId = '^w[mo][A-Za-z0-9_-]{8,62}$'

/**
 * A send list for 企业微信 (WeCom): for each 10,000 members `send-1.json`, …, the body of “创建企业群发”
 * (`POST /cgi-bin/externalcontact/add_msg_template`) with `chat_type` and `external_userid`, to which the message is
 * added; `members.csv` says who is in which; `without-external-id.csv` who can't be reached so, with their openid or
 * unionid, which 企业微信 turns into an external id by “unionid转换为第三方external_userid”. No sender is named: then
 * 企业微信 takes the colleague who talked to the customer last. The external id is what a file of members gives as
 * openid, where it looks like one (`wm…`, `wo…`); of members with the same one the first is listed. Who may not be
 * contacted is left out and counted.
 * Source: https://developer.work.weixin.qq.com/document/path/92135 (as of 2025-11-17)
 */
export async function writeWecomList(
  platform: Platform,
  workspace: Workspace,
  request: ListRequest,
  sink: Sink,
  signal: AbortSignal,
): Promise<ListOutcome> {
  const saidNo = await whoSaidNo(platform.store, workspace, 'wecom')
  const outcome = await setAside(
    platform,
    workspace,
    request,
    ({ memberKeys }) => sql`
      with told as (
        select members.member_id, members.name, members.openid,
          case when regexp_full_match(members.openid, ${externalId}) then members.openid end as external_id,
          ${mayNotContact(request.includeUnknown, saidNo)} as refused
        from ${memberKeys} as chosen join members on members.member_key = chosen.member_key
      ), judged as (
        select *, case when refused is not null then refused when external_id is null then 'no-external-id'
          when row_number() over (partition by external_id, refused is null order by member_id) > 1
            then 'same-external-id' end as left_out
        from told
      )
      select * exclude (refused),
        case when left_out is null then row_number() over (partition by left_out is null order by member_id) end as place
      from judged order by left_out is not null, member_id`,
    signal,
  )
  if (outcome.kind === 'refused') return outcome
  const { aside } = outcome
  const { asOf, members, dataVersion } = aside.evaluation
  try {
    if (aside.rows !== members) throw new Error(`${aside.rows} of ${members} members were written`)
    const taskOf = (place: unknown) => `send-${Math.ceil(Number(place) / mostInTask)}.json`
    const say = (id: Parameters<typeof sentence>[1]) => sentence(request.language, id)
    const leftOut = new LeftOutCount()
    let listed = 0
    let ids: string[] = []
    let files = 0
    const writeTask = async () => {
      if (ids.length === 0) return
      const body = { chat_type: 'single', external_userid: ids }
      ids = []
      files++
      await sink.file(`send-${files}.json`, only(`${JSON.stringify(body)}\n`))
    }
    for await (const chunk of aside.stream())
      for (const row of chunk) {
        if (row.leftOut !== null) {
          leftOut.add(row.leftOut as LeftOutReason)
          continue
        }
        listed++
        ids.push(String(row.externalId))
        if (ids.length === mostInTask) await writeTask()
      }
    await writeTask()
    await sink.file(
      'members.csv',
      (async function* () {
        yield `\uFEFF${csvRow([say('list.member'), say('list.name'), 'external_userid', say('list.file')])}`
        for await (const chunk of aside.stream())
          yield chunk
            .filter((row) => row.leftOut === null)
            .map((row) =>
              csvRow([
                String(row.memberId),
                row.name as string | null,
                String(row.externalId),
                taskOf(row.place),
              ]),
            )
            .join('')
      })(),
    )
    await sink.file(
      'without-external-id.csv',
      (async function* () {
        yield `\uFEFF${csvRow([say('list.member'), say('list.name'), say('list.openid'), say('list.reason')])}`
        for await (const chunk of aside.stream())
          yield chunk
            .filter(({ leftOut: reason }) => reason === 'no-external-id' || reason === 'same-external-id')
            .map((row) =>
              csvRow([
                String(row.memberId),
                row.name as string | null,
                row.openid as string | null,
                say(`left-out.${row.leftOut as LeftOutReason}`),
              ]),
            )
            .join('')
      })(),
    )
    await sink.end()
    return {
      kind: 'listed',
      listed: { asOf, dataVersion, members, listed, leftOut: leftOut.all(), files },
    }
  } finally {
    aside.remove()
  }
}

async function* only(text: string): AsyncGenerator<string> {
  yield text
}
