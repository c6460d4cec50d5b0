import type { en } from "./en";

export type StringKey = keyof typeof en;
/** One text, or one for each form of a number in that language. */
export type Text = string | Partial<Record<Intl.LDMLPluralRule, string>>;
export type Strings = Record<StringKey, Text>;
export type Values = Record<string, string | number>;

export const LANGUAGES = { en: "English", de: "Deutsch", zh: "简体中文" } as const;
export type Language = keyof typeof LANGUAGES;

const loaders: Record<Language, () => Promise<Strings>> = {
  en: async () => (await import("./en")).en,
  de: async () => (await import("./de")).de,
  zh: async () => (await import("./zh")).zh,
};

export const loadStrings = (language: Language): Promise<Strings> => loaders[language]();

/** The first language of the browser's that there is. */
export function browserLanguage(): Language {
  for (const wanted of navigator.languages) {
    const short = wanted.slice(0, 2).toLowerCase();
    if (short in LANGUAGES) return short as Language;
  }
  return "en";
}

/** `values.count` chooses the form; numbers are written as the language writes them. */
export function fill(text: Text, language: Language, values: Values = {}): string {
  const form =
    typeof text === "string"
      ? text
      : (text[new Intl.PluralRules(language).select(Number(values.count ?? 0))] ?? text.other ?? "");
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? value.toLocaleString(language) : value;
  });
}

/** The words of a page, which come with it: each in every language. */
export type Words<K extends string> = Record<Language, Record<K, Text>>;
