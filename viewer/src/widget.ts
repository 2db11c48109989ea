/**
 * The notebook's side: a frame that holds the explorer's page, and a line between it and Python.
 * The frame keeps the explorer's styles, keys and address apart from the notebook's.
 */

import type { FromPage, ToPage } from "./widget_messages";

/** What anywidget hands in: https://anywidget.dev/en/afm */
interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown): void;
  on(name: string, run: (...parts: never[]) => void): void;
  off(name: string, run: (...parts: never[]) => void): void;
}

interface Told {
  answer: string;
  status: number;
}

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const frame = document.createElement("iframe");
  const { port1: line, port2: far } = new MessageChannel();
  const view = `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
  const say = (message: ToPage, transfer: Transferable[] = []) => line.postMessage(message, transfer);

  const hear = (told: Told, buffers: DataView[]) => {
    const [from, id] = String(told.answer).split("/");
    if (from !== view) return;
    const body = copyOf(buffers[0]).buffer;
    say({ kind: "answer", id: Number(id), status: told.status, body }, [body]);
  };
  const showSelection = () => say({ kind: "select", bits: copyOf(model.get("_mask") as DataView | null) });
  const resize = () => {
    frame.style.height = `${model.get("height")}px`;
  };

  line.onmessage = ({ data }: MessageEvent<FromPage>) => {
    if (data.kind === "ask") model.send({ ask: `${view}/${data.id}`, path: data.path, body: data.body });
    else {
      model.set("_mask", new DataView(data.bits.buffer));
      model.save_changes();
    }
  };
  frame.addEventListener("load", () => {
    frame.contentWindow?.postMessage("belvedere", "*", [far]);
    showSelection();
  });
  model.on("msg:custom", hear);
  model.on("change:_mask", showSelection);
  model.on("change:height", resize);
  frame.title = String(model.get("_title"));
  frame.allow = "clipboard-write; fullscreen";
  frame.style.cssText = "display:block;width:100%;border:0;border-radius:8px;background:transparent";
  frame.srcdoc = String(model.get("_page"));
  resize();
  el.append(frame);

  return () => {
    model.off("msg:custom", hear);
    model.off("change:_mask", showSelection);
    model.off("change:height", resize);
    line.close();
    frame.remove();
  };
}

function copyOf(view: DataView | null | undefined): Uint8Array<ArrayBuffer> {
  return view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice() : new Uint8Array(0);
}

export default { render };
