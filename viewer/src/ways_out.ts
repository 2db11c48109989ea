/** Files that leave the page. */

import type { Explorer } from "./explorer";

export function fileName(name: string, end: string): string {
  const plain = name.replace(/[^\p{L}\p{N}_-]+/gu, "-").replace(/^-+|-+$/g, "");
  return `${plain || "map"}.${end}`;
}

export function download(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** The rows inside, or all rows where nothing is selected. */
export async function saveRows(explorer: Explorer, format: "csv" | "parquet"): Promise<void> {
  const { info, backend, masks } = explorer;
  const rows = masks.get().inside;
  const file = await explorer.ask(() => backend.exportRows(rows, format, info.nRows));
  download(file, fileName(rows ? `${info.name}-selection` : info.name, format));
}
