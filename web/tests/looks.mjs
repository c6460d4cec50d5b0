// What every page has to look like: in both themes, and on a phone.
import assert from "node:assert/strict";
import { accessible } from "./rig.mjs";

/** axe-core finds nothing, dark on a wide screen and light on a phone, where nothing is wider than it. */
export async function looks(page, what) {
  const before = page.viewportSize();
  await page.emulateMedia({ colorScheme: "dark" });
  await accessible(page, `${what}, dark`);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 390, height: 844 });
  await accessible(page, `${what}, light, on a phone`);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `${what}: ${width} pixels wide on a phone`);
  await page.setViewportSize(before);
}

/** Errors of the console, but for refusals of the API that a test asked for: a browser writes those down, too. */
export function unasked(errors, ...statuses) {
  return errors.filter((text) => !statuses.some((status) => text.includes(`the server responded with a status of ${status}`)));
}

export const MARKUP = '<img src=x onerror="document.title=1">';
/** For what may hold any character: writes backwards, and goes on for long. */
export const HOSTILE = `${MARKUP} \u202egnp.exe ${"x".repeat(300)}`;

/** Whatever was typed is text: it ran nothing, and made no elements. */
export async function inert(page) {
  assert.equal(await page.evaluate(() => document.title === "1"), false, "a name ran as a program");
  assert.equal(await page.locator('img[src="x"]').count(), 0, "a name became an element");
}
