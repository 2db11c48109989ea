/** The words of the page in one language: messages with their numbers, and how values are written. */

import { countText, type Language, numberText, shareText, valueText } from "./format";
import { en } from "./i18n/en";
import { cureInChinese, findingInChinese, type Naming, regionInChinese } from "./i18n/said";
import { scoreInChinese } from "./i18n/said_words";
import { zh } from "./i18n/zh";
import type { ColumnInfo, MapInfo } from "./map_folder";

export type Key = keyof typeof en;
export type Values = Record<string, string | number>;

export const LANGUAGES: Record<Language, Record<Key, string>> = { en, zh };

export interface Words {
  language: Language;
  t(key: Key, values?: Values): string;
  /** The message where there is one, else the text itself: names that come from the map. */
  known(prefix: string, name: string): string;
  count(n: number): string;
  share(x: number): string;
  number(value: number, span?: number): string;
  value(info: ColumnInfo, value: number): string;
  /** A category as a person reads it: blank ones are named, and the map's own columns speak this language. */
  category(name: string | undefined, info?: ColumnInfo | null, naming?: Naming): string;
  /** The name a person reads; columns that the map made have names in both languages. */
  title(info: ColumnInfo): string;
  /** What Python wrote of the data, where we can say it in this language. */
  finding(sentence: string): string;
  cure(advice: string): string;
  /** On which rows a score was measured, or what it is compared with. */
  score(text: string): string;
  region(name: string, naming: Naming): string;
}

export function makeWords(language: Language): Words {
  const messages = LANGUAGES[language];
  const t = (key: Key, values: Values = {}) => fill(messages[key], values);
  return {
    language,
    t,
    known: (prefix, name) => messages[`${prefix}.${name}` as Key] ?? name.replaceAll("_", " "),
    count: countText,
    share: (x) => shareText(x, language),
    number: numberText,
    value: (info, value) => valueText(info, value, language),
    category: (name, info, naming) => {
      const isRegion = naming && language === "zh" && info?.group === "map" && /^region\./.test(info.name);
      return isRegion && name?.trim() ? regionInChinese(name, naming) : categoryIn(messages, name, info);
    },
    title: (info) => titleIn(messages, info),
    finding: (sentence) => (language === "zh" ? findingInChinese(sentence) : sentence),
    score: (text) => (language === "zh" ? scoreInChinese(text) : text),
    cure: (advice) => (language === "zh" ? cureInChinese(advice) : advice),
    region: (name, naming) => (language === "zh" ? regionInChinese(name, naming) : name),
  };
}

function categoryIn(
  messages: Record<Key, string>,
  name: string | undefined,
  info?: ColumnInfo | null,
): string {
  if (!name?.trim()) return messages.blank;
  const isMade = info && info.group !== "data";
  return (isMade ? messages[`${info.name}.${name}` as Key] : undefined) ?? name;
}

function titleIn(messages: Record<Key, string>, info: ColumnInfo): string {
  if (info.group === "data") return info.label || info.name;
  const level = /^region\.(\d+)$/.exec(info.name);
  if (level) return fill(messages["made.region"], { n: Number(level[1]) + 1 });
  return messages[`made.${info.name}` as Key] ?? (info.label || info.name);
}

/** What names of regions may speak of: columns as they are spoken, and looks where the data have any. */
export function namingOf(info: Pick<MapInfo, "columns">): Naming {
  const data = info.columns.filter((one) => one.group === "data");
  return {
    titles: new Set(data.flatMap((one) => [one.name, one.name.replace(/[_\s]+/g, " ").trim()])),
    hasLooks: data.some((one) => one.role === "input" && ["image", "sequence"].includes(one.kind)),
  };
}

/** `{name}` becomes the value; `{name:one|many}` the word that fits the number. */
export function fill(message: string, values: Values): string {
  return message.replace(
    /\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g,
    (whole, name: string, one?: string, many?: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      if (many !== undefined) return value === 1 ? one! : many;
      return typeof value === "number" ? countText(value) : value;
    },
  );
}

/** The language of the browser, where we speak it. */
export function preferredLanguage(wanted: readonly string[]): Language {
  const first = wanted.find((tag) => /^(en|zh)/i.test(tag));
  return first?.toLowerCase().startsWith("zh") ? "zh" : "en";
}
