export { createScene } from "./scene";
export { escaped } from "./svg";
export type {
  Camera,
  Scene,
  SceneColors,
  SceneEvents,
  SceneLabel,
  SceneOptions,
  ScenePoints,
  SceneState,
  Theme,
} from "./types";
