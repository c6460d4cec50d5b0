// The keys' page in a product's dashboard: the whole life of a key, and what goes wrong in the middle of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, startRig } from "./rig.mjs";

let rig;
before(async () => {
  rig = await startRig();
});
after(() => rig?.stop());

const PATHS = { animus: "integrations", animam: "api-tokens", anyformat: "api-key" };

/** The page, with its clipboard at hand and a list of the events that the component told. */
async function openKeys(product, role, { path = PATHS[product] ?? "api-keys", ...more } = {}) {
  const opened = await rig.open(product, role, { path, permissions: ["clipboard-read", "clipboard-write"], ...more });
  const { page } = opened;
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.evaluate(() => {
    globalThis.told = [];
    for (const name of ["ready", "load-error", "session-expired", "key-created", "key-rotated", "key-revoked"])
      addEventListener(name, (event) => globalThis.told.push({ ...event.detail, event: name }), true);
  });
  return {
    ...opened,
    dialog: page.getByRole("dialog"),
    row: (name) => page.getByRole("row").filter({ has: page.getByRole("button", { name, exact: true }) }),
    button: (name) => page.getByRole("button", { name, exact: true }),
    told: () => page.evaluate(() => globalThis.told),
    clipboard: () => page.evaluate(() => navigator.clipboard.readText()),
  };
}

const keysOf = async (product) => (await rig.must("GET", `/v1/keys?account=${rig.account(product)}&limit=200`)).data;
const make = (product, body) => rig.must("POST", "/v1/keys", { account: rig.account(product), ...body });
/** The daemon's answer to what a page asked. (route.fetch() asks the machine's resolver, which may know no *.localhost.) */
async function answered(route) {
  const asked = route.request();
  const { host, pathname, search } = new URL(asked.url());
  const { cookie, origin, "idempotency-key": id } = await asked.allHeaders();
  const headers = { Cookie: cookie, Origin: origin ?? `http://${host}`, ...(id ? { "Idempotency-Key": id } : {}) };
  return rig.api(asked.method(), pathname + search, asked.postDataJSON() ?? undefined, { token: null, host, headers });
}

/** What the product says to a request with that key. */
const ask = async (product, path, token, method = "GET") =>
  (await rig.api(method, path, undefined, { host: `${product}.localhost:${rig.port}`, token })).status;

