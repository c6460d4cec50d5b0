// Usage: the page's numbers are the API's, as bars, as a table, as a file; and a month's statement.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { MARKUP, inert, looks, unasked } from "./looks.mjs";
import { startRig } from "./rig.mjs";

let rig, mailer;
const USES = 7;
const REFUSED = 3;

/** Uses of two keys of a product: `good` is granted, `bad` refused. */
async function use(product, [good, method, path], [bad, badMethod, badPath], refused) {
  const host = `${product}.localhost:${rig.port}`;
  for (let i = 0; i < USES; i++) {
    const { status } = await rig.api(method, path, undefined, { token: good, host });
    assert.ok(![401, 403].includes(status), `granted, whatever stands behind it: ${status}`);
  }
  for (let i = 0; i < REFUSED; i++) assert.equal((await rig.api(badMethod, badPath, undefined, { token: bad, host })).status, refused);
  await counted(rig.account(product));
}

before(async () => {
  rig = await startRig();
  const scoped = { account: rig.account("animus"), scopes: ["read"] };
  const reader = await rig.must("POST", "/v1/keys", { ...scoped, name: MARKUP });
  const writer = await rig.must("POST", "/v1/keys", { ...scoped, name: "Mailer" });
  await use("animus", [reader.key, "GET", "/api/v1/content/1"], [writer.key, "POST", "/api/v1/content/1"], 403);
  const account = rig.account("anima");
  const agent = await rig.must("POST", "/v1/agents", { account, slug: "counted", name: "Counted" });
  const master = await rig.must("POST", "/v1/keys", { account, kind: "master", name: MARKUP });
  mailer = await rig.must("POST", "/v1/keys", { account, kind: "agent", agent: agent.id, name: "Mailer" });
  await rig.must("PATCH", `/v1/keys/${mailer.id}`, { enabled: false });
  await use("anima", [master.key, "GET", "/v1/agents"], [mailer.key, "GET", "/v1/agents"], 401);
});
after(() => rig?.stop());

/** Counts are in the store within a second or two. */
async function counted(account) {
  for (let i = 0; i < 200; i++) {
    const { data } = await rig.must("GET", `/v1/usage?account=${account}`);
    const sum = (name) => data.reduce((n, row) => n + row[name], 0);
    if (sum("granted") === USES && sum("refused") === REFUSED) return;
    await pause(50);
  }
  assert.fail("the uses were not counted");
}

const tile = async (page, name) => page.locator("dl.tiles > div").filter({ hasText: name }).first().locator("dd").innerText();

