import type { Point } from "./camera";
import type { SceneState } from "./types";

export type StrokeMode = "new" | "add" | "subtract";

/** What hands can ask of the map, in CSS pixels of the window. */
export interface Hands {
  tool(): SceneState["tool"];
  pan(dx: number, dy: number): void;
  zoom(at: Point, factor: number, ms: number): void;
  hover(at: Point | null): void;
  click(at: Point, shift: boolean): void;
  stroke(points: Point[], mode: StrokeMode, done: boolean): void;
  cancelStroke(): void;
  cursor(grabbing: boolean): void;
}

/** Movement below this many pixels is a click. */
const STEADY = 4;
/** Least distance between two corners of a lasso. */
const LASSO_STEP = 3;

interface Drag {
  start: Point;
  last: Point;
  moved: boolean;
  stroke: Point[] | null;
  mode: StrokeMode;
}

const strokeMode = (event: PointerEvent): StrokeMode =>
  event.altKey ? "subtract" : event.shiftKey ? "add" : "new";

const boxCorners = (a: Point, b: Point): Point[] => [
  [a[0], a[1]],
  [b[0], a[1]],
  [b[0], b[1]],
  [a[0], b[1]],
];

const distance = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** One notch of a wheel is about 100 px; pinching on a trackpad arrives as a wheel with ctrl. */
export function wheelFactor(event: Pick<WheelEvent, "deltaY" | "deltaMode" | "ctrlKey">): number {
  const pixels = event.deltaY * (event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 400 : 1);
  const bounded = Math.min(Math.max(pixels, -240), 240);
  return Math.exp(-bounded * (event.ctrlKey ? 0.01 : 0.0022));
}

/** Listens to pointer, wheel and touch on an element; returns its own undo. */
export function listenToHands(element: HTMLElement, hands: Hands): () => void {
  const pointers = new Map<number, Point>();
  let drag: Drag | null = null;
  const end = new AbortController();
  const options = { signal: end.signal };

  const at = (event: MouseEvent): Point => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  const growStroke = (current: Drag, point: Point) => {
    if (!current.stroke) return;
    if (hands.tool() === "box") current.stroke = boxCorners(current.start, point);
    else if (distance(current.stroke[current.stroke.length - 1], point) >= LASSO_STEP)
      current.stroke.push(point);
    hands.stroke(current.stroke, current.mode, false);
  };

  const moveDrag = (current: Drag, point: Point) => {
    if (!current.moved && distance(current.start, point) < STEADY) return;
    if (!current.moved) hands.hover(null);
    current.moved = true;
    if (current.stroke) growStroke(current, point);
    else hands.pan(point[0] - current.last[0], point[1] - current.last[1]);
    current.last = point;
  };

  const pinch = (id: number, point: Point) => {
    const before = [...pointers.values()];
    pointers.set(id, point);
    const after = [...pointers.values()];
    const center = (pair: Point[]): Point => [(pair[0][0] + pair[1][0]) / 2, (pair[0][1] + pair[1][1]) / 2];
    const [from, to] = [center(before), center(after)];
    hands.pan(to[0] - from[0], to[1] - from[1]);
    const spread = distance(before[0], before[1]);
    if (spread > 0) hands.zoom(to, distance(after[0], after[1]) / spread, 0);
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    const point = at(event);
    pointers.set(event.pointerId, point);
    if (pointers.size === 2) {
      hands.cancelStroke();
      drag = null;
    } else if (pointers.size === 1) {
      const stroke = hands.tool() === "pan" ? null : [point];
      drag = { start: point, last: point, moved: false, stroke, mode: strokeMode(event) };
      hands.cursor(true);
    }
  };

  const move = (event: PointerEvent) => {
    const point = at(event);
    if (pointers.size === 2 && pointers.has(event.pointerId)) pinch(event.pointerId, point);
    else if (drag && pointers.has(event.pointerId)) moveDrag(drag, point);
    else if (event.pointerType !== "touch") hands.hover(point);
    if (pointers.has(event.pointerId)) pointers.set(event.pointerId, point);
  };

  const up = (event: PointerEvent) => {
    pointers.delete(event.pointerId);
    const ended = drag;
    drag = null;
    hands.cursor(false);
    if (!ended) return;
    if (!ended.moved) hands.click(at(event), event.shiftKey);
    else if (ended.stroke) hands.stroke(ended.stroke, ended.mode, true);
  };

  const cancel = (event: PointerEvent) => {
    pointers.delete(event.pointerId);
    drag = null;
    hands.cancelStroke();
    hands.cursor(false);
  };

  element.addEventListener("pointerdown", down, options);
  element.addEventListener("pointermove", move, options);
  element.addEventListener("pointerup", up, options);
  element.addEventListener("pointercancel", cancel, options);
  element.addEventListener("pointerleave", () => drag === null && hands.hover(null), options);
  element.addEventListener(
    "dblclick",
    (event) => hands.zoom(at(event), event.shiftKey ? 0.5 : 2, 320),
    options,
  );
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const notch = Math.abs(event.deltaY) >= 80 && !event.ctrlKey;
    hands.zoom(at(event), wheelFactor(event), notch ? 160 : 0);
  };
  element.addEventListener("wheel", wheel, { ...options, passive: false });
  return () => end.abort();
}
