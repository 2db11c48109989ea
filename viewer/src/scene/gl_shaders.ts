import { PHASES } from "./stamps";

/** Cells of a field stretched over the window, bilinear between cell middles, clamped at the frame. */
export const CELLS_VERTEX = `#version 300 es
uniform vec4 u_window;  // field coordinates (0…1) of the window's left top and right bottom
out vec2 v_at;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  v_at = mix(u_window.xy, u_window.zw, corner);
  gl_Position = vec4(2.0 * corner.x - 1.0, 1.0 - 2.0 * corner.y, 0.0, 1.0);
}`;

export const GROUND_FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D u_cells;
uniform vec3 u_sea;
in vec2 v_at;
out vec4 color;
void main() {
  bool onField = all(greaterThanEqual(v_at, vec2(0.0))) && all(lessThan(v_at, vec2(1.0)));
  color = vec4(onField ? texture(u_cells, v_at).rgb : u_sea, 1.0);
}`;

export const MIST_FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D u_cells;
uniform vec3 u_sea;  // the mist's color
in vec2 v_at;
out vec4 color;
void main() {
  bool onField = all(greaterThanEqual(v_at, vec2(0.0))) && all(lessThan(v_at, vec2(1.0)));
  color = vec4(u_sea, onField ? texture(u_cells, v_at).r : 0.0);
}`;

/** Points: the center rounded to 1/${PHASES} pixel, the disc's coverage computed as for the stamps. */
export const POINTS_VERTEX = `#version 300 es
precision highp float;
precision highp int;
layout(location = 0) in uint a_pair;
layout(location = 1) in uint a_target;
layout(location = 2) in uint a_ink;
layout(location = 3) in uint a_inside;  // 0 for rows of context
uniform vec4 u_projection;  // kx, bx, ky, by in 1/${PHASES} pixels
uniform vec2 u_size;        // pixels
uniform float u_reach;
uniform float u_flight;
uniform uint u_context;     // their ink
uniform uvec2 u_styles;     // first and last style byte drawn
uniform highp usampler2D u_opacity;
flat out vec2 v_center;     // pixels, y down
flat out vec4 v_color;
vec2 unpack(uint pair) { return vec2(float(pair & 65535u), float(pair >> 16)); }
void main() {
  vec2 place = unpack(a_pair);
  if (u_flight > 0.0) place = floor(mix(place, unpack(a_target), u_flight));
  vec2 eighths = floor(place * u_projection.xz + u_projection.yw);
  v_center = eighths / ${PHASES}.0;
  vec2 pixel = floor(v_center);
  uint ink = a_inside == 0u ? u_context : a_ink;
  uint style = ink >> 24;
  bool seen = all(greaterThanEqual(pixel, vec2(0.0))) && all(lessThan(pixel, u_size));
  if (!seen || style < u_styles.x || style > u_styles.y) {
    gl_Position = vec4(2.0, 2.0, 0.0, 1.0);
    gl_PointSize = 1.0;
    return;
  }
  float opacity = float(texelFetch(u_opacity, ivec2(int(style), 0), 0).r) / 256.0;
  v_color = vec4(float(ink & 255u), float((ink >> 8) & 255u), float((ink >> 16) & 255u), 255.0 * opacity) / 255.0;
  vec2 middle = pixel + 0.5;
  gl_Position = vec4(2.0 * middle.x / u_size.x - 1.0, 1.0 - 2.0 * middle.y / u_size.y, 0.0, 1.0);
  gl_PointSize = 2.0 * u_reach + 1.0;
}`;

export const POINTS_FRAGMENT = `#version 300 es
precision highp float;
uniform vec2 u_size;
uniform float u_radius;
uniform float u_faintest;   // 0…1
flat in vec2 v_center;
flat in vec4 v_color;
out vec4 color;
void main() {
  vec2 at = vec2(gl_FragCoord.x, u_size.y - gl_FragCoord.y);
  float covered = clamp(u_radius + 0.5 - distance(at, v_center), 0.0, 1.0);
  if (covered < u_faintest) discard;
  color = vec4(v_color.rgb, v_color.a * covered);
}`;
