import { emailHeaders, type Field, list, openidHeaders } from '../columns/fields.ts'

/** What a column of a file of members can mean, as `fields` says it of orders. */
export const memberFields = {
  memberId: {
    type: 'id',
    aliases:
      list(`memberid memberno membernumber member customeruniqueid customerid customerno customernumber mastercustomerid customer
      clientid buyerid userid user cardno cardnumber membercard loyaltyid customeruser
      会员id 会员号 会员编号 会员卡号 卡号 会员 客户id 客户编号 客户号 顾客id 顾客编号 用户id 用户编号 买家id 买家会员名
      id
      會員id 會員號 會員編號 會員代號 會員卡號 顧客編號 客戶編號 会員番号 会員no 顧客番号 顧客コード 会員コード 회원번호 회원id 회원아이디 고객번호 고객id`),
  },
  name: {
    type: 'text',
    aliases: list(`name fullname membername customername displayname clientname firstname givenname
      姓名 会员姓名 客户姓名 顾客姓名 会员名称 客户名称 名称
      會員姓名 客戶姓名 顧客姓名 名稱 氏名 お名前 会員名 顧客名 이름 성명 회원명 고객명`),
  },
  /** Beside a name that is the given one alone. */
  familyName: { type: 'text', aliases: list(`lastname familyname surname`) },
  /** Shown where there is no name. */
  nickname: {
    type: 'text',
    aliases: list(`nickname nick 昵称 会员昵称 客户昵称 微信昵称 用户昵称
      暱稱 會員暱稱 ニックネーム 닉네임`),
  },
  phone: {
    type: 'id',
    aliases:
      list(`phone phonenumber phoneno mobile mobilephone mobilenumber mobileno cellphone cell telephone tel
      memberphone customerphone billingphone
      手机号 手机号码 手机 会员手机号 会员手机 客户手机号 顾客手机号 用户手机号 买家手机号 联系手机 联系电话 电话 电话号码
      會員手機 會員電話 手機號碼 手機號 手機 行動電話 聯絡電話 電話 携帯電話 携帯電話番号 携帯番号 電話番号 휴대폰 휴대폰번호 휴대전화 휴대전화번호 핸드폰 핸드폰번호 연락처 전화번호`),
  },
  openid: { type: 'id', aliases: openidHeaders },
  email: { type: 'id', aliases: emailHeaders },
  gender: {
    type: 'text',
    aliases: list(`gender sex 性别 会员性别 客户性别 顾客性别 用户性别
      性別 會員性別 성별`),
  },
  birthday: {
    type: 'date',
    aliases: list(`birthday birthdate dateofbirth dob 生日 会员生日 客户生日 顾客生日 出生日期 出生年月日
      會員生日 誕生日 生年月日 생일 생년월일`),
  },
  joinedAt: {
    type: 'date',
    aliases:
      list(`joinedat joindate joined joinedon memberjoinedat membersince registeredat registrationdate registeredon
      signupdate signedupat enrolledat enrollmentdate enrolmentdate customersince createdat created dateregistered
      成为会员时间 入会时间 入会日期 加入时间 加入日期 注册时间 注册日期 开卡时间 开卡日期 办卡时间 办卡日期 成为客户时间 创建时间
      加入時間 註冊時間 註冊日期 入會日期 入会日 入会日時 登録日 登録日時 会員登録日 가입일 가입일시 가입일자 회원가입일`),
  },
  region: {
    type: 'text',
    aliases:
      list(`region province state defaultaddressprovincecode billingprovince shippingprovince city defaultaddresscity country
      所属区域 地区 区域 省份 省 所在地区 所在地 微信地域 城市
      縣市 都道府県 地域 지역`),
  },
  channel: {
    type: 'text',
    aliases: list(
      `channel source joinchannel signupchannel signupsource acquisitionchannel 来源渠道 注册渠道 入会渠道 渠道 来源 会员来源 客户来源
      來源管道 註冊管道 入会経路 登録経路 가입경로`,
    ),
  },
  tier: {
    type: 'text',
    aliases:
      list(`tier level grade membertier memberlevel membershiplevel membershiptier loyaltytier viplevel rank
      会员等级 等级 免费等级 付费等级 客户等级 会员级别 级别 会员类型
      會員等級 等級 会員ランク ランク 会員等級 회원등급 등급`),
  },
  points: {
    type: 'number',
    aliases: list(`points pointsbalance loyaltypoints currentpoints availablepoints rewardpoints
      积分 客户积分 会员积分 可用积分 当前积分 剩余积分 积分余额
      積分 點數 會員點數 紅利點數 ポイント 保有ポイント ポイント残高 포인트 적립금 보유포인트`),
  },
  storedValue: {
    type: 'number',
    aliases:
      list(`storedvalue storedvaluebalance balance accountbalance cardbalance giftcardbalance storecredit wallet
      储值余额 客户储值余额 会员储值余额 余额 账户余额 卡内余额 储值金额 会员余额
      儲值餘額 餘額 儲值金 残高 チャージ残高 예치금 잔액`),
  },
  consent: {
    type: 'text',
    aliases:
      list(`consent marketingconsent acceptsmarketing acceptsemailmarketing emailmarketingconsent optin marketingoptin
      subscribed subscription newsletter emailsubscribed emailoptin smsoptin acceptssmsmarketing contactable
      营销授权 授权 是否授权 接收营销信息 是否接收营销信息 是否同意接收消息 同意接收消息 接收消息 是否同意营销 同意营销 是否接收营销 是否接收短信 接受营销 是否接受营销 是否订阅 订阅`),
  },
  /** When consent was given or refused. */
  consentAt: {
    type: 'date',
    aliases:
      list(`consentat consentdate consentedat consentedon consentupdatedat marketingconsentat optinat optindate optedinat
      subscribedat subscribedon subscriptiondate
      授权时间 授权日期 营销授权时间 同意时间 同意日期 订阅时间 订阅日期`),
  },
} as const satisfies Record<string, Field>

export type MemberField = keyof typeof memberFields
export const memberFieldNames = Object.keys(memberFields) as MemberField[]

/** Words of a gender column, in lower case. Any other says that it is not known. */
export const genderWords: Readonly<Record<string, 'female' | 'male'>> = {
  ...Object.fromEntries(list('f female w woman ms mrs miss 女 女性 女士 2').map((word) => [word, 'female'])),
  ...Object.fromEntries(list('m male man mr 男 男性 男士 先生 1').map((word) => [word, 'male'])),
}

/** Words of a consent column, in lower case. `unknown`: nobody asked, or no answer yet. */
export const consentWords: Readonly<Record<string, 'granted' | 'denied' | 'unknown'>> = {
  ...words(
    'granted',
    '是 | yes | y | true | t | 1 | subscribed | granted | opted in | opted_in | opt-in | optin | 已订阅 | 已授权 | 同意 | 已同意 | 接受 | 允许',
  ),
  ...words(
    'denied',
    '否 | no | n | false | f | 0 | unsubscribed | denied | declined | opted out | opted_out | opt-out | optout | 已退订 | 退订 | 未授权 | 不同意 | 拒绝 | 不接受 | 不允许',
  ),
  ...words(
    'unknown',
    'unknown | pending | not subscribed | not_subscribed | never subscribed | never_subscribed | 未知 | 未询问 | 待确认 | 未订阅',
  ),
}

function words<Meaning extends string>(meaning: Meaning, text: string): Record<string, Meaning> {
  return Object.fromEntries(text.split(' | ').map((word) => [word, meaning]))
}
