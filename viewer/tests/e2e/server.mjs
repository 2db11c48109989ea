// Serves a map folder for the length of a test, by the same code as `belvedere view`.
import { execFileSync, spawn } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const SERVE = `
import sys
from pathlib import Path
from belvedere import mapfolder
from belvedere.serve.run import start_server
from belvedere.serve.served import Served
path = Path(sys.argv[1])
from belvedere.explaining import lay_beside
from belvedere.serve.beside import Beside
content = mapfolder.open_folder(path)
other = Beside(lay_beside(content, content)) if len(sys.argv) > 2 else None
running = start_server(Served(content, path=path, edits=mapfolder, beside=other))
print(running.link, flush=True)
sys.stdin.read()
running.stop()
`;

/** Resolves to `{ link, stop }`; with a further word the map is shown beside itself. */
export function serve(folder, ...more) {
  const child = spawn(python(), ["-c", SERVE, folder, ...more], { stdio: ["pipe", "pipe", "inherit"] });
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("exit", (status) => failed(new Error(`the server ended with ${status}`)));
    child.stdout.on("data", (text) => done({ link: String(text).trim(), stop: () => child.kill() }));
  });
}

const WRITE = `
import sys
from belvedere.export.html import write_html
from belvedere.mapfolder import open_folder
write_html(open_folder(sys.argv[1]), sys.argv[2])
`;

/** The same map as one file. */
export function writeHtml(folder, file) {
  execFileSync(python(), ["-c", WRITE, folder, file], { stdio: ["ignore", "inherit", "inherit"] });
  return pathToFileURL(file).href;
}

function python() {
  return process.env.PYTHON ?? `${ROOT}/.venv/bin/python`;
}
