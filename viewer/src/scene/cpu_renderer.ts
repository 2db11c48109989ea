import { type CpuLine, openCpuLine } from "./cpu_line";
import type { CpuPicture, CpuRequest } from "./cpu_messages";
import type { Frame, Renderer } from "./renderer";

/** More would copy the rows once more and gain little: two cores are what most machines have to spare. */
const MOST_WORKERS = 2;

const workersWanted = (): number =>
  Math.max(1, Math.min(MOST_WORKERS, (globalThis.navigator?.hardwareConcurrency ?? 1) | 0));

function showPicture(canvas: HTMLCanvasElement, frame: Frame, bands: CpuPicture[]): void {
  const width = bands[0].width;
  const height = Math.round(frame.view.height * frame.view.dpr);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const pen = canvas.getContext("2d", { alpha: false });
  for (const band of bands) {
    if (band.width === 0 || band.height === 0) continue;
    pen?.putImageData(new ImageData(new Uint8ClampedArray(band.buffer), band.width), 0, band.top);
  }
}

/** A line and the frames that it owes an answer to. */
function openPart(): { line: CpuLine; ask(request: FrameWanted): Promise<CpuPicture> } {
  const waiting = new Map<number, (picture: CpuPicture) => void>();
  let lastId = 0;
  const line = openCpuLine((picture) => {
    waiting.get(picture.id)?.(picture);
    waiting.delete(picture.id);
  });
  return {
    line,
    ask: (wanted) =>
      new Promise((resolve) => {
        const id = ++lastId;
        waiting.set(id, resolve);
        line.tell({ kind: "frame", id, ...wanted }, wanted.buffer ? [wanted.buffer] : []);
      }),
  };
}

type FrameWanted = Omit<Extract<CpuRequest, { kind: "frame" }>, "kind" | "id">;

/** Ground, points and mist painted by the processor, each worker a band of the picture. */
export function createCpuRenderer(): Renderer {
  const canvas = document.createElement("canvas");
  const parts = Array.from({ length: workersWanted() }, openPart);
  const spare: (ArrayBuffer | null)[] = parts.map(() => null);

  /** All but the last part get a copy: an array can be handed over once. */
  function tell<T extends ArrayBufferView>(array: T | null, request: (own: T) => CpuRequest): void {
    parts.forEach(({ line }, i) => {
      const isLast = i === parts.length - 1;
      const own = array && !isLast ? ((array as unknown as Uint32Array).slice() as unknown as T) : array;
      line.tell(request(own as T), own ? [own.buffer as ArrayBuffer] : []);
    });
  }

  const paint = (frame: Frame, buffers: (ArrayBuffer | null)[], interruptible: boolean) =>
    Promise.all(
      parts.map((part, i) => part.ask({ frame, buffer: buffers[i], interruptible, part: [i, parts.length] })),
    );

  return {
    kind: "cpu",
    canvas,
    setGeometry: ({ pairs, extent }) =>
      tell(pairs, (own) => ({ kind: "geometry", geometry: { pairs: own, extent } })),
    setTarget: (pairs) => tell(pairs, (own) => ({ kind: "target", pairs: own })),
    setInk: (ink) => tell(ink, (own) => ({ kind: "ink", ink: own })),
    setContext: (context) =>
      tell(context?.inside.slice() ?? null, (inside) => ({
        kind: "context",
        context: context && { ...context, inside },
      })),
    setGround: (ground) =>
      tell(ground.colors, (colors) => ({ kind: "ground", ground: { ...ground, colors } })),
    setMist: (mist) =>
      tell(mist?.opacity ?? null, (opacity) => ({ kind: "mist", mist: mist && { ...mist, opacity } })),
    async draw(frame) {
      const bands = await paint(frame, spare.splice(0, parts.length, ...parts.map(() => null)), true);
      const isFinished = bands.every((band) => band.finished);
      if (isFinished) showPicture(canvas, frame, bands);
      bands.forEach((band, i) => {
        spare[i] = band.buffer;
      });
      return isFinished;
    },
    async snapshot(frame) {
      const bands = await paint(
        frame,
        parts.map(() => null),
        false,
      );
      const copy = document.createElement("canvas");
      showPicture(copy, frame, bands);
      return copy;
    },
    destroy: () => {
      for (const { line } of parts) line.close();
    },
  };
}
