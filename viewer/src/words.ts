/** The words of the page in one language: messages with their numbers, and how values are written. */

import { countText, type Language, numberText, shareText, valueText } from "./format";
import { en } from "./i18n/en";
import { cureInChinese, findingInChinese, regionInChinese } from "./i18n/said";
import { zh } from "./i18n/zh";
import type { ColumnInfo } from "./map_folder";

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
  /** A category as a person reads it: blank ones are named. */
  category(name: string | undefined): string;
  /** The name a person reads; columns that the map made have names in both languages. */
  title(info: ColumnInfo): string;
  /** What Python wrote of the data, where we can say it in this language. */
  finding(sentence: string): string;
  cure(advice: string): string;
  region(name: string, columns: ReadonlySet<string>): string;
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
    category: (name) => (name?.trim() ? name : messages.blank),
    title: (info) => titleIn(messages, info),
    finding: (sentence) => (language === "zh" ? findingInChinese(sentence) : sentence),
    cure: (advice) => (language === "zh" ? cureInChinese(advice) : advice),
    region: (name, columns) => (language === "zh" ? regionInChinese(name, columns) : name),
  };
}

function titleIn(messages: Record<Key, string>, info: ColumnInfo): string {
  if (info.group === "data") return info.label || info.name;
  const level = /^region\.(\d+)$/.exec(info.name);
  if (level) return fill(messages["made.region"], { n: Number(level[1]) + 1 });
  return messages[`made.${info.name}` as Key] ?? (info.label || info.name);
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
