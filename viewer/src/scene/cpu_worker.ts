import { type CpuPicture, type CpuRequest, newRaster, obey } from "./cpu_messages";

interface WorkerScope {
  onmessage: ((event: MessageEvent<CpuRequest>) => void) | null;
  postMessage(message: CpuPicture | "ready", transfer?: Transferable[]): void;
}

const scope = self as unknown as WorkerScope;
const raster = newRaster();

scope.onmessage = ({ data }) => {
  const picture = obey(raster, data);
  if (picture) scope.postMessage(picture, [picture.buffer]);
};
scope.postMessage("ready");
