/** The visible table of panels: one line puts one on the page. */

import type { Component } from "svelte";
import type { Tab } from "../store";
import type { Key } from "../words";
import About from "./About.svelte";
import Columns from "./Columns.svelte";
import Evaluation from "./Evaluation.svelte";
import Findings from "./Findings.svelte";
import Movers from "./Movers.svelte";
import Regions from "./Regions.svelte";
import RowTab from "./RowTab.svelte";
import Scores from "./Scores.svelte";
import SelectionTab from "./SelectionTab.svelte";

export interface Panel {
  title: Key;
  mount: Component;
}

export const PANELS: Record<Tab, Panel[]> = {
  map: [
    { title: "scores.learning", mount: Scores },
    { title: "movers.title", mount: Movers },
    { title: "columns.title", mount: Columns },
    { title: "findings.title", mount: Findings },
    { title: "evaluation.title", mount: Evaluation },
    { title: "regions.title", mount: Regions },
    { title: "about.title", mount: About },
  ],
  selection: [{ title: "tab.selection", mount: SelectionTab }],
  row: [{ title: "tab.row", mount: RowTab }],
};
