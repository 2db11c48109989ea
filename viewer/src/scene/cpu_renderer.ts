import { openCpuLine } from "./cpu_line";
import type { CpuPicture } from "./cpu_messages";
import type { Frame, Renderer } from "./renderer";

type Waiting = { resolve: (picture: CpuPicture) => void };

function showPicture(canvas: HTMLCanvasElement, picture: CpuPicture): void {
  if (canvas.width !== picture.width) canvas.width = picture.width;
  if (canvas.height !== picture.height) canvas.height = picture.height;
  const bytes = new Uint8ClampedArray(picture.buffer);
  if (picture.width === 0 || picture.height === 0) return;
  canvas.getContext("2d", { alpha: false })?.putImageData(new ImageData(bytes, picture.width), 0, 0);
}

/** Ground, points and mist painted by the processor, in a worker where there is one. */
export function createCpuRenderer(): Renderer {
  const canvas = document.createElement("canvas");
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let spare: ArrayBuffer | null = null;
  const line = openCpuLine((picture) => {
    waiting.get(picture.id)?.resolve(picture);
    waiting.delete(picture.id);
  });

  const ask = (frame: Frame, buffer: ArrayBuffer | null, interruptible: boolean): Promise<CpuPicture> =>
    new Promise((resolve) => {
      const id = ++lastId;
      waiting.set(id, { resolve });
      line.tell({ kind: "frame", id, frame, buffer, interruptible }, buffer ? [buffer] : []);
    });

  return {
    kind: "cpu",
    canvas,
    setGeometry: (geometry) => line.tell({ kind: "geometry", geometry }, [geometry.pairs.buffer]),
    setTarget: (pairs) => line.tell({ kind: "target", pairs }, pairs ? [pairs.buffer] : []),
    setInk: (ink) => line.tell({ kind: "ink", ink }, [ink.buffer]),
    setGround: (ground) => line.tell({ kind: "ground", ground }, [ground.colors.buffer]),
    setMist: (mist) => line.tell({ kind: "mist", mist }, mist ? [mist.opacity.buffer] : []),
    async draw(frame) {
      const buffer = spare;
      spare = null;
      const picture = await ask(frame, buffer, true);
      if (picture.finished) showPicture(canvas, picture);
      spare = picture.buffer;
      return picture.finished;
    },
    async snapshot(frame) {
      const picture = await ask(frame, null, false);
      const copy = document.createElement("canvas");
      showPicture(copy, picture);
      return copy;
    },
    destroy: () => line.close(),
  };
}
