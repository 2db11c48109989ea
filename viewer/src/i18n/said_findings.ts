/**
 * The sentences of findings, and of the advice beside them. Each entry is a pattern for one sentence of `belvedere.checks`
 * and how it is said in Chinese; tests/said.json holds an example of each, and tests on both sides fail where one is missing.
 */

import { NOUNS, timeInChinese, tonguesInChinese } from "./said_words";

type Said = string | ((found: string[]) => string);

const N = String.raw`([\d,]+)`;
const C = "('[^]+?')";
const SHARE = String.raw`((?:under |over )?[\d.]+ %)`;
const GAP = String.raw`([\d.]+) \(0 the same, 1 apart\)`;
const of = (...parts: string[]) => new RegExp(`^${parts.join("")}\\.$`, "s");
const nounOf = (noun: string) => NOUNS[noun] ?? noun;

function reasonInChinese(why: string): string {
  return why
    .replace(/^by its name$/, "从名称看")
    .replace(/^(.+ %) of the values look so$/, "$1 的值符合")
    .replace(/^(.+ %) of the texts do$/, "$1 的文本含有")
    .replace(
      /^a different number in every row, and named like an identifier$/,
      "每行数值不同，名称也像标识符",
    )
    .replace(/^counts the rows$/, "逐行计数")
    .replace(/^a different value in nearly every row: .+$/s, "几乎每行取值不同：是在命名行，而非描述行")
    .replace(
      /^([\d,]+) different values with about ([\d,]+) rows each: .+$/s,
      "$1 个不同的值，每个约 $2 行：是命名，而非描述",
    );
}

