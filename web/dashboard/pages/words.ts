import type { App } from "../app";
import type { Language } from "../strings";

export type Values = Record<string, string | number>;

const plurals = new Map<Language, Intl.PluralRules>();
const numbers = new Map<Language, Intl.NumberFormat>();

function made<T>(cache: Map<Language, T>, language: Language, make: () => T): T {
  let it = cache.get(language);
  if (!it) cache.set(language, (it = make()));
  return it;
}

/**
 * The words of a page, in each language, loaded with the page. `{name}` stands for a value, numbers are written as the
 * language does, and of "{n} rule|{n} rules" the form that `n` asks for is taken.
 */
export function words<K extends string>(tables: Record<Language, Record<K, string>>) {
  return (app: App, key: K, values: Values = {}): string => {
    const language = app.language;
    // Names that come from the API (`action_block`) may be newer than this table, or typed wrong: they say themselves.
    let text: string = tables[language][key] ?? key.slice(key.indexOf("_") + 1);
    if (text.includes("|")) {
      const forms = text.split("|");
      const rules = made(plurals, language, () => new Intl.PluralRules(language));
      text = forms[rules.select(Number(values["n"])) === "one" ? 0 : forms.length - 1]!;
    }
    const number = made(numbers, language, () => new Intl.NumberFormat(language));
    return text.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name] ?? "";
      return typeof value === "number" ? number.format(value) : value;
    });
  };
}
