import { getContext, setContext } from "svelte";
import type { Explorer } from "./explorer";

const KEY = Symbol("explorer");

export function provideExplorer(explorer: Explorer): void {
  setContext(KEY, explorer);
}

export function useExplorer(): Explorer {
  return getContext<Explorer>(KEY);
}