export const FINDINGS: [RegExp, Said][] = [
  [of(`${C} holds no values at all`), "$1 没有任何值。"],
  [of(`${N} columns hold no values at all: (.+)`), "$1 列没有任何值：$2。"],
  [of(`${C} has the same value in every row \\((.*?)\\)`), "$1 在所有行中取值相同（$2）。"],
  [of(`${N} columns have the same value in every row: (.+)`), "$1 列在所有行中取值相同：$2。"],
  [of(`${C} is (.*?) in ${SHARE} of the rows; ${N} rows? differs?`), "$1 在 $3 的行中为 $2，$4 行不同。"],
  [
    of(`${N} columns have one value in over 99.5 % of the rows: (.+)`),
    "$1 列在超过 99.5 % 的行中取同一个值：$2。",
  ],
  [
    of(`${N} rows? \\(${SHARE}\\) repeats? an earlier row in every column`),
    "$1 行（$2）与更早的行在每一列上都相同。",
  ],
  [
    of(`${N} rows? (?:is|are) equal in every input but differs? in ${C}: no network can tell them apart`),
    "$1 行的输入完全相同，$2 却不同：任何网络都无法区分。",
  ],
  [
    of(`${N} rows? outside training \\(${SHARE}\\) also stands? in training: scores on them are too good`),
    "训练之外的 $1 行（$2）也出现在训练中：其得分偏高。",
  ],
  [
    of(
      `${N} rows? outside training \\(${SHARE}\\) are of a ${C} that also stands in training: `,
      "scores on them say little about new ones",
    ),
    "训练之外的 $1 行（$2）所属的 $3 也出现在训练中：其得分难以说明对新个体的效果。",
  ],
  [
    of(
      `${C} names ${N} (?:entity|entities) with ([\\d.]+) rows each: rows held out at random share them with training, `,
      "so scores are too good for new ones",
    ),
    "$1 标明了 $2 个个体，每个约 $3 行：随机留出的行与训练共享个体，因此对新个体而言得分偏高。",
  ],
  [
    of(
      `${N} rows? \\(${SHARE}\\) also stands? in ${C}: what was learned from one cannot be judged on the other`,
    ),
    "$1 行（$2）也出现在 $3 中：从其一学到的，不能用另一个来评判。",
  ],
  [
    of(`${C} alone predicts ${C} surprisingly well \\((.+?) of all there is to learn\\)`),
    "仅凭 $1 就能很好地预测 $2（占可学内容的 $3）。",
  ],
  [
    new RegExp(
      `^${C} alone gives ${C} away \\((.+?) of all there is to learn\\): is it known before the answer is\\?$`,
      "s",
    ),
    "仅凭 $1 就能得出 $2（占可学内容的 $3）：它在答案之前就已知吗？",
  ],
  [
    of(`${C} holds ${N} texts? \\(${SHARE}\\) that (?:is|are) nearly the same as an earlier one`),
    "$1 有 $2 条文本（$3）与更早的一条几乎相同。",
  ],
  [
    of(`${C} holds ${N} images? that looks? nearly the same as an earlier one`),
    "$1 有 $2 张图像与更早的一张看起来几乎相同。",
  ],
  [
    of(`${N} rows? \\(${SHARE}\\) equals? an earlier row in all columns but one`),
    "$1 行（$2）与更早的行只有一列不同。",
  ],
  [of(`${C} is missing in ${N} rows? \\(${SHARE}\\)`), "$1 在 $2 行（$3）中缺失。"],
  [of(`${C} is missing in ${SHARE} of the rows \\(${N}\\)`), "$1 在 $2 的行（$3 行）中缺失。"],
  [
    of(`${C} is missing in ${SHARE} of the rows, in ${C} in ${SHARE}`),
    "$1 在 $2 的行中缺失，在 $3 中为 $4。",
  ],
  [
    of(`${N} columns are missing together in ${N} rows? \\(${SHARE}\\): (.+?)`),
    "$1 列在 $2 行（$3）中同时缺失：$4。",
  ],
  [of(`${N} columns have gaps: (.+?); ${N} rows? in all`), "$1 列有缺失：$2；共 $3 行。"],
  [
    of(`(.+?) in ${C} \\(${N} rows?\\) looks like a missing value but counts as a word`),
    "$2 中的 $1（$3 行）像是缺失值，却被当作普通词。",
  ],
  [
    of(`(.+?) in ${C} \\(${N} rows?\\) lies far outside the other values: it may stand for a missing one`),
    "$2 中的 $1（$3 行）远离其他值，可能代表缺失。",
  ],
  [
    of(`${C} is missing in ${N} rows?: they are mapped, but nothing is learned from them`),
    "$1 在 $2 行中缺失：这些行在地图上，但不用于学习。",
  ],
  [of(`${C} holds numbers stored as text`), "$1 中的数字以文本形式存储。"],
  [
    of(`${C} holds numbers stored as text; ${N} cells are none \\((.+)\\) and count as missing`),
    "$1 中的数字以文本形式存储；$2 格不是数字（$3），按缺失处理。",
  ],
  [
    of(`${C} mixes numbers with words: ${N} of ${N} cells are no numbers \\((.+)\\)`),
    "$1 混有数字和文字：$3 格中有 $2 格不是数字（$4）。",
  ],
  [of(`${C} is infinite in ${N} rows; they count as missing`), "$1 在 $2 行中为无穷大，按缺失处理。"],
  [
    of(`${C} holds ${N} values? far outside the rest \\((.+?) to (.+?)\\), for instance (.+?)`),
    "$1 有 $2 个值远离其余（$3 到 $4），例如 $5。",
  ],
  [
    of("(.+?) may be sensitive: what is learned, and the map itself, can give it away"),
    "$1 可能是敏感信息：学到的内容和地图本身都可能泄露它。",
  ],
  [
    of(`${C} holds (.+?) \\(([^()]+?)\\): personal data`),
    ([, name, noun, why]) => `${name} 含有${nounOf(noun)}（${reasonInChinese(why)}）：属于个人数据。`,
  ],
  [
    of(`${C} holds (coordinates|postal codes) by its name: exact places can point at people's homes`),
    ([, name, noun]) => `从名称看 ${name} 含有${nounOf(noun)}：精确位置可能指向住宅。`,
  ],
  [
    of(`${C} holds ([^\\d].+?) in ${N} rows?`),
    ([, name, noun, n]) => `${name} 在 ${n} 行中含有${nounOf(noun)}。`,
  ],
  [
    of(`${C} looks like an identifier \\((.+)\\): it was not learned from`),
    ([, name, why]) => `${name} 像是标识符（${reasonInChinese(why)}）：没有用于学习。`,
  ],
  [
    of(`${C} has ${N} levels in ${N} rows: it can be learned by heart but says little about new rows`),
    "$1 在 $3 行中有 $2 个不同取值：只能死记，难以推广。",
  ],
  [
    of(`${C} has ${N} class(?:es)? with fewer than (\\d+) rows \\((.+)\\): they cannot be judged well`),
    "$1 有 $2 个类别少于 $3 行（$4），难以可靠评价。",
  ],
  [
    of(`${C} is unbalanced: ${C} makes up ${SHARE} of the rows, the rarest class ${SHARE}`),
    "$1 不平衡：$2 占 $3，最少的类别占 $4。",
  ],
  [
    of(`About ${N} labels?(?: of ${C})? \\(${SHARE}\\) may be wrong: .+ say otherwise`),
    ([, n, name, part]) =>
      `约 ${n} 个${name ? ` ${name} ` : ""}标签（${part}）可能有误：没见过它们的模型和近邻都不同意。`,
  ],
  [of(`${C} holds ${N} empty texts? \\(${SHARE}\\)`), "$1 有 $2 条空文本（$3）。"],
  [
    of(`${C} holds ${N} texts? of at most (\\d+) letters: little can be learned from them`),
    "$1 有 $2 条不超过 $3 个字母的文本，可学内容很少。",
  ],
  [
    of(
      `${C} repeats itself: ${N} rows? hold a text that occurs five times or more; the commonest ${N} times: (.+)`,
    ),
    "$1 有重复内容：$2 行的文本出现五次或更多；最常见的出现 $3 次：$4。",
  ],
  [
    of(`${C} holds ${N} texts? with HTML markup or entities \\(${SHARE}\\)`),
    "$1 有 $2 条文本（$3）带有 HTML 标记。",
  ],
  [
    of(`${C} holds ${N} texts? with invisible control characters or byte order marks`),
    "$1 有 $2 条文本含有不可见的控制字符。",
  ],
  [
    of(`${C} holds ${N} texts? with '\ufffd', where a character was lost`),
    "$1 有 $2 条文本含有 '\ufffd'：此处丢失了字符。",
  ],
  [
    of(`${C} holds ${N} texts? damaged by a wrong encoding, for instance (.+)`),
    "$1 有 $2 条文本因编码错误而损坏，例如 $3。",
  ],
  [
    of(`${C} holds ${N} texts? with (.+?) \\(${SHARE}\\)`),
    ([, name, n, noun, part]) => `${name} 有 ${n} 条文本（${part}）含有${nounOf(noun)}。`,
  ],
  [of(`Column names are damaged by a wrong encoding: (.+)`), "列名因编码错误而损坏：$1。"],
  [
    of(`${C} is (\\S+) but for ${N} texts? in another (script|language) \\((.+)\\)`),
    ([, name, main, n, noun, told]) =>
      `${name} 大多为${tonguesInChinese(main)}，但有 ${n} 条文本为其他${noun === "script" ? "文字" : "语言"}（${tonguesInChinese(told)}）。`,
  ],
  [
    of(`${C} mixes (script|language)s: (.+)`),
    ([, name, noun, told]) =>
      `${name} 混有多种${noun === "script" ? "文字" : "语言"}：${tonguesInChinese(told)}。`,
  ],
  [
    of(`${C} drifts over ${C}: its earliest and its latest third differ by ${GAP}`),
    "$1 随 $2 漂移：最早与最晚三分之一相差 $3（0 相同，1 完全不同）。",
  ],
  [of(`${N} columns drift over ${C}: (.+)`), "$1 列随 $2 漂移：$3。"],
  [of(`${C} differs from ${C} by ${GAP}`), "$1 与 $2 相差 $3（0 相同，1 完全不同）。"],
  [of(`${N} columns? of ${C} are missing here: (.+)`), "$2 中的 $1 列在这里没有：$3。"],
  [of(`${N} columns? are new against ${C}: (.+)`), "与 $2 相比新增 $1 列：$3。"],
  [
    of(`${C} holds ${N} values? that ${C} has not \\((.+)\\), in ${N} rows?`),
    "$1 有 $2 个 $3 中没有的值（$4），涉及 $5 行。",
  ],
  [
    of(`${C} holds ${N} cells? that cannot be read as a date like the others \\((.+)\\)`),
    "$1 有 $2 格不能像其余那样读作日期（$3）。",
  ],
  [of(`${C} runs forward but for ${N} rows? out of order`), "$1 按时间向前，但有 $2 行次序不对。"],
  [
    of(
      `${C} has ${N} gaps? where ${N} steps? of (.+?) (?:is|are) missing; the rows behind the gaps are marked`,
    ),
    ([, name, gaps, steps, each]) =>
      `${name} 有 ${gaps} 处间断，缺少 ${steps} 个间隔（每个 ${timeInChinese(each)}）；间断之后的行已标出。`,
  ],
  [
    of(`${C} repeats an earlier time in ${N} rows?, while nearly all times occur once`),
    "$1 在 $2 行中重复更早的时间，而几乎所有时间只出现一次。",
  ],
  [of(`${C} holds ${N} images? too damaged to decode`), "$1 有 $2 张图像已损坏，无法解码。"],
  [of(`${C} holds ${N} images? of one color all over`), "$1 有 $2 张图像通体只有一种颜色。"],
  [of(`${C} holds ${N} images? so dark that little can be seen`), "$1 有 $2 张图像太暗，几乎看不见内容。"],
  [of(`${C} holds ${N} images? washed out to nearly white`), "$1 有 $2 张图像过曝，几乎全白。"],
  [of(`${C} holds ${N} images? out of focus`), "$1 有 $2 张图像失焦。"],
  [of(`${C} holds ${N} images? of a very different proportion`), "$1 有 $2 张图像的长宽比差异很大。"],
  [of(`${C} holds ${N} sequences? that never change`), "$1 有 $2 条序列毫无变化。"],
  [
    of(`${C} holds ${N} sequences? with missing or infinite values inside`),
    "$1 有 $2 条序列含有缺失或无穷大的值。",
  ],
  [
    of(`${C} holds ${N} sequences? of under a tenth of the usual length`),
    "$1 有 $2 条序列不到通常长度的十分之一。",
  ],
  [
    of(`${C} holds ${N} sequences? with swings over (\\d+) times the usual ones`),
    "$1 有 $2 条序列的起伏超过通常的 $3 倍。",
  ],
];

