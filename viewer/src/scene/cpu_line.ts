import {
  answer as answerFrame,
  type CpuPicture,
  type CpuRequest,
  finish,
  newRaster,
  obey,
} from "./cpu_messages";

/** Where CPU requests go: a worker, or the page's own thread where workers are impossible. */
export interface CpuLine {
  tell(request: CpuRequest, transfer?: Transferable[]): void;
  close(): void;
}

function inlineLine(answer: (picture: CpuPicture) => void): CpuLine {
  const raster = newRaster();
  let open = true;
  return {
    tell(request) {
      if (request.kind !== "frame") {
        obey(raster, request);
        return;
      }
      const picture = finish(answerFrame(raster, request, () => false));
      queueMicrotask(() => open && answer(picture));
    },
    close() {
      open = false;
    },
  };
}

/** A page that is one file carries the worker's script within itself. */
function carriedWorker(): Worker | null {
  const script = document.querySelector('script[data-name="cpu_worker"]')?.textContent;
  if (!script) return null;
  return new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })), { type: "module" });
}

function startWorker(): Worker | null {
  // A page opened from disk has no origin that a module worker could load from.
  if (typeof Worker === "undefined") return null;
  try {
    const carried = carriedWorker();
    if (carried || location.protocol === "file:") return carried;
    return new Worker(new URL("./cpu_worker.ts", import.meta.url), { type: "module" });
  } catch {
    return null;
  }
}

/**
 * A line to a worker. Requests wait until the worker says that it runs; when it never does (a host page
 * that forbids it), everything said so far is said again to the page's own thread. For that moment the
 * requests are kept, so arrays are copied, not transferred, until the worker has answered.
 */
export function openCpuLine(answer: (picture: CpuPicture) => void): CpuLine {
  const worker = startWorker();
  if (!worker) return inlineLine(answer);
  let line: CpuLine | null = null;
  const waiting: { request: CpuRequest; transfer: Transferable[] }[] = [];
  const settle = (chosen: CpuLine) => {
    if (line) return;
    line = chosen;
    for (const { request, transfer } of waiting.splice(0)) chosen.tell(request, transfer);
  };
  const viaWorker: CpuLine = {
    tell: (request, transfer = []) => worker.postMessage(request, transfer),
    close: () => worker.terminate(),
  };
  const giveUp = () => {
    worker.terminate();
    settle(inlineLine(answer));
  };
  const patience = setTimeout(giveUp, 3000);
  worker.onmessage = ({ data }: MessageEvent<CpuPicture | "ready">) => {
    clearTimeout(patience);
    if (data === "ready") settle(viaWorker);
    else answer(data);
  };
  worker.onerror = () => {
    clearTimeout(patience);
    if (!line) giveUp();
  };
  return {
    tell(request, transfer = []) {
      if (line) line.tell(request, transfer);
      else waiting.push({ request, transfer });
    },
    close() {
      clearTimeout(patience);
      if (line) line.close();
      else worker.terminate();
    },
  };
}
