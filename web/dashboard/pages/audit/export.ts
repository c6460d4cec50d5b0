import { ApiError } from "../../../common/api";
import type { App } from "../../app";

/** As many records as the API gives at once. A page begins where a tile of hashes does, so that each comes once. */
const PAGE = 4096;

interface Head {
  from: number;
  to: number;
}

/** The whole log as `cardea audit verify` reads it: the first page with its head, of the others the lines alone. */
export async function exportLog(app: App, progress: (done: number, all: number) => void): Promise<string[]> {
  const parts: string[] = [];
  let to: number | undefined;
  for (let from = 0; to === undefined || from < to; from += PAGE) {
    const url = app.api.url("audit/export", { from, to, limit: PAGE });
    const answer = await fetch(url, { credentials: "same-origin", cache: "no-store" }).catch(() => {
      throw new ApiError(0, "unreachable", "");
    });
    const text = await answer.text();
    if (!answer.ok) throw refusal(answer.status, text);
    const end = text.indexOf("\n") + 1;
    const head = JSON.parse(text.slice(0, end)) as Head;
    parts.push(to === undefined ? text : text.slice(end));
    to = head.to;
    progress(Math.min(from + PAGE, to), to);
  }
  return parts;
}

function refusal(status: number, text: string): ApiError {
  try {
    const { code, detail } = JSON.parse(text) as { code: string; detail: string };
    return new ApiError(status, code, detail);
  } catch {
    return new ApiError(status, "", "");
  }
}
