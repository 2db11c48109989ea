// Builds again beside the committed bundle and names every file that differs.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const viewer = fileURLToPath(new URL("..", import.meta.url));
const committed = join(viewer, "../src/belvedere/viewer");
const fresh = mkdtempSync(join(tmpdir(), "belvedere-viewer-"));

const filesUnder = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();

try {
  for (const config of ["vite.config.ts", "vite.widget.config.ts"])
    execFileSync("npx", ["vite", "build", "-c", config, "--logLevel", "error"], {
      cwd: viewer,
      env: { ...process.env, VIEWER_OUT: fresh },
      stdio: "inherit",
    });
  const names = [...new Set([...filesUnder(committed), ...filesUnder(fresh)])];
  const read = (folder, name) =>
    filesUnder(folder).includes(name) ? readFileSync(join(folder, name)) : null;
  const different = names.filter((name) => {
    const [a, b] = [read(committed, name), read(fresh, name)];
    return !a || !b || !a.equals(b);
  });
  if (different.length) {
    console.error(
      `The bundle in src/belvedere/viewer is not the build of viewer/: ${different.join(", ")} differ. Run: npm run build`,
    );
    process.exitCode = 1;
  } else console.log(`The bundle is the build of its sources (${names.length} files).`);
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
