import type { TestCase } from "./shapes";

// Test cases of a policy are kept in the browser: the API judges them, and has no place for them. A file of the same
// shape is what `cardea policies test` takes.

const nameOf = (policy: string) => `cardea.cases.${policy}`;
const VERDICTS = ["allow", "flag", "block"];

function isCase(value: unknown): value is TestCase {
  const c = value as TestCase | null;
  return typeof c === "object" && c !== null && typeof c.text === "string" && VERDICTS.includes(c.expect);
}

export function readCases(policy: string): TestCase[] {
  try {
    return parseCases(localStorage.getItem(nameOf(policy)) ?? "") ?? [];
  } catch {
    return []; // a browser that keeps nothing
  }
}

export function keepCases(policy: string, cases: readonly TestCase[]): void {
  try {
    if (cases.length) localStorage.setItem(nameOf(policy), JSON.stringify({ cases }));
    else localStorage.removeItem(nameOf(policy));
  } catch {
    // they last as long as the page, then
  }
}

/** Null when a text holds none. */
export function parseCases(text: string): TestCase[] | null {
  try {
    const value = JSON.parse(text) as { cases?: unknown } | unknown[];
    const list = Array.isArray(value) ? value : value?.cases;
    if (!Array.isArray(list) || !list.every(isCase)) return null;
    return list.map(({ name, text: t, expect }) => ({ ...(name ? { name } : {}), text: t, expect }));
  } catch {
    return null;
  }
}
