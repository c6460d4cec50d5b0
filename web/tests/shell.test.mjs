// What is around the pages: navigation, addresses, themes, languages, phones, keyboards, and a server that does not answer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, startRig } from "./rig.mjs";

let rig;
before(async () => {
  rig = await startRig();
});
after(() => rig?.stop());

const entries = (page) => page.getByRole("navigation").getByRole("link").allInnerTexts();

test("navigation holds what the product offers and the role may see, and nothing else", async () => {
  for (const [product, role, has, hasNot] of [
    ["animus", "owner", ["Integrations", "Members", "Settings", "Audit log"], ["Legacy keys", "Agents", "Policies"]],
    ["animam", "owner", ["API Tokens", "Legacy keys"], ["Agents", "Policies"]],
    ["anima", "owner", ["API Keys", "Agents", "Policies", "Webhooks"], ["Legacy keys"]],
    ["anyformat", "owner", ["API Key", "Members"], ["Legacy keys", "Agents", "Policies"]],
    ["anima", "viewer", ["API Keys", "Agents"], ["Members", "Audit log", "Accounts"]],
    ["anima", "member", ["API Keys", "Agents", "Settings"], ["Members", "Accounts"]],
  ]) {
    const { page, errors, context } = await rig.open(product, role);
    await page.getByRole("heading", { level: 1 }).waitFor();
    const shown = (await entries(page)).map((text) => text.trim());
    for (const name of has) assert.ok(shown.includes(name), `${product}, ${role}: no ${name} in ${shown}`);
    for (const name of hasNot) assert.ok(!shown.includes(name), `${product}, ${role}: ${name} in ${shown}`);
    assert.deepEqual(errors, [], `${product}, ${role}`);
    await context.close();
  }
});

