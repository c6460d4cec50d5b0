import type { PropertyDeclarations } from "lit";

/** Reactive properties of an element that are no attributes: what it is given, and its own state. */
export function properties(names: string): PropertyDeclarations {
  return Object.fromEntries(names.split(" ").map((name) => [name, { attribute: false }]));
}
