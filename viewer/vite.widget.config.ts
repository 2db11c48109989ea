import { defineConfig } from "vite";

/** The notebook's side of the explorer: one small module beside the page, which it puts into a frame. */
export default defineConfig({
  build: {
    outDir: process.env.VIEWER_OUT ?? "../src/belvedere/viewer",
    emptyOutDir: false,
    copyPublicDir: false,
    target: "es2022",
    lib: { entry: "src/widget.ts", formats: ["es"], fileName: () => "assets/widget.js" },
  },
});
