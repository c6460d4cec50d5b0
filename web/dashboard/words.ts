import type { App } from "./app";
import { fill, type Values, type Words } from "./strings";

/** For a page's own words: `say(app, "title")`. */
export const speaker =
  <K extends string>(words: Words<K>) =>
  (app: App, key: K, values?: Values): string =>
    fill(words[app.language][key], app.language, values);