test("the whole life of a key", async () => {
  const t = await openKeys("animus", "owner");
  await t.page.getByText("No keys yet.").waitFor();
  await accessible(t.page, "empty");
  await t.button("Create Key").click();
  await t.dialog.getByLabel("Name").fill("ci-pipeline");
  await t.dialog.getByText("All", { exact: true }).click();
  await t.dialog.getByText("write", { exact: true }).click(); // one less: that is a choice of one's own
  assert.ok(await t.dialog.getByRole("radio", { name: "Custom" }).isChecked());
  await t.dialog.getByLabel("Expires").selectOption({ label: "3 months" });
  await t.button("Create Key").last().click();

  // Shown once, masked, with a command to try it; not closed by mistake.
  await t.dialog.getByText("it is not shown again").waitFor();
  const copy = t.dialog.getByRole("button", { name: "Copy" }).first();
  assert.ok(await copy.evaluate((button) => button.matches(":focus")), "Copy has the focus");
  const shown = () => t.dialog.getByLabel("Save your key").inputValue();
  assert.match(await shown(), /^anm_\w{4}•+$/);
  await t.page.keyboard.press("Escape");
  await t.page.keyboard.press("Escape");
  const saved = t.dialog.getByLabel("I have saved it");
  await saved.waitFor();
  assert.equal(await t.page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true }))), true, "leaving asks first");
  await accessible(t.page, "shown once");
  await t.dialog.getByRole("button", { name: "Show" }).click();
  const secret = await shown();
  await copy.click();
  await t.dialog.getByText("Copied").first().waitFor();
  assert.equal(await t.clipboard(), secret);
  await t.dialog.getByRole("button", { name: "Copy" }).last().click();
  const command = await t.clipboard();
  assert.match(command, /^curl "http:\/\/animus\.localhost:\d+\/api\/v1\/\w+" \\\n/);
  assert.ok(command.endsWith(`-H "Authorization: Bearer ${secret}"`), command);
  await t.dialog.getByRole("button", { name: "Close" }).last().click();
  await t.dialog.waitFor({ state: "detached" });
  assert.ok(!(await t.page.content()).includes(secret) && !JSON.stringify(await t.told()).includes(secret), "nothing keeps the secret");
  assert.equal(await ask("animus", "/api/v1/content", secret), 200);

  // Seen, renamed, its scopes changed.
  await t.row("ci-pipeline").getByText("Active").waitFor();
  await t.row("ci-pipeline").getByRole("button", { name: /^Edit key/ }).click();
  await t.dialog.getByLabel("Name").fill("nightly");
  await t.dialog.getByText("All", { exact: true }).click();
  await accessible(t.page, "edit");
  await t.button("Save").click();
  await t.row("nightly").getByText("Full access").waitFor();
  const [made] = await keysOf("animus");
  assert.deepEqual([made.name, made.scopes, made.expires_at !== null], ["nightly", ["read", "write", "search"], true]);

  // Disabled and enabled again.
  await t.button("nightly").click();
  await t.button("Disable key").click();
  await t.dialog.getByText("until you enable it again").waitFor();
  assert.ok(await t.button("Cancel").evaluate((button) => button.matches(":focus")), "what ends something is never focused");
  await t.button("Disable key").click();
  await t.row("nightly").getByText("Disabled").waitFor();
  assert.equal(await ask("animus", "/api/v1/content", secret), 401);
  await t.button("nightly").click();
  await t.button("Enable key").click();
  await t.row("nightly").getByText("Active").waitFor();
  assert.equal(await ask("animus", "/api/v1/content", secret), 200);

  // Rotated: two keys for a day.
  await t.row("nightly").getByRole("button", { name: /^Rotate key/ }).click();
  assert.equal(await t.dialog.getByLabel("The old one works for").inputValue(), "86400");
  assert.deepEqual(await t.dialog.getByRole("option").allInnerTexts(), ["Ends now", "1 hour", "24 hours", "7 days"]);
  await t.button("Rotate key").click();
  await t.dialog.getByText(/works until/).waitFor();
  await t.dialog.getByRole("button", { name: "Copy" }).first().click();
  const second = await t.clipboard();
  assert.notEqual(second, secret);
  await t.dialog.getByRole("button", { name: "Close" }).last().click();
  await t.row("nightly").filter({ hasText: "Replaced" }).waitFor();
  assert.deepEqual([await ask("animus", "/api/v1/content", secret), await ask("animus", "/api/v1/content", second)], [200, 200]);

  // Revoked: it was used just now, so its name is asked for.
  const live = t.row("nightly").filter({ hasText: "Active" });
  await t.page.reload();
  await live.getByRole("button", { name: /^Revoke key/ }).click();
  await t.dialog.getByLabel("Reason").fill("replaced by the new runner");
  assert.ok(await t.button("Revoke key").isDisabled());
  await t.dialog.getByLabel(/Type .*nightly.* to confirm/).fill("nightly");
  await accessible(t.page, "revoke");
  await t.button("Revoke key").click();
  await t.row("nightly").filter({ hasText: "Revoked" }).getByText("replaced by the new runner").waitFor();
  assert.equal(await ask("animus", "/api/v1/content", second), 401);
  await t.page.getByRole("status").getByText(/Revoked/).waitFor();
  assert.deepEqual(t.errors, []);
  await t.context.close();
});

