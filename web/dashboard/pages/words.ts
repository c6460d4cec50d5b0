import type { App } from "../app";
import type { Language } from "../strings";

export type Values = Record<string, string | number>;

/** The words of a page in the language that the app speaks. */
export interface Words<K extends string> {
  (app: App, key: K, values?: Values): string;
  /** Whether they are there; if not they are on their way, and the app tells of a change once they are. */
  ready(app: App): boolean;
}

const plurals = new Map<Language, Intl.PluralRules>();
const numbers = new Map<Language, Intl.NumberFormat>();

function made<T>(cache: Map<Language, T>, language: Language, make: () => T): T {
  let it = cache.get(language);
  if (!it) cache.set(language, (it = make()));
  return it;
}

/** `{name}` stands for a value, numbers are written as the language does, and of "{n} rule|{n} rules" `n` takes its form. */
function filled(text: string, language: Language, values: Values): string {
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
}

/** The words of a page: each language is a file of its own, loaded when somebody reads it. */
export function words<K extends string>(load: Record<Language, () => Promise<Record<K, string>>>): Words<K> {
  const tables = new Map<Language, Record<K, string>>();
  const loading = new Set<Language>();
  // While another language is on its way the page speaks the one before.
  let last: Record<K, string> | undefined;

  const say = (app: App, key: K, values: Values = {}): string => {
    const table = tables.get(app.language) ?? last;
    // Names that come from the API (`action_block`) may be newer than the table, or typed wrong: they say themselves.
    return filled(table?.[key] ?? key.slice(key.indexOf("_") + 1), app.language, values);
  };
  const fetch = async (app: App, language: Language): Promise<void> => {
    loading.add(language);
    try {
      last = await load[language]();
      tables.set(language, last);
      app.dispatchEvent(new Event("change"));
    } catch {
      loading.delete(language); // asked for again with the next change
    }
  };
  const ready = (app: App): boolean => {
    if (!tables.has(app.language) && !loading.has(app.language)) void fetch(app, app.language);
    return last !== undefined;
  };
  return Object.assign(say, { ready });
}
