// The strings of this component, and what it calls a key in each product.
import { en } from "./strings/en";
import { de } from "./strings/de";
import { zh } from "./strings/zh";
import { locale, type Languages, type Locale, type Values } from "../common/strings";
import type { Product } from "./model";

export type KeyTexts = typeof en;
export type KeyLocale = Locale<KeyTexts>;

const languages: Languages<KeyTexts> = { en, de, zh };

/** A product may call them tokens; what it calls them otherwise is taken as it stands. */
function nouns(texts: KeyTexts, noun: string): Values {
  if (noun === "key") return { noun: texts.key, nouns: texts.keys, Noun: "Key" };
  if (noun === "token") return { noun: texts.token, nouns: texts.tokens, Noun: noun };
  return { noun, nouns: noun, Noun: noun };
}

export function keyLocale(lang: string, product: Product | null): KeyLocale {
  return locale(lang, languages, (texts) => ({ ...nouns(texts, product?.keys.noun ?? "key"), product: product?.title ?? "the API" }));
}
