import { words } from "../words";
import type { en } from "./words/en";

export type Word = keyof typeof en;
export const w = words<Word>({
  en: async () => (await import("./words/en")).en,
  de: async () => (await import("./words/de")).de,
  zh: async () => (await import("./words/zh")).zh,
});