/** Advice; a command in it stays as it is typed. */
export const CURES: [RegExp, Said][] = [
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
  [
    /^Compare with always answering ('.*'): accuracy alone says little; look at F1 and AUC\.$/s,
    "请与总是回答 $1 对比：单看准确率不够，请看 F1 和 AUC。",
  ],
  [/^Replace it by an empty cell in the file\.$/, "请在文件中改为空单元格。"],
  [
    /^Replace it by an empty cell in the file if it is no measurement\.$/,
    "若不是测量值，请在文件中改为空单元格。",
  ],
  [
    /^That a value is missing is learned as a signal; nothing to do\.$/,
    "缺失本身会作为信号被学习，无需处理。",
  ],
  [
    /^Read the (?:original )?file again as UTF-8(?:, or mend the texts before mapping)?\.$/,
    "请按 UTF-8 重新读取原文件。",
  ],
  [/^Read the original file again in its encoding\.$/, "请用正确的编码重新读取原文件。"],
  [/^Collect more rows, or join these classes\.$/, "请收集更多行，或合并这些类别。"],
  [
    /^Look at them on the map, most doubtful first, and correct the file\.$/,
    "请在地图上从最可疑的看起，并更正文件。",
  ],
  [/^Look at them: labels may be wrong, or a column is missing\.$/, "请查看：标签可能有误，或缺少某一列。"],
  [/^Mask them in the file before the map is shared\.$/, "分享地图之前请在文件中遮盖。"],
  [/^Replace infinite values in the file\.$/, "请在文件中替换无穷大值。"],
  [/^Map them apart, or color the map by language\.$/, "请分开制作地图，或按语言着色。"],
  [/^Remove boilerplate if it says nothing about the row\.$/, "若套话与该行无关，请删除。"],
  [/^Strip the markup before mapping, if it carries no meaning\.$/, "若标记没有意义，请在制图之前去掉。"],
  [/^Sort the file by this column, or correct these times\.$/, "请按此列排序文件，或更正这些时间。"],
  [/^Fill in the missing steps, or leave them\.$/, "补上缺少的间隔，或保持原样。"],
  [
    /^Add a column 'split' that keeps the rows of each together\.$/,
    "请添加列 'split'，使同一个体的行在一起。",
  ],
  [/^Leave the option out: the file itself is never changed\.$/, "去掉该选项即可：文件本身从不改动。"],
  [/^(belvedere .+) \(or drop, generalize, keep\)$/s, "$1（或 drop、generalize、keep）"],
];

/** The first pattern that fits says it; null where none does. */
export function sayBy(patterns: [RegExp, Said][], sentence: string): string | null {
  for (const [pattern, said] of patterns) {
    const found = pattern.exec(sentence);
    if (found) return typeof said === "string" ? sentence.replace(pattern, said) : said([...found]);
  }
  return null;
}
