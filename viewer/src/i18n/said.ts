/**
 * Sentences that Python writes into the map (findings, names of regions), said in Chinese. What no pattern fits stays as it
 * was written: a sentence in English is better than none.
 */

const N = String.raw`([\d,]+)`;
const C = "('[^]+?')";
const SHARE = String.raw`(?:under )?[\d.]+ %`;
const SAMPLED = String.raw`( \(looked at a sample of [\d,]+\))?`;
const of = (...parts: string[]) => new RegExp(`^${parts.join("")}\\.$`, "s");

const FINDINGS: [RegExp, string][] = [
  [of(`${C} holds no values at all`), "$1 没有任何值。"],
  [of(`${C} has the same value in every row \\((.+?)\\)${SAMPLED}`), "$1 在所有行中取值相同（$2）。"],
  [
    of(`${C} is (.+?) in (.+?) of the rows; ${N} rows? differs?${SAMPLED}`),
    "$1 在 $3 的行中为 $2，$4 行不同。",
  ],
  [
    of(`${N} rows? \\((${SHARE})\\) repeats? an earlier row in every column${SAMPLED}`),
    "$1 行（$2）与更早的行在每一列上都相同。",
  ],
  [
    of(
      `${N} rows? (?:is|are) equal in every input but differs? in ${C}: no network can tell them apart${SAMPLED}`,
    ),
    "$1 行的输入完全相同，$2 却不同：任何网络都无法区分。",
  ],
  [
    of(
      `${N} rows? outside training \\((${SHARE})\\) also stands? in training${SAMPLED}: scores on them are too good`,
    ),
    "训练之外的 $1 行（$2）也出现在训练中：其得分偏高。",
  ],
  [
    of(`${C} alone predicts ${C} surprisingly well \\((.+?) of all there is to learn\\)`),
    "仅凭 $1 就能很好地预测 $2（占可学内容的 $3）。",
  ],
  [of(`${C} is missing in ${N} rows? \\((${SHARE})\\)${SAMPLED}`), "$1 在 $2 行（$3）中缺失。"],
  [of(`${C} is missing in (${SHARE}) of the rows \\(${N}\\)${SAMPLED}`), "$1 在 $2 的行（$3 行）中缺失。"],
  [
    of(`${N} columns are missing together in ${N} rows? \\((${SHARE})\\): (.+?)${SAMPLED}`),
    "$1 列在 $2 行（$3）中同时缺失：$4。",
  ],
  [of(`${N} columns have gaps: (.+?); ${N} rows? in all${SAMPLED}`), "$1 列有缺失：$2；共 $3 行。"],
  [
    of(`(.+?) in ${C} \\(${N} rows?\\) looks like a missing value but counts as a word`),
    "$2 中的 $1（$3 行）像是缺失值，却被当作普通词。",
  ],
  [
    of(`(.+?) in ${C} \\(${N} rows?\\) lies far outside the other values: it may stand for a missing one`),
    "$2 中的 $1（$3 行）远离其他值，可能代表缺失。",
  ],
  [of(`${C} holds numbers stored as text`), "$1 中的数字以文本形式存储。"],
  [
    of(`${C} mixes numbers with words: ${N} of ${N} cells are no numbers \\((.+?)\\)`),
    "$1 混有数字和文字：$3 格中有 $2 格不是数字（$4）。",
  ],
  [of(`${C} is infinite in ${N} rows; they count as missing`), "$1 在 $2 行中为无穷大，按缺失处理。"],
  [
    of(`${C} holds ${N} values? far outside the rest \\((.+?) to (.+?)\\), for instance (.+?)${SAMPLED}`),
    "$1 有 $2 个值远离其余（$3 到 $4），例如 $5。",
  ],
  [
    of("(.+?) may be sensitive: what is learned, and the map itself, can give it away"),
    "$1 可能是敏感信息：学到的内容和地图本身都可能泄露它。",
  ],
  [of(`${C} holds (.+?) \\((.+?)\\): personal data`), "$1 含有个人数据（$2）。"],
  [
    of(`${C} holds coordinates by its name: exact places can point at people's homes`),
    "从名称看 $1 含有坐标：精确位置可能指向住宅。",
  ],
  [of(`${C} looks like an identifier \\((.+?)\\): it was not learned from`), "$1 像是标识符：没有用于学习。"],
  [
    of(`${C} has ${N} levels in ${N} rows: it can be learned by heart but says (.+)`),
    "$1 在 $3 行中有 $2 个不同取值：只能死记，难以推广。",
  ],
  [
    of(`${C} has ${N} class(?:es)? with fewer than (\\d+) rows \\((.+?)\\): they cannot be judged well`),
    "$1 有 $2 个类别少于 $3 行（$4），难以可靠评价。",
  ],
  [
    of(`${C} is unbalanced: ${C} makes up (${SHARE}) of the rows, the rarest class (${SHARE})${SAMPLED}`),
    "$1 不平衡：$2 占 $3，最少的类别占 $4。",
  ],
  [
    of(`${C} is missing in ${N} rows?: they are mapped, but nothing is learned from them`),
    "$1 在 $2 行中缺失：这些行在地图上，但不用于学习。",
  ],
  [
    of(
      `About ${N} labels?(?: of ${C})? \\((${SHARE})\\) may be wrong: the network and the neighbors say otherwise`,
    ),
    "约 $1 个 $2 标签（$3）可能有误：网络和近邻都不同意。",
  ],
  [of(`${C} holds ${N} empty texts? \\((${SHARE})\\)${SAMPLED}`), "$1 有 $2 条空文本（$3）。"],
  [
    of(`${C} holds ${N} texts? of at most (\\d+) letters: little can be learned from them`),
    "$1 有 $2 条不超过 $3 个字母的文本，可学内容很少。",
  ],
  [
    of(`${C} holds ${N} texts? with HTML markup or entities \\((${SHARE})\\)`),
    "$1 有 $2 条文本带有 HTML 标记（$3）。",
  ],
  [
    of(`${C} holds ${N} texts? with invisible control characters or byte order marks`),
    "$1 有 $2 条文本含有不可见的控制字符。",
  ],
  [
    of(`${C} holds ${N} texts? damaged by a wrong encoding, for instance (.+)`),
    "$1 有 $2 条文本因编码错误而损坏，例如 $3。",
  ],
  [of(`Column names are damaged by a wrong encoding: (.+)`), "列名因编码错误而损坏：$1。"],
  [
    of(`${C} drifts over ${C}: its earliest and its latest third differ by ([\\d.]+) \\(.+\\)`),
    "$1 随 $2 漂移：最早与最晚三分之一相差 $3。",
  ],
  [of(`${N} columns drift over ${C}: (.+)`), "$1 列随 $2 漂移：$3。"],
];

