/**
 * Characters that names, places, goods and headers of shops are mostly made of, by language: whoever reads bytes in
 * the language's encoding meets them often, whoever reads others in it hardly ever. Repetitions count once.
 */
const characters = (text: string): ReadonlySet<string> => new Set(text.replace(/\s/g, ''))

export const simplifiedChinese = characters(`
  王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范
  金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤欧阳葛温柳俞章
  伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂红玉梅建国华文辉力志永健世广义兴良海山仁波宁贵福生元全胜学祥才发新利清飞彬
  富顺信子昌成康星光天达安岩中茂进有坚和彪博诚先敬震振壮会思群豪心邦承乐绍功松善厚庆民友裕河哲亮政谦亨奇固之轮翰朗伯宏言若鸣
  朋斌栋维启克伦翔旭鹏泽晨辰士以家致树炎德行时泰盛雄琛钧冠策腾楠榕风航弘珍贞莉素云莲真环雪荣爱妹香月莺媛瑞凡佳嘉琼勤珠晓燕春
  菊凤洁琳倩雅芝萍露瑶怡婵雁蓓仪荷丹蓉眉君琴蕊薇菁梦岚苑婕馨瑗琰韵融园艺咏卿聪澜纯毓悦昭冰爽琬茗羽希欣飘育滢馥筠柔竹霭凝欢霄
  枫芸菲寒伊亚宜可姬舒影荔枝彤一诗涵梓轩宇浩三四五六七八九十两哈
  北京上南津重汉昆杭西长沙青岛合肥厦门无锡佛东莞济大连贵哈尔滨省市区县路街道店城镇村号楼层室小场分公司总部旗舰专卖百货超商
  圳深川都州港澳台湾苑庄桥湖桂兴
  订单编号会员下单时间实付金额商品名称数量价格手机状态支方式退款优惠券积备注地址收人类型渠来源等级储值姓性别男女日期年
  付交易完关闭已未取消待功失败微宝银行卡现客户用买卖昵邮箱电话物流快递位件个盒瓶包袋千克毫升斤套双条只片张本核销充赠送售前后
  茶奶咖啡面蛋糕水果蔬菜牛羊猪肉鸡鸭鱼虾米油盐酱醋糖酒饮料零食饼干巧坚衣服裤裙鞋帽袜衬衫外童装婴儿护肤品化妆膜洗沐浴牙膏纸巾居床
  器表绿色黑红蓝号款秋冬季原味甜辣咸机然经典特礼咖拿铁珍珠汁冰淇淋
  的是不了我在他这为来们到说地也出而要就得你自那能对着事其里所去过打作多无同么法当起与看种将还此又定见主没公从本理点相正意加内
  首次复购活动积分营业额毛利成扣除税费运邮编身份证生导购员收银备册营销授权订阅标签储
`)

export const traditionalChinese = characters(`
  王李張劉陳楊黃趙吳周徐孫馬朱胡郭何高林羅鄭梁謝宋唐許韓馮鄧曹彭曾蕭田董袁潘于蔣蔡余杜葉程蘇魏呂丁任沈姚盧姜崔鍾譚陸汪范金石
  廖賈夏方白鄒孟熊秦邱江尹薛雷侯龍史陶賴洪簡莊游詹施翁
  志明建國華文雄德俊傑宏偉淑芬美玲惠雅婷怡君佳穎欣儀玉蘭秀英麗珍鳳嬌麟豪宗翰冠宇承恩家豪學友州台琪慧敏靜雯柏翔子軒品妤詠晴
  臺北高雄中南新竹桃園基隆嘉義屏東花蓮宜香港九龍灣仔銅鑼旺角尖沙咀澳門市區縣路街巷弄號樓店門分公司總部專櫃百貨超商
  訂單編號會員下單時間實付金額商品名稱數量價格手機狀態付款方式退優惠券點數備註地址收件人類型管道來源等級餘額儲值姓別男女生日期
  年月交易完成關閉已未取消出貨待功失敗信用卡現顧客戶買家賣暱電郵話物流快遞單位件個盒瓶包袋公克毫升斤套雙條隻片張本折扣運費統
  茶奶咖啡麵蛋糕水果蔬菜牛羊豬肉雞鴨魚蝦米油鹽醬醋糖酒飲料零食餅乾巧力堅衣服褲裙鞋帽襪衫外套童裝嬰兒護膚品妝膜洗髮沐浴牙膏紙居
  綠色黑白紅黃藍大小款春夏秋冬季原味甜辣鹹有機天然經典特禮珠珍
  的一是不了我在他這為來們到說地也出而要就得你自那能對事其裡所去過行發作多無同法當起與看種將還此前面又定見主沒從四五六七八十兩全本外理點相正意加內
`)

