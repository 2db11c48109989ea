/** Names inside the sentences that Python writes: kinds of personal values, scripts, languages, lengths of time, looks. */

export const NOUNS: Record<string, string> = {
  "e-mail addresses": "电子邮件地址",
  "Chinese identity numbers": "中国身份证号",
  "payment card numbers": "支付卡号",
  "bank account numbers (IBAN)": "银行账号（IBAN）",
  "US social security numbers": "美国社会保障号",
  "IP addresses": "IP 地址",
  "hardware addresses": "硬件地址",
  "keys or tokens": "密钥或令牌",
  "French social security numbers": "法国社会保障号",
  "Spanish identity numbers": "西班牙身份证号",
  "British health service numbers": "英国医疗服务号",
  "German tax numbers": "德国税号",
  "Chinese mobile numbers": "中国手机号",
  "phone numbers": "电话号码",
  "national identity numbers": "身份证件号",
  "health insurance numbers": "医疗保险号",
  "license plates": "车牌号",
  "names of people": "人名",
  "user names": "用户名",
  "postal addresses": "邮寄地址",
  "postal codes": "邮政编码",
  "dates of birth": "出生日期",
  coordinates: "坐标",
};

export const TONGUES: Record<string, string> = {
  Latin: "拉丁文",
  Greek: "希腊文",
  Cyrillic: "西里尔文",
  Armenian: "亚美尼亚文",
  Hebrew: "希伯来文",
  Arabic: "阿拉伯文",
  Devanagari: "天城文",
  Bengali: "孟加拉文",
  Tamil: "泰米尔文",
  Thai: "泰文",
  Georgian: "格鲁吉亚文",
  kana: "假名",
  Han: "汉字",
  Hangul: "韩文",
  English: "英语",
  German: "德语",
  French: "法语",
  Spanish: "西班牙语",
  Italian: "意大利语",
  Portuguese: "葡萄牙语",
  Dutch: "荷兰语",
  Swedish: "瑞典语",
  Polish: "波兰语",
  Turkish: "土耳其语",
};

const UNITS: Record<string, string> = { day: "天", hour: "小时", minute: "分钟", second: "秒" };

/** "2 days" → "2 天". */
export const timeInChinese = (said: string): string =>
  said.replace(/ (day|hour|minute|second)s?$/, (_, unit: string) => ` ${UNITS[unit]}`);

/** "German 12, French 3" → "德语 12、法语 3"; shares stay as they are. */
export const tonguesInChinese = (said: string): string =>
  said
    .split(/(?<=[\d%]), /)
    .map((one) => one.replace(/^(\S+)/, (name) => TONGUES[name] ?? name))
    .join("、");

/** What pictures and sequences look like, and how sure the network is of them. */
export const LOOKS: Record<string, string> = {
  bright: "明亮",
  dark: "昏暗",
  "strong contrast": "对比强",
  pale: "对比弱",
  detailed: "细节多",
  smooth: "平滑",
  lopsided: "不对称",
  symmetric: "对称",
  large: "大",
  small: "小",
  wide: "宽",
  narrow: "窄",
  tall: "高",
  flat: "扁平",
  "leaning right": "向右倾",
  "leaning left": "向左倾",
  "top-heavy": "上重下轻",
  "bottom-heavy": "下重上轻",
  "full in the middle": "中间实",
  hollow: "中空",
  reddish: "偏红",
  "greenish blue": "偏青",
  greenish: "偏绿",
  purplish: "偏紫",
  bluish: "偏蓝",
  yellowish: "偏黄",
  colorful: "多彩",
  gray: "灰色",
  long: "长",
  short: "短",
  high: "高",
  low: "低",
  lively: "起伏大",
  quiet: "起伏小",
  rising: "上升",
  falling: "下降",
  rough: "粗糙",
  "late peak": "峰值晚",
  "early peak": "峰值早",
};
export const SURENESS: Record<string, string> = { sure: "把握大", unsure: "把握小" };

const SCORES: [RegExp, string][] = [
  [/\b(?:latent space), /, "学到的空间，"],
  [/\b(?:plain space), /, "普通特征空间，"],
  [/\b(?:input space), /, "输入空间，"],
  [/([\d,]+) rows asked among all ([\d,]+)/, "在全部 $2 行中查询 $1 行"],
  [/([\d,]+) sampled rows/, "抽样 $1 行"],
  [/([\d,]+) random pairs/, "$1 个随机行对"],
  [/([\d,]+) random triplets/, "$1 个随机三元组"],
  [/([\d,]+) held-out rows/, "$1 行留出数据"],
  [/^mean of (\d+) folds$/, "$1 折的平均值"],
  [/^leave-one-out, all ([\d,]+) rows$/, "留一法，全部 $1 行"],
  [
    /^keep no more neighbors \((\d+)%\) than 95 % of the rows on a map of noise do \(columns shuffled\)$/,
    "保留的近邻（$1%）不多于噪声地图（各列打乱）上 95 % 的行",
  ],
  [
    /^how far ([\d,]+) rows of the old map moved, as share of its diameter$/,
    "旧地图的 $1 行移动了多远（占直径的比例）",
  ],
  [/^places at random/, "随机位置"],
  [/^commonest class/, "最常见的类别"],
  [/^most frequent class/, "最常见的类别"],
  [/^gradient boosting/, "梯度提升"],
  [/^tf-idf and a linear model/, "tf-idf 加线性模型"],
  [/^a linear model on plain features/, "普通特征上的线性模型"],
  [/ on ([\d,]+) rows/, "（$1 行）"],
];

/** On which rows a score was measured, and what it is compared with; what is not known stays as it was written. */
export const scoreInChinese = (text: string): string =>
  SCORES.reduce((said, [pattern, chinese]) => said.replace(pattern, chinese), text);
