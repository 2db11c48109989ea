/** The points that all viewers draw: float32 x, y in 0…1, and a category (uint8) for each. */
const bytes = async (name) => (await fetch(`/${name}`)).arrayBuffer();
export const places = async () => new Float32Array(await bytes("places.bin"));
export const categories = async () => new Uint8Array(await bytes("categories.bin"));
export const COLORS = ["#0D76C8", "#D2500E", "#0B6A50", "#BB8D38", "#784693"];