test("bars, table and file say what the API says", async () => {
  const { page, errors, context } = await rig.open("animus", "owner", { path: "usage" });
  await page.getByRole("img", { name: `${USES} granted, ${REFUSED} refused` }).waitFor();
  assert.deepEqual([await tile(page, "Granted"), await tile(page, "Refused")], [String(USES), String(REFUSED)]);
  assert.equal(await tile(page, "Refused of all"), "30%");
  assert.ok((await page.locator("usage-chart canvas").evaluate((c) => c.width)) > 300, "the chart is drawn");
  const painted = await page.locator("usage-chart canvas").evaluate((c) => {
    const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
    const colors = new Set();
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) colors.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
    return colors.size;
  });
  assert.ok(painted >= 2, "there are bars of two colours");
  await looks(page, "a chart");

  await page.getByLabel("Group by").selectOption("key");
  await page.locator(".legend").getByText("Mailer").waitFor();
  await inert(page);
  await page.getByRole("radio", { name: "Table" }).check();
  const row = page.getByRole("row").filter({ hasText: "Mailer" });
  assert.deepEqual((await row.getByRole("cell").allInnerTexts()).slice(2), ["0", String(REFUSED)]);
  await looks(page, "a table");
  await page.getByLabel("Group by").selectOption("outcome");
  await page.getByRole("cell", { name: "INSUFFICIENT_SCOPE" }).waitFor();
  await page.getByLabel("Group by").selectOption("route_group");
  const groups = await rig.must("GET", `/v1/usage?account=${rig.account("animus")}&by=route_group`);
  const group = groups.data.find((g) => g.granted);
  await page.getByRole("row").filter({ hasText: group.route_group }).getByRole("cell", { name: String(USES), exact: true }).waitFor();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download CSV" }).click()]);
  const csv = readFileSync(await file.path(), "utf8");
  assert.match(csv.split("\n")[0], /route_group/);
  assert.match(csv, new RegExp(`${group.route_group},${USES},`));

  await page.getByRole("radio", { name: "24 hours" }).check();
  await page.getByLabel("Group by").selectOption("total");
  await page.getByRole("columnheader", { name: "Route group" }).waitFor({ state: "detached" });
  await page.getByRole("radio", { name: "Custom…" }).check();
  await page.getByLabel("To and including").fill("2001-01-02");
  await page.getByLabel("From").fill("2001-01-01");
  await page.getByText("Nothing was used in this time.").waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test("a statement, and a key's credits and refill", async () => {
  const { page, errors, context } = await rig.open("anima", "owner", { path: "usage" });
  await page.getByRole("link", { name: "Statement" }).click();
  await page.getByText(/What .*Acme.* used in this month/).waitFor();
  assert.deepEqual([await tile(page, "Granted"), await tile(page, "Refused")], [String(USES), String(REFUSED)]);
  await inert(page);
  const row = page.getByRole("row").filter({ hasText: "Mailer" });
  await row.getByRole("button", { name: /Change credits/ }).click();
  const dialog = page.getByRole("dialog", { name: /Credits of .*Mailer/ });
  await dialog.getByRole("checkbox", { name: /Meter this key/ }).check();
  await dialog.getByLabel("Fill up", { exact: true }).selectOption("month");
  assert.ok(await dialog.getByRole("button", { name: "Save credits" }).isDisabled());
  await dialog.getByLabel("To so many credits").fill("10000");
  await looks(page, "credits");
  await dialog.getByRole("button", { name: "Save credits" }).click();
  await row.getByText("10,000 each month").waitFor();
  const { credits } = await rig.must("GET", `/v1/keys/${mailer.id}`);
  assert.equal(credits, 10000);
  await looks(page, "a statement");
  await row.getByRole("button", { name: /Change credits/ }).click();
  await dialog.getByLabel("Balance from now on").fill("-1");
  await dialog.getByRole("button", { name: "Save credits" }).click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByRole("checkbox", { name: /Meter this key/ }).uncheck();
  await dialog.getByRole("button", { name: "Save credits" }).click();
  await row.getByText("not metered").waitFor();
  assert.deepEqual(unasked(errors, 422), []);
  await context.close();
});

test("a viewer sees the counts and no statement; a failure is told, and tried again", async () => {
  const { page, errors, context } = await rig.open("anima", "viewer", { path: "usage/statement" });
  await page.getByRole("img", { name: `${USES} granted` }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Statement" }).count(), 0);
  await page.route("**/v1/usage?*", (route) => route.fulfill({ status: 500, body: "<h1>oops</h1>" }));
  await page.getByRole("radio", { name: "7 days" }).check();
  await page.getByRole("alert").waitFor();
  await page.unroute("**/v1/usage?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("img", { name: `${USES} granted` }).waitFor();
  assert.deepEqual(unasked(errors, 500), []);
  await context.close();
});

test("an operator sees the sums of all accounts, and an account's own once it is entered", async () => {
  const { page, errors, context } = await rig.open("operator", "operator", { path: "usage" });
  await page.getByRole("img", { name: /granted/ }).waitFor();
  assert.ok(Number(await tile(page, "Granted")) >= 2 * USES, "the root key's own uses count, too");
  assert.equal(await tile(page, "Refused"), String(2 * REFUSED));
  assert.equal(await page.getByRole("link", { name: "Statement" }).count(), 0);
  await page.goto(`${rig.base("operator")}accounts/${rig.account("anima")}/usage/statement`);
  await page.getByRole("row").filter({ hasText: "Mailer" }).waitFor();
  assert.equal(await tile(page, "Granted"), String(USES));
  assert.deepEqual(errors, []);
  await context.close();
});
