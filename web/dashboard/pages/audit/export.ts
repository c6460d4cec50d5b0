import { ApiError } from "../../../common/api";
import type { App } from "../../app";

/** As many records as the API gives at once; it may give fewer, and says where the next page begins. */
const PAGE = 4096;

/** The whole log as `cardea audit verify` reads it: the first page with its head, of the others the lines alone. */
export async function exportLog(app: App, progress: (done: number, all: number) => void): Promise<string[]> {
  const parts: string[] = [];
  let to: number | undefined;
  for (let from = 0; to === undefined || from < to; ) {
    const url = app.api.url("audit/export", { from, to, limit: PAGE });
    const answer = await fetch(url, { credentials: "same-origin", cache: "no-store" }).catch(() => {
      throw new ApiError(0, "unreachable", "");
    });
    const text = await answer.text();
    if (!answer.ok) throw refusal(answer.status, text);
    const end = text.indexOf("\n") + 1;
    const next = Number(answer.headers.get("Cardea-Next"));
    parts.push(to === undefined ? text : text.slice(end));
    to = (JSON.parse(text.slice(0, end)) as { to: number }).to;
    if (!(next > from) && next !== to) throw new ApiError(0, "unreachable", ""); // what is between cut the answer's head
    from = next;
    progress(from, to);
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
