import type { Page as Listed } from "../../common/api";
import type { App } from "../app";

interface Member {
  user: string;
  email: string;
  name: string | null;
}

const known = new Map<string, Promise<Map<string, string>>>();

/** Who the people of the account are, by their ids. Others than admins may not see them: ids stay ids. */
export function peopleOf(app: App): Promise<Map<string, string>> {
  const account = app.account?.id ?? app.session.account;
  if (!account || !app.can("manage")) return Promise.resolve(new Map());
  let people = known.get(account);
  if (!people) {
    people = app.api
      .get<Listed<Member>>(`accounts/${encodeURIComponent(account)}/members`, { limit: 200 })
      .then((page) => new Map(page.data.map((m) => [m.user, m.name || m.email])))
      .catch(() => {
        known.delete(account);
        return new Map<string, string>();
      });
    known.set(account, people);
  }
  return people;
}