export const japaneseKanji = characters(`
  佐藤鈴木高橋田中伊渡辺山本村小林加吉斎松井上清水森阿部池石川前岡長谷後近坂遠青福三浦岩原野崎内金子丸今河西東南北島大竹平
  太郎次一二三花美子恵香直樹健翔優愛菜奈真由智裕介明和也洋浩幸雄久正義隆誠志保千春夏秋冬桜咲結衣陽翼蓮悠斗葵
  京都道府県市区町村名古屋横浜神戸札幌仙台広島福岡沖縄埼玉千葉新潟渋宿銀座池袋品心斎梅店本支舗営業所丁目番地号
  注文会員番号日時金額商品名数量価格状態支払方法返金割引券点備考住所届先種類経路元等級残高氏姓性別男女生年月登録取引完了済未消発送
  中待成功失敗現客様買売電話郵便配単位個箱本袋枚税込抜合計小送料決済受付顧管理分類在庫期間担当者
  茶菓牛豚鶏肉魚米油塩糖酒飲料食卵水果野菜服靴帽子用化粧品紙緑黒白赤黄青色大小限定
`)

export const koreanSyllables = characters(`
  이가다는의에을를은지하고사도로기리자인대어한일그수아나정보시서해주전원여구게라부과조상만용제성장문화김박최유진선경우비마스국물무번호
  회명금액품량날짜매점포소울산천광세트카드현결취환불배송쿠영희민준석연미혜숙순옥철동훈재윤승태종병길홍노임오강신권황안류백남심양허손
  곽차반왕분류단가격총판매입출고객등급름생년월시간할합계방법메모북역촌본관커피티셔츠바신발빵우유쌀과일채소고기음료건세일
`)

/** Letters beyond ASCII of languages in Latin script, and how likely a word is of each where they are written in one encoding. */
export interface LatinLanguage {
  readonly letters: ReadonlySet<string>
  readonly share: number
}
const latin = (share: number, letters: string): LatinLanguage => ({ share, letters: new Set(letters) })

export const western: readonly LatinLanguage[] = [
  latin(0.2, 'äöüß'),
  latin(0.2, 'éèêëàâçîïôûùœæ'),
  latin(0.2, 'ñáéíóúü'),
  latin(0.1, 'ãõçáéíóúâêôà'),
  latin(0.1, 'àèéìòù'),
  latin(0.1, 'åäöæøé'),
  latin(0.01, 'áðéíóúýþæö'),
  latin(0.005, 'šžäöõü'),
]
export const turkish: readonly LatinLanguage[] = [latin(0.9, 'çğıöşüâî')]
export const centralEuropean: readonly LatinLanguage[] = [
  latin(0.3, 'áčďéěíňóřšťúůýžäľĺŕô'),
  latin(0.3, 'ąćęłńóśźż'),
  latin(0.2, 'áéíóöőúüű'),
  latin(0.1, 'čćđšž'),
  latin(0.1, 'ăâîşţșț'),
]

/** Letters of an alphabet of one byte a letter, in lower case: the usual ones and the others. */
export interface Alphabet {
  readonly usual: ReadonlySet<string>
  readonly others: ReadonlySet<string>
}
export const cyrillic: Alphabet = {
  usual: new Set('оеаинтсрвлкмдпуя'),
  others: new Set('ыьгзбчйхжшюцщэфъёіїєґ'),
}
export const greek: Alphabet = {
  usual: new Set('αοιετσνηυρπκμλς'),
  others: new Set('βγδζθξφχψωάέήίόύώϊϋΐΰ'),
}
/** Without capitals. */
export const hebrew: Alphabet = {
  usual: new Set('יוהלאתרמשבנד'),
  others: new Set('גזחטכסעפצקךםןףץ'),
}
export const arabic: Alphabet = {
  usual: new Set('اليمنروتبعدة'),
  others: new Set('ءآأؤإئثجحخذزسشصضطظغفقكهىپچژگ'),
}
/** The usual characters of Thai. */
export const thai = characters('กรนมาวสอคลเยงทดบตปขช่้ัิีุูื')
