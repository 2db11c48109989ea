// Embedding Atlas's own view component with the same points and categories.
import { EmbeddingView } from "embedding-atlas";
import { COLORS, categories, places } from "./points.js";

const [xy, codes] = [await places(), await categories()];
const n = codes.length;
const [x, y] = [new Float32Array(n), new Float32Array(n)];
for (let i = 0; i < n; i++) [x[i], y[i]] = [xy[2 * i] * 20, xy[2 * i + 1] * 20];
new EmbeddingView(document.getElementById("map"), {
  data: { x, y, category: codes },
  categoryColors: COLORS,
  width: 1200,
  height: 800,
});
window.asked = true;
