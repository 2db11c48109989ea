import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { numberText, scoreText, shareText, timeText } from "../src/format";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";
import { fill, LANGUAGES, makeWords, preferredLanguage } from "../src/words";

const SRC = join(__dirname, "../src");
const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(ts|svelte)$/.test(name) && !name.includes("i18n"))
  .map((name) => readFileSync(join(SRC, name), "utf8"));

describe("messages", () => {
  it("exist in every language, none empty", () => {
    for (const messages of Object.values(LANGUAGES)) {
      expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort());
      expect(Object.entries(messages).filter(([, text]) => !text.trim())).toEqual([]);
    }
  });

  it("carry the same values in both languages", () => {
    const values = (text: string) =>
      [...new Set([...text.matchAll(/\{(\w+)/g)].map((found) => found[1]))].sort();
    for (const key of Object.keys(en) as (keyof typeof en)[]) {
      if (key === "rows.word" || key === "veil.rows") continue;
      expect([key, values(zh[key])]).toEqual([key, values(en[key])]);
    }
  });

  it("exist for every key that the page asks for", () => {
    const asked = sources.flatMap((text) =>
      [...text.matchAll(/\bt\(\s*"([\w.]+)"/g)].map((found) => found[1]),
    );
    expect(asked.length).toBeGreaterThan(100);
    expect(asked.filter((key) => !(key in en))).toEqual([]);
  });

  it("hold no English sentence outside i18n", () => {
    const templates = sources
      .filter((text) => text.includes("</script>"))
      .map((text) => text.split("</script>").pop()!.split("<style>")[0]);
    const loose = templates.flatMap((text) =>
      [...text.matchAll(/>([^<>{}]*[A-Za-z]{3,} [A-Za-z]{2,}[^<>{}]*)</g)].map((found) => found[1].trim()),
    );
    expect(loose).toEqual([]);
  });

  it("are covered by the small Chinese font", () => {
    const font = new Set(readFileSync(join(SRC, "fonts/noto-sans-sc-interface.txt"), "utf8").trim());
    const written = ["said", "said_findings", "said_words"].map((name) =>
      readFileSync(join(SRC, `i18n/${name}.ts`), "utf8"),
    );
    const used = new Set(
      [...Object.values(zh), ...written]
        .join("")
        .split("")
        .filter((letter) => letter.codePointAt(0)! > 0x2e7f && letter !== "\ufffd"),
    );
    expect([...used].filter((letter) => !font.has(letter))).toEqual([]);
  });

  it("bend the word to the number", () => {
    expect(fill("{n} {n:row|rows}", { n: 1 })).toBe("1 row");
    expect(fill("{n} {n:row|rows}", { n: 70000 })).toBe("70,000 rows");
    expect(fill("“{text}”", { text: "<b>{n}</b>" })).toBe("“<b>{n}</b>”");
  });

  it("follow the browser's first language that we speak", () => {
    expect(preferredLanguage(["de", "zh-TW", "en"])).toBe("zh");
    expect(preferredLanguage(["fr"])).toBe("en");
  });
});

describe("numbers", () => {
  it("are written with a real minus and as many decimals as the span needs", () => {
    expect([numberText(-15, 80), numberText(2.34567, 4), numberText(0.00123, 0.01)]).toEqual([
      "−15",
      "2.35",
      "0.0012",
    ]);
    expect([numberText(1234567, 1e6), numberText(Number.NaN), numberText(12.5, 1000)]).toEqual([
      "1,234,567",
      "–",
      "13",
    ]);
  });

  it("never round a score up to perfect", () => {
    expect([scoreText(0.99981), scoreText(0.985), scoreText(1)]).toEqual(["0.9998", "0.985", "1.000"]);
  });

  it("write shares and times as the language does", () => {
    expect([
      shareText(0.024, "en"),
      shareText(0.024, "zh"),
      shareText(1, "zh"),
      shareText(0.998, "zh"),
    ]).toEqual(["2.4\u202f%", "2.4%", "100%", "99.8%"]);
    expect(timeText(Date.UTC(2026, 10, 24), 40 * 86_400_000, "en")).toBe("Nov 24, 2026");
    expect(timeText(Date.UTC(2026, 10, 24), 3000 * 86_400_000, "zh")).toBe("2026年11月");
  });

  it("name columns that the map made in both languages, and the person's own as given", () => {
    const column = {
      index: 0,
      name: "kept",
      kind: "number",
      role: "left out",
      group: "map" as const,
      dtype: null,
      nMissing: 0,
      why: "",
    };
    expect(makeWords("zh").title(column)).toBe("保留近邻");
    expect(makeWords("zh").title({ ...column, name: "region.2" })).toBe("区域（第 3 级）");
    expect(makeWords("zh").title({ ...column, group: "data" })).toBe("kept");
  });
});
