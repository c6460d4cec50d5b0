/** The types that an endpoint can ask for, by the thing they are about: src/service/event_types.c, held to it by a test. */
export const EVENT_TYPES: Record<string, string[]> = {
  key: [
    "created",
    "imported",
    "updated",
    "rotated",
    "revoked",
    "expiring",
    "expired",
    "rotation_due",
    "limit_reached",
    "leaked",
    "exposed",
    "denied",
    "used_after_idle",
    "denial_spike",
    "new_network",
  ],
  content: ["blocked", "flagged"],
  message: ["sent", "received", "delivered", "failed"],
  policy: ["published"],
  agent: ["created", "updated", "deleted"],
  member: ["added", "updated", "removed"],
  account: ["updated", "suspended", "resumed"],
  webhook: ["disabled"],
  audit: ["checkpoint"],
};

/** What is chosen, in as few words as the API takes: all, all of a thing, or single types. */
export function patterns(chosen: ReadonlySet<string>, groups: readonly string[]): string[] {
  const out: string[] = [];
  let all = true;
  for (const group of groups) {
    const types = EVENT_TYPES[group]!.map((t) => `${group}.${t}`);
    const have = types.filter((t) => chosen.has(t));
    all &&= have.length === types.length;
    if (have.length === types.length && types.length > 1) out.push(`${group}.*`);
    else out.push(...have);
  }
  return all ? ["*"] : out;
}

/** The types that patterns stand for. */
export function chosenBy(events: readonly string[]): Set<string> {
  const out = new Set<string>();
  for (const [group, types] of Object.entries(EVENT_TYPES))
    for (const type of types) {
      const name = `${group}.${type}`;
      if (events.some((e) => e === "*" || e === name || e === `${group}.*`)) out.add(name);
    }
  return out;
}
