import { answer, type CpuPicture, type CpuRequest, newRaster, obey } from "./cpu_messages";

interface WorkerScope {
  onmessage: ((event: MessageEvent<CpuRequest>) => void) | null;
  postMessage(message: CpuPicture | "ready", transfer?: Transferable[]): void;
}

const scope = self as unknown as WorkerScope;
const raster = newRaster();
const queue: CpuRequest[] = [];
const breath = new MessageChannel();
let working = false;

/** Lets messages that have arrived meanwhile into the queue. */
const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    breath.port1.onmessage = () => resolve();
    breath.port2.postMessage(null);
  });

const urgent = (): boolean => queue.some((request) => request.kind === "frame" && request.frame.share < 1);

async function work(): Promise<void> {
  working = true;
  for (let request = queue.shift(); request; request = queue.shift()) {
    if (request.kind !== "frame") {
      obey(raster, request);
      continue;
    }
    const steps = answer(raster, request, urgent);
    let step = steps.next();
    while (!step.done) {
      await breathe();
      step = steps.next();
    }
    scope.postMessage(step.value, [step.value.buffer]);
  }
  working = false;
}

scope.onmessage = ({ data }) => {
  queue.push(data);
  if (!working) work();
};
scope.postMessage("ready");
