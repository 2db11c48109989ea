import { describe, expect, it } from "vitest";
import { cureInChinese, findingInChinese, regionInChinese } from "../src/i18n/said";

/** Sentences as the checks write them. */
const WRITTEN = [
  "'coupon' is missing in 503 rows (34 %).",
  "'review' alone gives 'returned' away (100 % of all there is to learn): is it known before the answer is?",
  "1 row (under 0.1 %) repeats an earlier row in every column.",
  "1,204 rows (3 %) repeat an earlier row in every column (looked at a sample of 1,000,000).",
  "1 row outside training (under 0.1 %) also stands in training: scores on them are too good.",
  "99999 in 'capital_gain' (46 rows) lies far outside the other values: it may stand for a missing one.",
  "'marital_status', 'race', 'sex' may be sensitive: what is learned, and the map itself, can give it away.",
  "'order id' looks like an identifier (a different value in nearly every row): it was not learned from.",
  "'text' holds 46 texts with invisible control characters or byte order marks.",
  "'digit' holds numbers stored as text.",
  "About 12 labels of 'label' (0.7 %) may be wrong: the network and the neighbors say otherwise.",
  "'kind' is unbalanced: 'a' makes up 97 % of the rows, the rarest class 0.4 %.",
  "'price' holds 3 values far outside the rest (2 to 100), for instance 99999.",
];

describe("what Python wrote, in Chinese", () => {
  it.each(WRITTEN)("%s", (sentence) => {
    const said = findingInChinese(sentence);
    expect(said).toMatch(/[\u4e00-\u9fff]/);
    expect(said).not.toMatch(/\b(?:is|are|rows?|holds|may|the)\b/);
    for (const name of sentence.match(/'[^']+'/g) ?? []) expect(said).toContain(name);
    expect(said).not.toContain("$");
  });

  it("stays as it was where it fits no pattern", () => {
    expect(findingInChinese("Something new was found.")).toBe("Something new was found.");
  });

  it("keeps the commands of advice as they are typed", () => {
    expect(cureInChinese("To use it all the same: belvedere map … --kind id=number")).toBe(
      "如仍要使用：belvedere map … --kind id=number",
    );
    expect(cureInChinese("belvedere map … --ignore id")).toBe("belvedere map … --ignore id");
    expect(findingInChinese(WRITTEN[2])).toContain("（低于 0.1 %）");
  });

  it("names regions by what the columns say, and leaves all other names alone", () => {
    const columns = new Set(["age", "hours per week"]);
    expect(regionInChinese("high age, low hours per week", columns)).toBe("age 高、hours per week 低");
    expect(regionInChinese("<=50K, high age (2)", columns)).toBe("<=50K、age 高 (2)");
    expect(regionInChinese("high hopes, great", columns)).toBe("high hopes, great");
    expect(regionInChinese("like row 1,204", columns)).toBe("类似第 1,204 行");
  });
});
