// Where each value of a JSON text stands, so that a mistake that the API names by a JSON pointer is shown at its line.

export interface Place {
  start: number;
  end: number;
}

export type Slip = "value" | "comma" | "colon" | "name" | "text" | "escape" | "end" | "twice" | "deep";

/** The first thing that is wrong with a text, where it is no JSON. */
export class JsonSlip extends Error {
  constructor(
    readonly slip: Slip,
    readonly at: number,
  ) {
    super(slip);
  }
}

/** As deep as the API reads. Beyond it the text is refused before the stack is. */
const DEEPEST = 64;

class Reader {
  readonly places = new Map<string, Place>();
  private at = 0;

  constructor(private readonly text: string) {}

  read(): void {
    this.value("", 0);
    this.blank();
    if (this.at < this.text.length) throw new JsonSlip("end", this.at);
  }

  private blank(): void {
    while (/[ \t\r\n]/.test(this.text[this.at] ?? "")) this.at++;
  }

  private value(pointer: string, depth: number, from?: number): void {
    this.blank();
    const start = from ?? this.at;
    if (depth > DEEPEST) throw new JsonSlip("deep", this.at);
    const first = this.text[this.at];
    if (first === "{") this.object(pointer, depth);
    else if (first === "[") this.array(pointer, depth);
    else if (first === '"') this.string();
    else this.word();
    this.places.set(pointer, { start, end: this.at });
  }

  private object(pointer: string, depth: number): void {
    const names = new Set<string>();
    this.at++;
    this.blank();
    if (this.take("}")) return;
    do {
      this.blank();
      const at = this.at;
      if (this.text[at] !== '"') throw new JsonSlip("name", at);
      const name = this.string();
      if (names.has(name)) throw new JsonSlip("twice", at);
      names.add(name);
      this.blank();
      if (!this.take(":")) throw new JsonSlip("colon", this.at);
      this.value(`${pointer}/${name.replace(/~/g, "~0").replace(/\//g, "~1")}`, depth + 1, at);
      this.blank();
    } while (this.take(","));
    if (!this.take("}")) throw new JsonSlip("comma", this.at);
  }

  private array(pointer: string, depth: number): void {
    this.at++;
    this.blank();
    if (this.take("]")) return;
    let index = 0;
    do this.value(`${pointer}/${index++}`, depth + 1);
    while ((this.blank(), this.take(",")));
    if (!this.take("]")) throw new JsonSlip("comma", this.at);
  }

  private string(): string {
    const start = this.at++;
    for (; this.at < this.text.length; this.at++) {
      const c = this.text[this.at]!;
      if (c === '"') {
        const whole = this.text.slice(start, ++this.at);
        try {
          return JSON.parse(whole) as string;
        } catch {
          throw new JsonSlip("escape", start);
        }
      }
      if (c === "\\") this.at++;
      else if (c < " ") break;
    }
    throw new JsonSlip("text", start);
  }

  private word(): void {
    const found = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/.exec(
      this.text.slice(this.at, this.at + 64),
    );
    if (!found) throw new JsonSlip("value", this.at);
    this.at += found[0].length;
  }

  private take(c: string): boolean {
    if (this.text[this.at] !== c) return false;
    this.at++;
    return true;
  }
}

/** Pointer (RFC 6901) to place. Of a member the place begins at its name. Throws JsonSlip. */
export function places(text: string): Map<string, Place> {
  const reader = new Reader(text);
  reader.read();
  return reader.places;
}

/** The place of what a pointer names, or of what holds it: a member that is missing stands nowhere itself. */
export function placeOf(map: Map<string, Place>, pointer: string): Place | undefined {
  for (let p = pointer; ; p = p.slice(0, p.lastIndexOf("/"))) {
    const found = map.get(p);
    if (found || !p) return found;
  }
}

/** From 1 on, as people count lines. */
export function lineOf(text: string, at: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < at; i = text.indexOf("\n", i + 1)) line++;
  return line;
}

/** JSON as people would write it: short lists of plain values stay on one line. */
export function pretty(value: unknown, indent = ""): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = indent + "  ";
  if (Array.isArray(value)) {
    const flat = value.every((v) => v === null || typeof v !== "object");
    const line = `[${value.map((v) => JSON.stringify(v)).join(", ")}]`;
    if (!value.length || (flat && indent.length + line.length <= 72)) return line;
    return `[\n${value.map((v) => inner + pretty(v, inner)).join(",\n")}\n${indent}]`;
  }
  const members = Object.entries(value);
  if (!members.length) return "{}";
  return `{\n${members.map(([k, v]) => `${inner}${JSON.stringify(k)}: ${pretty(v, inner)}`).join(",\n")}\n${indent}}`;
}
