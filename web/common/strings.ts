// Strings are data: one object a language, English being the one that says which there are.
import { en } from "./strings/en";
import { de } from "./strings/de";
import { zh } from "./strings/zh";
import { Format } from "./format";

export type Texts = Record<string, string>;
export type Values = Record<string, string | number>;
/** The same names in each language. */
export type Languages<T extends Texts> = { en: T } & { [L in "de" | "zh"]: { [K in keyof T]: string } };

export const common: Languages<typeof en> = { en, de, zh };
export type CommonTexts = typeof en;

/** One language's strings, and how it writes times and numbers. */
export class Locale<T extends Texts = CommonTexts> {
  readonly format: Format;

  constructor(
    readonly lang: string,
    private readonly texts: T & CommonTexts,
    readonly values: Values = {},
  ) {
    this.format = new Format(lang);
  }

  /** The text of that name, its {braces} filled in. */
  text(name: (keyof T | keyof CommonTexts) & string, values: Values = {}): string {
    return this.texts[name]!.replace(/\{(\w+)\}/g, (whole, key: string) => {
      const value = values[key] ?? this.values[key];
      return value === undefined ? whole : String(value);
    });
  }
}

/** The wanted language if there is one, else English. `lang` may be empty: the browser's then. */
export function locale<T extends Texts>(lang: string, more: Languages<T>, values: (texts: T) => Values = () => ({})): Locale<T> {
  const tag = lang || navigator.language;
  const known = tag.toLowerCase().split("-")[0] as keyof typeof common;
  const language = Object.hasOwn(common, known) ? known : "en";
  const own = more[language] as T;
  return new Locale<T>(language === known ? tag : language, { ...common[language], ...own }, values(own));
}

/** The language of the page around an element: its own attribute, else the nearest above it. */
export function languageOf(element: HTMLElement): string {
  return element.lang || element.closest<HTMLElement>("[lang]")?.lang || "";
}
