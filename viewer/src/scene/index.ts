export { createScene } from "./scene";
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
