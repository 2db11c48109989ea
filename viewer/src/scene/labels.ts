import { toScreen, type View } from "./camera";
import { type LabelBox, labelOpacity, layoutLabels, nudgesOf, type PlacedLabel } from "./label_layout";
import { type Context, type LabelSprite, makeSprite, measureLabels } from "./label_sprites";
import type { ScreenBox } from "./thumbnails";
import type { MapTokens } from "./tokens";
import type { SceneLabel } from "./types";

/** A label that this view shows, its box, and how far it steps aside from the edge. */
interface Shown {
  placed: PlacedLabel;
  box: LabelBox;
  by: number;
}

/** The labels of a scene: laid out once per set of labels and window, drawn on every frame. */
export class Labels {
  private placed: PlacedLabel[] = [];
  private sprites = new Map<PlacedLabel, LabelSprite>();
  private key = "";
  private source: readonly SceneLabel[] | null = null;
  private tokens: MapTokens | null = null;

  /** Forgets everything measured, as when a font has arrived. */
  forget(): void {
    this.key = "";
  }

  draw(c: Context, view: View, labels: readonly SceneLabel[], tokens: MapTokens): void {
    this.prepare(c, view, labels, tokens);
    const shown = this.shown(view);
    // The weightiest last, so that a halo never bites into it.
    for (let k = shown.length - 1; k >= 0; k--) this.drawOne(c, view, shown[k], tokens);
    c.globalAlpha = 1;
  }

  /** Boxes of the labels shown, left, top, right, bottom in CSS pixels. */
  boxes(c: Context, view: View, labels: readonly SceneLabel[], tokens: MapTokens): ScreenBox[] {
    this.prepare(c, view, labels, tokens);
    return this.shown(view).map(({ box: [left, top, right, bottom], by }) => [
      left + by,
      top,
      right + by,
      bottom,
    ]);
  }

  private shown(view: View): Shown[] {
    const placed = this.placed.filter((one) => labelOpacity(one, view.scale) > 0);
    const boxes = placed.map(({ label, width, height, shift }): LabelBox => {
      const [x, y] = toScreen(view, label.x, label.y);
      const middle = y + shift;
      return [x - width / 2, middle - height / 2, x + width / 2, middle + height / 2];
    });
    const nudges = nudgesOf(boxes, view.width);
    return placed.map((one, k) => ({ placed: one, box: boxes[k], by: nudges[k] }));
  }

  private prepare(c: Context, view: View, labels: readonly SceneLabel[], tokens: MapTokens): void {
    const scale = view.scale / view.zoom;
    const key = `${scale.toPrecision(6)} ${view.dpr} ${view.width <= 720}`;
    if (key !== this.key || labels !== this.source) {
      const isPhone = view.width <= 720;
      this.placed = layoutLabels(measureLabels(c, labels, isPhone), scale, isPhone);
      this.sprites.clear();
    } else if (tokens !== this.tokens) this.sprites.clear();
    this.key = key;
    this.source = labels;
    this.tokens = tokens;
  }

  private drawOne(c: Context, view: View, { placed, box, by }: Shown, tokens: MapTokens): void {
    const sprite = this.spriteOf(placed, view, tokens);
    const left = (box[0] + box[2]) / 2 + by - sprite.width / 2;
    const top = (box[1] + box[3]) / 2 - sprite.height / 2;
    if (left > view.width || top > view.height || left + sprite.width < 0 || top + sprite.height < 0) return;
    // Whole device pixels keep the type crisp.
    const snap = (value: number) => Math.round(value * view.dpr) / view.dpr;
    c.globalAlpha = labelOpacity(placed, view.scale);
    c.drawImage(sprite.canvas, snap(left), snap(top), sprite.width, sprite.height);
  }

  private spriteOf(placed: PlacedLabel, view: View, tokens: MapTokens): LabelSprite {
    const known = this.sprites.get(placed);
    if (known) return known;
    const sprite = makeSprite(placed, view.width <= 720, view.dpr, tokens);
    this.sprites.set(placed, sprite);
    return sprite;
  }
}
