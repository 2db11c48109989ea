import { toScreen, type View } from "./camera";
import { labelOpacity, layoutLabels, type PlacedLabel } from "./label_layout";
import { type Context, type LabelSprite, makeSprite, measureLabels } from "./label_sprites";
import type { ScreenBox } from "./thumbnails";
import type { MapTokens } from "./tokens";
import type { SceneLabel } from "./types";

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
    // The weightiest last, so that a halo never bites into it.
    for (let k = this.placed.length - 1; k >= 0; k--) this.drawOne(c, view, this.placed[k], tokens);
    c.globalAlpha = 1;
  }

  /** Boxes of the labels shown, left, top, right, bottom in CSS pixels. */
  boxes(c: Context, view: View, labels: readonly SceneLabel[], tokens: MapTokens): ScreenBox[] {
    this.prepare(c, view, labels, tokens);
    return this.placed
      .filter((placed) => labelOpacity(placed, view.scale) > 0)
      .map(({ label, width, height, shift }) => {
        const [x, y] = toScreen(view, label.x, label.y);
        const middle = y + shift;
        return [x - width / 2, middle - height / 2, x + width / 2, middle + height / 2] as const;
      });
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

  private drawOne(c: Context, view: View, placed: PlacedLabel, tokens: MapTokens): void {
    const opacity = labelOpacity(placed, view.scale);
    if (opacity === 0) return;
    const [x, y] = toScreen(view, placed.label.x, placed.label.y);
    const sprite = this.spriteOf(placed, view, tokens);
    const left = x - sprite.width / 2;
    const top = y + placed.shift - sprite.height / 2;
    if (left > view.width || top > view.height || left + sprite.width < 0 || top + sprite.height < 0) return;
    // Whole device pixels keep the type crisp.
    const snap = (value: number) => Math.round(value * view.dpr) / view.dpr;
    c.globalAlpha = opacity;
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