const GIVEAWAY = new RegExp(
  `^${C} alone gives ${C} away \\((.+?) of all there is to learn\\): is it known before the answer is\\?$`,
  "s",
);

/** Advice beside findings; a command in it stays as it is typed. */
const CURES: [RegExp, string][] = [
  [/^To use it all the same: (.+)$/s, "如仍要使用：$1"],
  [/^If it is known only afterwards: (.+)$/s, "如果事后才知道：$1"],
  [/^Keep them if each is a case of its own, or (.+)$/s, "若各为独立个案可保留，否则：$1"],
  [/^Drop the split column, or (.+)$/s, "去掉划分列，或：$1"],
  [/^Correct them if they are errors \(learning softens them\), or (.+)$/s, "若是错误请更正，或：$1"],
  [/^Clean these cells, or read the others as numbers: (.+)$/s, "清理这些单元格，或将其余读作数字：$1"],
  [/^Clean these cells, or (.+)$/s, "清理这些单元格，或：$1"],
  [
    /^Hold out the latest rows instead of random ones \(a column 'split'\), or (.+)$/s,
    "用最新的行做检验（列 'split'），或：$1",
  ],
  [/^Compare with always answering ('.+'): .+$/s, "请与总是回答 $1 对比：单看准确率不够，请看 F1 和 AUC。"],
  [/^Remove them from the test part, or drop the split column\.$/, "从测试部分移除，或去掉划分列。"],
  [
    /^Remove them from the file, or keep them if each is a case of its own\.$/,
    "从文件中移除；若各为独立个案可保留。",
  ],
  [/^Replace it by an empty cell in the file.*$/, "若不是测量值，请在文件中改为空单元格。"],
  [
    /^That a value is missing is learned as a signal; nothing to do\.$/,
    "缺失本身会作为信号被学习，无需处理。",
  ],
  [/^Read the (?:original )?file again (?:as UTF-8|in its encoding).*$/, "请用正确的编码重新读取原文件。"],
  [/^Collect more rows, or join these classes\.$/, "请收集更多行，或合并这些类别。"],
  [
    /^Look at them on the map, most doubtful first, and correct the file\.$/,
    "请在地图上从最可疑的看起，并更正文件。",
  ],
  [/^Look at them: labels may be wrong, or a column is missing\.$/, "请查看：标签可能有误，或缺少某一列。"],
  [/^Mask them in the file before the map is shared\.$/, "分享地图之前请在文件中遮盖。"],
  [/^Replace infinite values in the file\.$/, "请在文件中替换无穷大值。"],
];

export function cureInChinese(cure: string): string {
  const found = CURES.find(([pattern]) => pattern.test(cure));
  return found ? cure.replace(...found) : cure;
}

export function findingInChinese(sentence: string): string {
  const said = written(sentence);
  return said === sentence ? said : said.replace(/（under /g, "（低于 ");
}

function written(sentence: string): string {
  const given = GIVEAWAY.exec(sentence);
  if (given)
    return `仅凭 ${given[1]} 就能得出 ${given[2]}（占可学内容的 ${given[3]}）：它在答案之前就已知吗？`;
  for (const [pattern, said] of FINDINGS) if (pattern.test(sentence)) return sentence.replace(pattern, said);
  return sentence;
}

const DEGREES: Record<string, string> = {
  high: "高",
  low: "低",
  early: "早",
  late: "晚",
  long: "长",
  short: "短",
};

/** "high age, low price" → "age 高、price 低", where what follows names a column; all else is a name already. */
export function regionInChinese(name: string, columns: ReadonlySet<string>): string {
  const typical = /^like row ([\d,]+)$/.exec(name);
  if (typical) return `类似第 ${typical[1]} 行`;
  const phrases = name.split(", ");
  const said = phrases.map((phrase) => {
    const [, degree, what] = /^(\w+) (.+?)(?: \(\d+\))?$/.exec(phrase) ?? [];
    return DEGREES[degree] && columns.has(what)
      ? `${what} ${DEGREES[degree]}${phrase.slice(degree.length + 1 + what.length)}`
      : phrase;
  });
  return said.some((phrase, i) => phrase !== phrases[i]) ? said.join("、") : name;
}
