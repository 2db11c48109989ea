/** What the explorer in a notebook's cell and the cell say to each other. */

export interface Answer {
  kind: "answer";
  id: number;
  status: number;
  body: ArrayBuffer;
}

export type ToPage = Answer | { kind: "select"; bits: Uint8Array<ArrayBuffer> };

export type FromPage =
  | { kind: "ask"; id: number; path: string; body: string | null }
  | { kind: "selected"; bits: Uint8Array<ArrayBuffer> };