test("a viewer sees no button that would be refused", async () => {
  const { page, errors, context } = await rig.open("anima", "viewer", { path: "agents" });
  await page.getByText("No agents yet").waitFor();
  assert.equal(await page.getByRole("main").getByRole("button").count(), 0);
  await page.goto(`${rig.base("anima")}members`);
  await page.getByRole("heading", { name: "There is no page at this address" }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test("addresses are real: deep links, reload, back and forward, and one that leads nowhere", async () => {
  const agent = await rig.must("POST", "/v1/agents", { account: rig.account("anima"), slug: "deep", name: "Deep agent" });
  const { page, errors, context } = await rig.open("anima", "owner", { path: `agents/${agent.id}` });
  await page.getByRole("heading", { name: "Deep agent", level: 1 }).waitFor();
  assert.equal(await page.title(), "Deep agent · Anima");
  await page.reload();
  await page.getByRole("heading", { name: "Deep agent", level: 1 }).waitFor();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "Deep agent", level: 1 }).waitFor();
  await page.getByRole("link", { name: "All agents" }).click();
  await page.getByRole("heading", { name: "Agents", level: 1 }).waitFor();
  await page.goBack();
  await page.goForward();
  await page.getByRole("heading", { name: "Agents", level: 1 }).waitFor();
  for (const path of ["nowhere", "legacy", "accounts", "a%25zz"]) {
    await page.goto(rig.base("anima") + path);
    await page.getByRole("heading", { name: "There is no page at this address" }).waitFor();
  }
  await page.goto(`${rig.base("anima")}nowhere`);
  await accessible(page, "no such page");
  await page.getByRole("link", { name: "Go to API Keys" }).click();
  await page.getByRole("heading", { name: "API Keys", level: 1 }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test("what is typed is not lost by a link, nor by a step back", async () => {
  const { page, errors, context } = await rig.open("animus", "owner", { path: "members" });
  await page.getByRole("link", { name: "Settings" }).click();
  const name = page.getByLabel("Name").first();
  await page.getByLabel("Name").nth(1).waitFor(); // the account's comes before the person's
  await name.fill("Not saved yet");
  await page.getByRole("link", { name: "Members" }).click();
  const question = page.getByRole("dialog", { name: "Leave without saving?" });
  await question.waitFor();
  assert.ok(await question.getByRole("button", { name: "Stay" }).evaluate((b) => b.getRootNode().activeElement === b), "what loses nothing is in focus");
  await page.keyboard.press("Enter");
  assert.equal(await name.inputValue(), "Not saved yet");
  await page.goBack();
  await question.waitFor();
  assert.match(page.url(), /settings$/);
  await question.getByRole("button", { name: "Leave" }).click();
  await page.getByRole("heading", { name: "Members", level: 1 }).waitFor();
  assert.match(page.url(), /members$/);
  assert.deepEqual(errors, []);
  await context.close();
});

test("theme and language are chosen, kept, and reach every part", async () => {
  const { page, errors, context } = await rig.open("animus", "owner", { path: "settings" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByRole("radio", { name: "Dark" }).check();
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.getByRole("radio", { name: "Deutsch" }).check();
  await page.getByRole("heading", { name: "Einstellungen", level: 1 }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Einstellungen", level: 1 }).waitFor();
  assert.equal(await ground(), dark);
  assert.equal(await page.evaluate(() => document.documentElement.lang), "de");
  await page.getByRole("radio", { name: "简体中文" }).check();
  await page.getByRole("heading", { name: "设置", level: 1 }).waitFor();
  await page.getByRole("link", { name: "成员" }).click();
  await page.getByRole("heading", { name: "成员", level: 1 }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
  const german = await rig.open("animus", null, { language: "de-AT" });
  await german.page.getByRole("button", { name: "Anmelden" }).waitFor();
  await german.context.close();
});

test("on a phone the navigation is a drawer that the keyboard can leave", async () => {
  const { page, errors, context } = await rig.open("anima", "owner", { path: "members", width: 390, height: 844 });
  await page.getByRole("heading", { name: "Members", level: 1 }).waitFor();
  assert.ok(!(await page.getByRole("link", { name: "Settings" }).isVisible()));
  const menu = page.getByRole("button", { name: "Menu", exact: true });
  await menu.click();
  const drawer = page.getByRole("dialog", { name: "Pages" });
  await drawer.waitFor();
  await accessible(page, "drawer");
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  assert.ok(await menu.evaluate((button) => button.getRootNode().activeElement === button), "the focus comes back");
  await menu.click();
  await drawer.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
  await drawer.waitFor({ state: "detached" });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.equal(wide, 390, "nothing hangs out at the side");
  assert.deepEqual(errors, []);
  await context.close();
});

test("the reference of the API is one click away", async () => {
  const { page, errors, context } = await rig.open("animus", "member");
  await page.getByRole("button", { name: /^Your menu/ }).click();
  const [reference] = await Promise.all([context.waitForEvent("page"), page.getByRole("menuitem", { name: "API reference" }).click()]);
  await reference.waitForURL(/animus\.localhost:\d+\/docs\/$/);
  assert.deepEqual(errors, []);
  await context.close();
});

test("the keyboard alone gets everywhere", async () => {
  const { page, errors, context } = await rig.open("anima", "owner", { path: "members" });
  await page.getByRole("row", { name: /Olga Owner/ }).waitFor();
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("Tab");
  const focused = () =>
    page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return (element?.getAttribute("aria-label") || element?.textContent || element?.tagName || "").trim().replace(/\s+/g, " ");
    });
  assert.equal(await focused(), "Skip to content");
  const seen = [];
  for (let i = 0; i < 24 && !seen.includes("Invite member"); i++) {
    await page.keyboard.press("Tab");
    seen.push(await focused());
  }
  for (const name of ["API Keys", "Agents", "Members", "Settings", "Invite member"]) assert.ok(seen.includes(name), `${name} in ${seen}`);
  await page.keyboard.press("Tab");
  assert.match(await focused(), /^Actions for .*Olga Owner/);
  await page.keyboard.press("Enter");
  assert.equal(await focused(), "Change role");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "Remove");
  await page.keyboard.press("Escape");
  assert.match(await focused(), /^Actions for .*Olga Owner/);
  assert.deepEqual(errors, []);
  await context.close();
});

test("without the server it is said once, and trying again goes on", async () => {
  const { page, errors, context } = await rig.open("anima", "owner", { path: "settings" });
  await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
  await page.getByRole("link", { name: "Agents" }).click(); // its file is there before the server goes
  await page.getByRole("heading", { name: "Agents", level: 1 }).waitFor();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByLabel("Name").first().waitFor();
  await context.setOffline(true);
  await page.getByRole("link", { name: "Agents" }).click();
  const banner = page.getByText("The server cannot be reached. Check your connection.");
  await banner.waitFor();
  const retry = page.getByRole("button", { name: "Try again" });
  await retry.waitFor();
  await accessible(page, "offline");
  await context.setOffline(false);
  await retry.click();
  await banner.waitFor({ state: "detached" });
  await retry.waitFor({ state: "detached" });
  assert.deepEqual(errors.filter((error) => !error.includes("ERR_INTERNET_DISCONNECTED")), []);
  await context.close();
});

test("a server's failure is said in its own words, with the number of the request", async () => {
  const { page, errors, context } = await rig.open("anima", "owner", { path: "settings" });
  await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
  const broken = (route) =>
    route.fulfill({
      status: 503,
      contentType: "application/problem+json",
      body: JSON.stringify({ code: "store_unavailable", detail: "The store cannot answer now.", request_id: "req_abc", errors: [] }),
    });
  await page.route("**/v1/agents*", broken);
  await page.getByRole("link", { name: "Agents" }).click();
  await page.getByText("The store cannot answer now.").waitFor();
  await page.getByText("req_abc").waitFor();
  await accessible(page, "a failed list");
  await page.unroute("**/v1/agents*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("The store cannot answer now.").waitFor({ state: "detached" });
  await page.route("**/v1/product", (route) => route.fulfill({ status: 500, body: "<h1>proxy</h1>" }));
  await page.reload();
  await page.getByRole("heading", { name: "The dashboard could not start" }).waitFor();
  await accessible(page, "a failed start");
  await page.unroute("**/v1/product");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { name: "Agents", level: 1 }).waitFor();
  assert.deepEqual(errors.filter((error) => !/status of 50/.test(error)), []);
  await context.close();
});

test("the page allows nothing but its own files, and keeps within its weight", async () => {
  const { page, errors, context } = await rig.window();
  let weight = 0;
  page.on("response", async (response) => {
    if (!/\/v1\//.test(response.url())) weight += Number(response.headers()["content-length"] ?? 0);
  });
  const [answer] = await Promise.all([page.waitForResponse(/dashboard\/$/), page.goto(rig.base("animus"))]);
  const policy = answer.headers()["content-security-policy"];
  for (const part of ["default-src 'self'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "object-src 'none'"])
    assert.ok(policy.includes(part), policy);
  assert.ok(!policy.includes("unsafe"), policy);
  await page.getByRole("heading", { name: "Log in to Animus" }).waitFor();
  assert.ok(weight > 1000 && weight < 60_000, `log-in weighs ${weight} bytes`);
  assert.equal(await page.evaluate(() => document.querySelectorAll("[style], script:not([src])").length), 0);
  assert.deepEqual(errors, []);
  await context.close();
});
