// The strings of this component, and what it calls a key in each product.
import { locale, type Languages, type Locale, type Values } from "../common/strings";
import { de } from "./strings/de";
import { en } from "./strings/en";
import { zh } from "./strings/zh";
import type { Product } from "./model";

export type KeyTexts = typeof en;
export type KeyLocale = Locale<KeyTexts>;

const languages: Languages<KeyTexts> = { en, de, zh };

/** A product may call them tokens; what it calls them otherwise is taken as it stands. */
function nouns(texts: KeyTexts, noun: string): Values {
  if (noun === "key") return { noun: texts.key, nouns: texts.keys };
  if (noun === "token") return { noun: texts.token, nouns: texts.tokens };
  return { noun, nouns: noun };
}

export function keyLocale(lang: string, product: Product | null): KeyLocale {
  return locale(lang, languages, (texts) => ({ ...nouns(texts, product?.keys.noun ?? "key"), product: product?.title ?? "the API" }));
}