test("events tell what happened, and never the secret", async () => {
  const t = await openKeys("animam", "owner");
  await t.button("Create token").click();
  await t.dialog.getByLabel("Name").fill("events");
  await t.page.keyboard.press("Enter");
  await t.dialog.getByRole("button", { name: "Copy" }).first().click();
  const secrets = [await t.clipboard()];
  assert.match(await t.dialog.locator("pre").innerText(), /\/tenants\/acme\/corpus"/, "the path is this account's");
  await t.dialog.getByRole("button", { name: "Close" }).last().click();
  await t.row("events").getByRole("button", { name: /^Rotate token/ }).click();
  await t.dialog.getByLabel("The old one works for").selectOption({ label: "Ends now" });
  await t.dialog.getByText(/are refused until they have the new one/).waitFor();
  await t.button("Rotate token").click();
  await t.dialog.getByRole("button", { name: "Copy" }).first().click();
  secrets.push(await t.clipboard());
  await t.dialog.getByRole("button", { name: "Close" }).last().click();
  await t.row("events").filter({ hasText: "Active" }).getByRole("button", { name: /^Revoke token/ }).click();
  await t.button("Revoke token").click();
  await t.row("events").filter({ hasText: "Active" }).waitFor({ state: "detached" });
  const told = await t.told();
  assert.deepEqual(told.map(({ event }) => event).filter((name) => name.startsWith("key-")), ["key-created", "key-rotated", "key-revoked"]);
  for (const secret of secrets) assert.ok(!JSON.stringify(told).includes(secret.slice(8)), "no event holds a secret");
  const [created, rotated, revoked] = told.filter(({ event }) => event.startsWith("key-"));
  assert.equal(rotated.rotated_from, created.id);
  assert.equal(revoked.id, rotated.id);
  assert.deepEqual(t.errors, []);
  await t.context.close();
});

test("two people at one list: who is late is told what the key is now, and nothing is done twice", async () => {
  const names = ["raced", "raced-too"];
  for (const name of names) await make("open-animate", { name });
  const [a, b] = [await openKeys("open-animate", "owner"), await openKeys("open-animate", "both")];
  await a.row("raced").waitFor();
  await b.button("raced").click();
  await b.dialog.getByLabel("Name").fill("renamed");
  await a.row("raced").getByRole("button", { name: /^Revoke key/ }).click();
  await a.dialog.getByLabel("Reason").fill("mine first");
  await a.button("Revoke key").click();
  await a.row("raced").getByText("Revoked").waitFor();
  await b.button("Save").click();
  await b.page.getByText(/raced.* was changed elsewhere meanwhile. It is now: Revoked/).waitFor();
  await b.row("raced").getByText("mine first").waitFor();
  // Both revoke: no error, since what was wanted is so.
  await b.row("raced-too").getByRole("button", { name: /^Revoke key/ }).click();
  await a.row("raced-too").getByRole("button", { name: /^Revoke key/ }).click();
  await a.button("Revoke key").click();
  await a.row("raced-too").getByText("Revoked").waitFor();
  await b.button("Revoke key").click();
  await b.row("raced-too").getByText("Revoked").waitFor();
  assert.equal((await keysOf("open-animate")).length, names.length);
  for (const t of [a, b]) {
    assert.deepEqual(t.errors.filter((error) => !/409/.test(error)), []); // the browser writes each refusal down
    await t.context.close();
  }
});

test("a session that ends in the middle of a dialog: log in in place, and what was typed is made", async () => {
  const person = rig.user("open-animate", "owner");
  const { jwt } = await rig.must("POST", "/v1/sessions", { email: person.email, password: person.password, account: person.account }, { token: null });
  const t = await openKeys("open-animate", null, { path: "" });
  await t.context.addCookies([{ name: "cardea_session", value: jwt, domain: "open-animate.localhost", path: "/dashboard", httpOnly: true, sameSite: "Lax" }]);
  await t.page.goto(`${rig.base("open-animate")}api-keys`);
  await t.button("Create Key").first().click();
  await t.dialog.getByLabel("Name").fill("typed before");
  await rig.must("DELETE", "/v1/sessions", undefined, { token: jwt });
  await t.button("Create Key").last().click();
  await t.page.getByLabel("Password", { exact: true }).waitFor();
  await t.page.getByLabel("Password", { exact: true }).fill(person.password);
  await t.page.getByRole("button", { name: "Log in", exact: true }).click();
  await t.dialog.getByText("it is not shown again").waitFor();
  const made = (await keysOf("open-animate")).filter((key) => key.name === "typed before");
  assert.equal(made.length, 1);
  assert.deepEqual(t.errors, []);
  await t.context.close();
});

test("a lost answer, no connection, a broken server: said once, nothing lost, nothing made twice", async () => {
  const t = await openKeys("animam", "owner");
  await t.button("Create token").first().click();
  await t.dialog.getByLabel("Name").fill("lost");
  await t.context.setOffline(true);
  await t.button("Create token").last().click();
  await t.dialog.getByRole("alert").getByText(/did not answer/).waitFor();
  await t.context.setOffline(false);
  let lost = 0;
  await t.page.route("**/v1/keys", async (route) => {
    if (route.request().method() !== "POST" || lost++) return route.continue();
    await answered(route); // the server makes it …
    return route.abort(); // … and nobody hears of it
  });
  await t.button("Create token").last().click();
  await t.dialog.getByRole("alert").waitFor();
  assert.equal(await t.dialog.getByLabel("Name").inputValue(), "lost");
  await t.button("Create token").last().click();
  await t.dialog.getByRole("button", { name: "Copy" }).first().click();
  assert.equal(await ask("animam", "/tenants/acme/corpus", await t.clipboard()), 200);
  assert.equal((await keysOf("animam")).filter((key) => key.name === "lost").length, 1);
  await t.page.unrouteAll();
  await t.dialog.getByRole("button", { name: "Close" }).last().click();

  await t.page.route("**/v1/keys?*", (route) => route.fulfill({ status: 500, contentType: "text/html", body: "<h1>no</h1>" }));
  await t.page.reload();
  await t.page.getByRole("alert").getByText(/could not do this \(status 500\)/).waitFor();
  await accessible(t.page, "an error");
  await t.page.unrouteAll();
  await t.button("Try again").click();
  await t.row("lost").waitFor();
  await t.context.close();
});

test("names that want to be more than names", async () => {
  const image = `<img src=x onerror="globalThis.pwned=1">`;
  const key = await make("animus", { name: image, scopes: ["read"] });
  for (const [width, height] of [[1280, 800], [390, 844]]) {
    const t = await openKeys("animus", "owner", { width, height });
    // The API takes neither of these two; another version, or an import, might.
    await t.page.route("**/v1/keys?*", async (route) => {
      const { json: page } = await answered(route);
      page.data.push({ ...key, id: "key_00000000000a1", name: `invoice\u202Egpj.exe` }, { ...key, id: "key_00000000000a2", name: "W".repeat(10_000) });
      return route.fulfill({ json: page });
    });
    await t.page.reload();
    await t.button(image).waitFor();
    const heights = await t.page.getByRole("row").evaluateAll((rows) => rows.slice(1).map((row) => row.offsetHeight).filter(Boolean));
    assert.equal(new Set(heights).size, 1, `rows are of one height: ${heights}`);
    const wide = () => t.page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
    assert.ok((await wide()) <= 0, `${width}: nothing is wider than the page`);
    await t.page.getByRole("row").filter({ hasText: "WWWW" }).getByRole("button", { name: /^Revoke/ }).click();
    assert.ok((await wide()) <= 0 && (await t.dialog.evaluate((dialog) => dialog.scrollWidth <= dialog.clientWidth)));
    await t.page.keyboard.press("Escape");
    await t.button(image).click();
    assert.equal(await t.dialog.getByLabel("Name").inputValue(), image);
    assert.equal(await t.page.evaluate(() => globalThis.pwned), undefined);
    assert.equal(await t.page.getByRole("img", { name: "x" }).count(), 0);
    assert.deepEqual(t.errors, []);
    await t.context.close();
  }
});

test("a link fills the dialog in, and nothing is made by following it", async () => {
  const before = (await keysOf("animus")).length;
  const link = "?name=Importer&scopes=read,write,nonsense&expires=30d&keep=this#create";
  const t = await openKeys("animus", "owner", { path: `integrations${link}` });
  await t.dialog.getByText("A link filled this in").waitFor();
  assert.equal(await t.dialog.getByLabel("Name").inputValue(), "Importer");
  const chosen = await t.dialog.getByRole("checkbox").evaluateAll((boxes) => boxes.map((box) => box.checked));
  assert.deepEqual(chosen, [true, true, false]);
  assert.equal(await t.dialog.getByLabel("Expires").inputValue(), String(30 * 86_400));
  assert.equal(new URL(t.page.url()).search + new URL(t.page.url()).hash, "?keep=this");
  assert.equal((await keysOf("animus")).length, before);
  await t.page.keyboard.press("Escape");
  await t.page.reload();
  await t.row("nightly").first().or(t.button("Create Key").first()).first().waitFor();
  assert.equal(await t.dialog.count(), 0, "a reload does not ask again");
  assert.deepEqual(t.errors, []);
  await t.context.close();
});

test("what a key is like is seen in its row: usage, what ends soon, and why it works no more", async () => {
  const soon = new Date(Date.now() + 5 * 86_400_000).toISOString();
  const far = "2031-12-28T12:00:00Z";
  const used = await make("animam", { name: "in use", scopes: ["corpus:read"] });
  for (const path of ["/tenants/acme/corpus", "/tenants/acme/corpus", "/tenants/acme/settings"]) await ask("animam", path, used.key);
  const gone = await make("animam", { name: "gone", scopes: ["corpus:read"] });
  await rig.must("DELETE", `/v1/keys/${gone.id}?reason=left+in+a+log`);
  for (const [width, height] of [[1280, 800], [390, 844]]) {
    const t = await openKeys("animam", "owner", { width, height });
    await t.page.route("**/v1/keys?*", async (route) => {
      const { json: page } = await answered(route);
      const { key: _secret, ...like } = used;
      page.data.push(
        { ...like, id: "key_00000000000b1", name: "ends soon", expires_at: soon, reminder: "expiring" },
        { ...like, id: "key_00000000000b2", name: "is due", rotation_due_at: soon, reminder: "rotation_due" },
        { ...like, id: "key_00000000000b3", name: "far", expires_at: far },
      );
      return route.fulfill({ json: page });
    });
    await t.page.reload();
    await t.row("ends soon").getByText("Expires soon").waitFor();
    await t.row("is due").getByText("Rotation due").waitFor();
    await t.row("gone").getByText("left in a log").waitFor();
    const [name, live] = [t.button("gone"), t.button("in use")];
    const color = (button) => button.evaluate((one) => getComputedStyle(one).color);
    assert.notEqual(await color(name), await color(live), "what is over is grey");
    for (let tries = 0; (await t.row("in use").getByRole("img").getAttribute("aria-label")) !== "Last 30 days: 2 uses, 1 refused"; tries++) {
      assert.ok(tries < 50, "its uses are counted within seconds");
      await t.page.reload();
      await t.row("in use").getByRole("img").waitFor();
    }
    const cut = await t.page.locator("time").evaluateAll((times) => times.filter((one) => one.offsetWidth && one.scrollWidth > one.clientWidth).map((one) => one.textContent));
    assert.deepEqual(cut, [], "no date is cut");
    await t.page.unrouteAll();
    await t.context.close();
  }
});

test("the page around is told when keys are there, when they are not, and when a session has ended", async () => {
  const t = await openKeys("animam", "owner");
  const load = () => t.page.evaluate(() => globalThis.keys().load());
  await t.page.evaluate(() => {
    const find = (root) => root.querySelector("cardea-keys") ?? [...root.querySelectorAll("*")].map((one) => one.shadowRoot && find(one.shadowRoot)).find(Boolean);
    globalThis.keys = () => find(document);
  });
  await load();
  assert.deepEqual((await t.told()).at(-1), { event: "ready" });
  await t.page.route("**/v1/keys?*", (route) => route.fulfill({ status: 503, json: { code: "busy", detail: "Come again." } }));
  await load();
  assert.deepEqual((await t.told()).at(-1), { event: "load-error", status: 503, code: "busy", message: "Come again." });
  await t.page.unrouteAll();
  await t.page.route("**/v1/keys?*", (route) => route.fulfill({ status: 401, json: { code: "unauthenticated", detail: "It has ended." } }));
  void load().catch(() => {}); // it waits for somebody to log in again
  await t.page.waitForFunction(() => globalThis.told.at(-1).event === "session-expired");
  await t.page.unrouteAll();
  await t.context.close();
});

test("by keyboard alone: a key is created and revoked, and the focus is never lost", async () => {
  const t = await openKeys("anyformat", "owner");
  const { keyboard } = t.page;
  const focused = () => t.page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element === document.body ? "nothing" : (element.getAttribute("aria-label") || element.textContent.trim() || element.id);
  });
  const reach = async (wanted) => {
    for (let i = 0; i < 40; i++) {
      if (wanted.test(await focused())) return;
      await keyboard.press("Tab");
    }
    assert.fail(`${wanted} is not to be reached: the focus is at ${await focused()}`);
  };
  await t.page.getByText("No keys yet.").waitFor();
  await reach(/^Create Key/);
  await keyboard.press("Enter");
  await t.dialog.waitFor();
  await keyboard.type("typed");
  await reach(/^expiry|Never/);
  await keyboard.press("ArrowDown"); // the first span
  assert.equal(await t.dialog.getByLabel("Expires").inputValue(), String(7 * 86_400));
  await reach(/^Create Key/);
  await keyboard.press("Enter");
  await t.dialog.getByText("it is not shown again").waitFor();
  await keyboard.press("Enter"); // copies
  await t.dialog.getByText("Copied").first().waitFor();
  await keyboard.press("Escape");
  await t.dialog.waitFor({ state: "detached" });
  assert.match(await focused(), /Generate new key|Create Key/, "the button that opened it is gone: the one in its place");
  await reach(/^Revoke key/);
  await keyboard.press("Enter");
  await keyboard.press("Enter"); // Cancel has the focus
  await t.dialog.waitFor({ state: "detached" });
  assert.match(await focused(), /^Revoke key/);
  await keyboard.press("Enter");
  await t.dialog.waitFor();
  await keyboard.press("Tab"); // past Cancel
  await keyboard.press("Enter");
  await t.row("typed").getByText("Revoked").waitFor();
  await t.dialog.waitFor({ state: "detached" });
  assert.equal(await focused(), "typed", "its buttons are gone: its name");
  assert.deepEqual(t.errors, []);
  await t.context.close();
});
