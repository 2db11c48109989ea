import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cureInChinese, findingInChinese, regionInChinese } from "../src/i18n/said";
import { scoreInChinese } from "../src/i18n/said_words";
import type { ColumnInfo } from "../src/map_folder";
import { makeWords } from "../src/words";

/** An example of all that the checks can say; tests/test_said.py reads their sources and fails where one is missing. */
const said: Record<"sentences" | "cures" | "commands", string[]> = JSON.parse(
  readFileSync(join(__dirname, "../../tests/said.json"), "utf8"),
);
const ENGLISH =
  /\b(?:is|are|in|of|the|that|with|rows?|texts?|images?|holds?|columns?|may|under|over|more|and)\b/;
const quotes = (text: string) => text.match(/'[^']*'/g) ?? [];
/** Without what stands as it is: names and values in quotes, and commands. */
const bare = (text: string) => text.replace(/'[^']*'/g, "").replace(/belvedere .+$/, "");

describe("what Python wrote, in Chinese", () => {
  it.each(said.sentences)("%s", (sentence) => {
    const chinese = findingInChinese(sentence);
    expect(chinese).toMatch(/[\u4e00-\u9fff]/);
    expect(bare(chinese).replace("open", "")).not.toMatch(ENGLISH);
    for (const name of quotes(sentence)) expect(chinese).toContain(name);
    for (const number of sentence.match(/[\d,.]*\d/g) ?? []) expect(chinese).toContain(number);
    expect(chinese).not.toMatch(/\$\d|undefined/);
  });

  it.each(said.cures)("%s", (cure) => {
    const chinese = cureInChinese(cure);
    expect(chinese).toMatch(/[\u4e00-\u9fff]/);
    expect(bare(chinese)).not.toMatch(ENGLISH);
    expect(chinese).not.toContain("$");
  });

  it.each(said.commands)("%s stays as it is typed", (command) => {
    expect(cureInChinese(command)).toBe(command);
  });

  it("stays as it was where it fits no pattern", () => {
    expect(findingInChinese("Something new was found.")).toBe("Something new was found.");
  });

  it("keeps the commands of advice as they are typed", () => {
    expect(cureInChinese("To use it all the same: belvedere map … --kind id=number")).toBe(
      "如仍要使用：belvedere map … --kind id=number",
    );
    expect(cureInChinese("belvedere map … --ignore id")).toBe("belvedere map … --ignore id");
    const one = "1 row (under 0.1 %) repeats an earlier row in every column.";
    expect(findingInChinese(one)).toContain("（低于 0.1 %）");
  });

  it("names regions by what the columns say, and leaves all other names alone", () => {
    const plain = { titles: new Set(["age", "hours per week"]), hasLooks: false };
    expect(regionInChinese("high age, low hours per week", plain)).toBe("age 高、hours per week 低");
    expect(regionInChinese("<=50K, high age (2)", plain)).toBe("<=50K、age 高 (2)");
    expect(regionInChinese("high hopes, great", plain)).toBe("high hopes, great");
    expect(regionInChinese("like row 1,204", plain)).toBe("类似第 1,204 行");
    expect(regionInChinese("dark, flat", plain)).toBe("dark, flat");
  });

  it("names regions by what pictures and sequences look like", () => {
    const pictures = { titles: new Set(["cover"]), hasLooks: true };
    expect(regionInChinese("digit 4, leaning left (2)", pictures)).toBe("digit 4、向左倾 (2)");
    expect(regionInChinese("strong contrast, unsure", pictures)).toBe("对比强、把握小");
    expect(regionInChinese("rising in channel 2", pictures)).toBe("通道 2 上升");
    expect(regionInChinese("full in the middle cover", pictures)).toBe("cover 中间实");
    expect(regionInChinese("dark chocolate", pictures)).toBe("dark chocolate");
  });
});

describe("the values of columns that the map made", () => {
  const zh = makeWords("zh");
  const made = { ...({} as ColumnInfo), group: "learning" as const };

  it("are said in the language of the page", () => {
    expect(zh.category("wrong", { ...made, name: "right" })).toBe("错误");
    expect(zh.category("train", { ...made, name: "split" })).toBe("训练");
    expect(zh.category("dark, high age", { ...made, group: "map", name: "region.0" }, pictures)).toBe(
      "昏暗、age 高",
    );
  });

  it("stay as they are where they are the data's own", () => {
    expect(zh.category("wrong", { ...made, group: "data", name: "right" })).toBe("wrong");
    expect(zh.category("seven", { ...made, name: "predicted" })).toBe("seven");
  });
});

const pictures = { titles: new Set(["age"]), hasLooks: true };

describe("what a score is measured on and compared with", () => {
  it.each([
    "481 held-out rows",
    "latent space, 2,000 rows asked among all 2,409",
    "plain space, 20,000 random triplets",
    "keep no more neighbors (52%) than 95 % of the rows on a map of noise do (columns shuffled)",
    "places at random",
    "most frequent class",
    "a linear model on plain features",
    "gradient boosting on 20,000 rows",
  ])("%s", (text) => {
    expect(scoreInChinese(text)).toMatch(/[\u4e00-\u9fff]/);
    expect(scoreInChinese(text)).not.toMatch(ENGLISH);
  });
});
