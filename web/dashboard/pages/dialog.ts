import { Dialog } from "../../common/dialog";
import { locale, type Locale, type Texts } from "../../common/strings";
import type { App } from "../app";

const none = { en: {}, de: {}, zh: {} };
const locales = new Map<string, Locale<Texts>>();

/** The words that all dialogs share, in the language of the page. */
export function dialogLocale(language: string): Locale<Texts> {
  let found = locales.get(language);
  if (!found) locales.set(language, (found = locale<Texts>(language, none)));
  return found;
}

/** A dialog of a page: it says `done` with what came of it. */
export abstract class PageDialog extends Dialog {
  static override properties = { ...Dialog.properties, app: { attribute: false } };
  declare app: App;

  protected override willUpdate(): void {
    this.loc = dialogLocale(this.app.language);
  }

  /** For `run`: what went wrong is shown by the dialog then. */
  protected done(detail?: unknown): void {
    this.dispatchEvent(new CustomEvent("done", { detail }));
  }
}
