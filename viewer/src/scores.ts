/** Where a score stands on the scale that makes it comparable with its baseline. */

import type { ScoreInfo } from "./map_folder";

export interface Track {
  value: number;
  baseline: number | null;
  low: number | null;
  high: number | null;
}

/** Shares of the track; a share-like score ends at 1, an error starts at 0, so that farther right reads as more. */
export function trackOf(score: ScoreInfo): Track {
  const known = [score.value, score.baseline, score.low, score.high].filter((v): v is number =>
    Number.isFinite(v),
  );
  const [smallest, largest] = [Math.min(...known), Math.max(...known)];
  const isShare = smallest >= 0 && largest <= 1;
  const left =
    isShare && score.higher_is_better !== false
      ? Math.max(0, Math.floor(smallest * 10 - 0.2) / 10)
      : Math.min(0, smallest);
  const right = isShare && score.higher_is_better !== false ? 1 : Math.max(largest * 1.1, left + 1e-9);
  const at = (value: number | null | undefined) =>
    typeof value === "number" && Number.isFinite(value)
      ? Math.min(1, Math.max(0, (value - left) / (right - left)))
      : null;
  return {
    value: at(score.value) ?? 0,
    baseline: at(score.baseline),
    low: at(score.low),
    high: at(score.high),
  };
}

/** Whether the thing that costs seconds did at least as well. */
export function baselineWins(score: ScoreInfo): boolean {
  if (typeof score.baseline !== "number") return false;
  return score.higher_is_better === false ? score.baseline <= score.value : score.baseline >= score.value;
}

/** What a person asks for first; the rest keeps its order. */
const FIRST = ["accuracy", "F1", "AUC-ROC", "AUC", "R²", "MAE", "RMSE"];

export function groupOf(scores: ScoreInfo[], group: "learning" | "map"): ScoreInfo[] {
  const rank = (score: ScoreInfo) => (FIRST.indexOf(score.name) + FIRST.length + 1) % (FIRST.length + 1);
  return scores.filter((score) => (score.group ?? "learning") === group).sort((a, b) => rank(a) - rank(b));
}
