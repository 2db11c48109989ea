import { defineConfig } from "vite";

export default defineConfig({
  build: { target: "es2022", rollupOptions: { input: { regl: "regl.html", atlas: "atlas.html" } } },
});
