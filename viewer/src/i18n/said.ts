/**
 * Sentences that Python writes into the map (findings, names of regions), said in Chinese. What no pattern fits stays as it
 * was written: a sentence in English is better than none.
 */

import { CURES, FINDINGS, sayBy } from "./said_findings";
import { LOOKS, SURENESS } from "./said_words";

const SAMPLED = / \(looked at a sample of ([\d,]+)(?: rows)?\)/;

export function cureInChinese(cure: string): string {
  return sayBy(CURES, cure) ?? cure;
}

/** That only a sample was looked at is said at the end, whatever the sentence. */
export function findingInChinese(sentence: string): string {
  const sample = SAMPLED.exec(sentence)?.[1];
  const said = sayBy(FINDINGS, sample ? sentence.replace(SAMPLED, "") : sentence);
  if (said === null) return sentence;
  const whole = said
    .replace(/(?<![\w'"])under ([\d.]+ %)/g, "低于 $1")
    .replace(/(?<![\w'"])over ([\d.]+ %)/g, "高于 $1")
    .replace(/(?<=['")）]) and ([\d,]+) more/g, " 等，另有 $1 个");
  return sample ? whole.replace(/([。？])$/, `（抽查了 ${sample} 行）$1`) : whole;
}

const DEGREES: Record<string, string> = {
  high: "高",
  low: "低",
  early: "早",
  late: "晚",
  long: "长",
  short: "短",
};

/** What a map has that its regions may be named by. */
export interface Naming {
  /** Names of its columns, as they are spoken. */
  titles: ReadonlySet<string>;
  /** Whether it has pictures, sequences or vectors, whose looks name regions; else "dark" is a value of the data. */
  hasLooks: boolean;
}

/** "high age, low price" → "age 高、price 低", where what follows names a column; "dark, leaning left" → "昏暗、向左倾". */
export function regionInChinese(name: string, naming: Naming): string {
  const typical = /^like row ([\d,]+)$/.exec(name);
  if (typical) return `类似第 ${typical[1]} 行`;
  const phrases = name.split(", ");
  const said = phrases.map((phrase) => {
    const [, plain, number] = /^(.+?)( \(\d+\))?$/s.exec(phrase) ?? ["", phrase, ""];
    const found =
      degreeInChinese(plain, naming) ??
      SURENESS[plain] ??
      (naming.hasLooks ? lookInChinese(plain, naming) : null);
    return found === null ? phrase : found + (number ?? "");
  });
  return said.some((phrase, i) => phrase !== phrases[i]) ? said.join("、") : name;
}

function degreeInChinese(phrase: string, { titles }: Naming): string | null {
  const [, degree, what] = /^(\w+) (.+)$/s.exec(phrase) ?? [];
  return DEGREES[degree] && titles.has(what) ? `${what} ${DEGREES[degree]}` : null;
}

/** A look alone, of one channel ("rising in channel 2"), or of one column among several ("dark cover"). */
function lookInChinese(phrase: string, { titles }: Naming): string | null {
  const looks = Object.keys(LOOKS).filter((one) => phrase === one || phrase.startsWith(`${one} `));
  const look = looks.sort((a, b) => b.length - a.length)[0];
  if (!look) return null;
  const [, channel, of] = /^(?: in channel (\d+))?(?: (.+))?$/s.exec(phrase.slice(look.length)) ?? [];
  if (of && !titles.has(of)) return null;
  const said = channel ? `通道 ${channel} ${LOOKS[look]}` : LOOKS[look];
  return of ? `${of} ${said}` : said;
}
