import type { PolicyDocument, Rule } from "./shapes";

export interface Changes {
  added: string[];
  removed: string[];
  changed: string[];
  /** Members beside the rules. */
  settings: string[];
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** What a draft changes, rule by rule: what a confirmation has to name. */
export function changesOf(before: PolicyDocument | null, after: PolicyDocument): Changes {
  const old = new Map((before?.rules ?? []).map((r) => [r.id, r]));
  const now = new Map((after.rules ?? []).map((r) => [r.id, r]));
  const members = new Set([...Object.keys(before ?? {}), ...Object.keys(after)]) as Set<keyof PolicyDocument>;
  members.delete("rules");
  return {
    added: [...now.keys()].filter((id) => !old.has(id)),
    removed: [...old.keys()].filter((id) => !now.has(id)),
    changed: [...now].filter(([id, r]) => old.has(id) && !same(old.get(id), r)).map(([id]) => id),
    settings: before ? [...members].filter((m) => !same(before[m], after[m])) : [],
  };
}

/** In the order in which they are asked: by ascending priority, then as they stand. */
export function inOrder(rules: readonly Rule[]): { rule: Rule; index: number }[] {
  return rules
    .map((rule, index) => ({ rule, index }))
    .sort((a, b) => (a.rule.priority ?? 100) - (b.rule.priority ?? 100) || a.index - b.index);
}
