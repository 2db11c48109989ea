// regl-scatterplot with the same points, one color per category, its advised settings for many points.
import createScatterplot from "regl-scatterplot";
import { COLORS, categories, places } from "./points.js";

const [xy, codes] = [await places(), await categories()];
const n = codes.length;
const [x, y] = [new Float32Array(n), new Float32Array(n)];
for (let i = 0; i < n; i++) [x[i], y[i]] = [xy[2 * i] * 2 - 1, xy[2 * i + 1] * 2 - 1];
const plot = createScatterplot({
  canvas: document.getElementById("map"),
  width: 1200,
  height: 800,
  pointSize: 2,
  colorBy: "category",
  pointColor: COLORS,
  performanceMode: n > 2_000_000,
});
await plot.draw({ x, y, category: codes }, { zDataType: "categorical" });
window.asked = true;
