// Members, agents, legacy keys, settings and an operator's accounts, as people use them.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { accessible, settled, startRig } from "./rig.mjs";

let rig;
before(async () => {
  rig = await startRig();
});
after(() => rig?.stop());

// The API refuses what turns a line around by itself (U+202E); letters that run from right to left are names, too.
const HOSTILE = `<img src=x onerror="window.hacked=1"> \u05e9\u05dc\u05d5\u05dd ${"W".repeat(50)}`;
const said = (page, text) => page.getByRole("status").getByText(text).waitFor();

test("members: an owner takes somebody in, gives another role, and takes them out", async () => {
  await rig.must("POST", "/v1/users", { email: "nina@acme.example", name: "Nina New", password: "a password to begin with" });
  const { page, errors, context } = await rig.open("anima", "owner", { path: "members" });
  await page.getByRole("button", { name: "Invite member" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite a member" });
  await accessible(page, "inviting");
  await dialog.getByLabel("E-mail").fill("nobody@acme.example");
  await dialog.getByRole("button", { name: "Add member" }).click();
  await dialog.getByRole("alert").waitFor();
  assert.equal(await dialog.getByLabel("E-mail").inputValue(), "nobody@acme.example", "what was typed stays");
  await dialog.getByLabel("E-mail").fill("nina@acme.example");
  await dialog.getByRole("radio", { name: /^Viewer/ }).check();
  await dialog.getByRole("button", { name: "Add member" }).click();
  await page.getByRole("dialog", { name: /Nina New.* is a member now/ }).getByRole("button", { name: "Done" }).click();
  const row = page.getByRole("row", { name: /Nina New/ });
  await row.getByRole("cell", { name: "Viewer" }).waitFor();
  await row.getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: "Change role" }).click();
  await page.getByRole("dialog").getByRole("radio", { name: /^Admin/ }).check();
  await page.getByRole("dialog").getByRole("button", { name: "Change role" }).click();
  await row.getByRole("cell", { name: "Admin" }).waitFor();
  await row.getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  const sure = page.getByRole("dialog", { name: /Remove .*Nina New/ });
  assert.ok(await sure.getByRole("button", { name: "Cancel" }).evaluate((b) => b.getRootNode().activeElement === b), "what destroys is not in focus");
  await sure.getByRole("button", { name: "Remove" }).click();
  await row.waitFor({ state: "detached" });
  // The last owner stays, and the API says why.
  const owner = page.getByRole("row", { name: /Olga Owner/ });
  await owner.getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: "Change role" }).click();
  await page.getByRole("dialog").getByRole("radio", { name: /^Member/ }).check();
  await page.getByRole("dialog").getByRole("button", { name: "Change role" }).click();
  await page.getByRole("dialog").getByRole("alert").getByText(/owner/).waitFor();
  assert.deepEqual(errors.filter((error) => !/status of 40[49]/.test(error)), []);
  await context.close();
});

test("agents: created, renamed, suspended with all its keys, resumed, deleted by its name", async () => {
  const { page, errors, context } = await rig.open("anima", "owner", { path: "agents" });
  const act = async (name, action) => {
    await page.getByRole("row", { name }).getByRole("button", { name: /^Actions for/ }).click();
    await page.getByRole("menuitem", { name: action }).click();
  };
  await page.getByRole("button", { name: "Create agent" }).click();
  const dialog = page.getByRole("dialog", { name: "Create an agent" });
  await dialog.getByLabel("Short name").fill("Not A Slug");
  await dialog.getByRole("button", { name: "Create agent" }).click();
  await dialog.getByText(/lower|slug/i).first().waitFor();
  assert.equal(await dialog.getByLabel("Short name").getAttribute("aria-invalid"), "true");
  await accessible(page, "a mistake in a form");
  await dialog.getByLabel("Short name").fill("postman");
  await dialog.getByRole("button", { name: "Create agent" }).click();
  await act(/postman/, "Rename");
  await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill(HOSTILE);
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await page.getByRole("row", { name: /onerror/ }).waitFor();
  const account = rig.account("anima");
  const { key } = await rig.must("POST", "/v1/keys", { account, kind: "agent", agent: "postman", name: "round" });
  const works = async () => (await rig.must("POST", "/v1/keys/verify", { key })).valid;
  await act(/postman/, "Suspend");
  await page.getByRole("dialog").getByRole("button", { name: "Suspend" }).click();
  await page.getByRole("row", { name: /postman/ }).getByText("Suspended").waitFor();
  assert.equal(await works(), false);
  await act(/postman/, "Resume");
  await page.getByRole("row", { name: /postman/ }).getByText("Active").waitFor();
  assert.equal(await works(), true);
  await page.getByRole("row", { name: /postman/ }).getByRole("link").click();
  await page.getByRole("cell", { name: /round/ }).waitFor();
  await accessible(page, "an agent");
  await page.getByRole("button", { name: "Delete" }).click();
  const sure = page.getByRole("dialog", { name: /^Delete/ });
  assert.ok(await sure.getByRole("button", { name: "Delete" }).isDisabled());
  await sure.getByLabel(/^Type/).fill("postman");
  await sure.getByRole("button", { name: "Delete" }).click();
  await page.getByText("No agents yet").waitFor();
  assert.equal(await works(), false);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.deepEqual(errors.filter((error) => !/status of 422/.test(error)), []);
  await context.close();
});

test("hostile names of people, accounts and agents are shown as they are, and move nothing", async () => {
  const account = rig.account("anima", "globex");
  await rig.must("PATCH", `/v1/accounts/${account}`, { name: HOSTILE });
  await rig.must("POST", "/v1/agents", { account, slug: "mallory", name: HOSTILE });
  const both = rig.user("anima", "both");
  const { user } = await rig.must("GET", "/v1/sessions/current", undefined, { token: both.jwt });
  await rig.must("PATCH", `/v1/users/${user}`, { name: HOSTILE });
  for (const [width, height] of [[1280, 800], [390, 844]]) {
    const { page, errors, context } = await rig.window({ width, height });
    await page.goto(`${rig.base("anima")}agents`);
    await rig.logIn(page, both.email, both.password);
    await page.getByRole("button", { name: /onerror/ }).click(); // the choice of account
    await page.getByRole("heading", { name: "Agents", level: 1 }).waitFor();
    for (const [path, heading] of [["agents", "Agents"], ["members", "Members"], ["settings", "Settings"]]) {
      await page.goto(rig.base("anima") + path);
      await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
      await page.getByText("onerror").first().waitFor({ state: "attached" });
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `${path} at ${width}`);
    }
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.deepEqual(errors.filter((error) => !/status of 409/.test(error)), []);
    await context.close();
  }
});

test("legacy keys: which are still used, and the way to a successor", async () => {
  const account = rig.account("animam");
  const secret = "an old key that somebody sends";
  const sha256 = (text) => createHash("sha256").update(text).digest("hex");
  const keys = [["crm", secret], ["forgotten", "another"]].map(([name, text]) => ({ name, kind: "legacy", sha256: sha256(text), prefix: name }));
  const made = await rig.must("POST", "/v1/keys/import", { account, keys });
  await rig.api("GET", "/tenants/acme/corpus", undefined, { token: null, host: "animam.localhost", headers: { "X-API-Key": secret } });
  const used = async () => (await rig.must("GET", `/v1/keys/${made.data[0].id}`)).last_used_at;
  for (let i = 0; i < 100 && !(await used()); i++) await new Promise((done) => setTimeout(done, 50));
  const { page, errors, context } = await rig.open("animam", "owner", { path: "legacy" });
  const crm = page.getByRole("row", { name: /crm/ });
  await crm.waitFor();
  assert.equal(await page.getByRole("definition").allInnerTexts().then((texts) => texts.slice(0, 3).join()), "2,1,1");
  await page.getByRole("row", { name: /forgotten/ }).getByRole("button", { name: /^Revoke/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("row", { name: /forgotten/ }).getByText("Revoked").waitFor();
  await crm.getByRole("button", { name: /^Revoke/ }).click();
  assert.ok(await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).isDisabled(), "one used today asks for its name");
  await page.keyboard.press("Escape");
  await crm.getByRole("link", { name: /^Replace/ }).click();
  const dialog = page.getByRole("dialog", { name: "Create token" });
  assert.equal(await dialog.getByLabel("Name", { exact: true }).inputValue(), "crm");
  assert.deepEqual(errors, []);
  await context.close();
});

test("settings: names, and a password whose change ends every other session", async () => {
  const { page, errors, context } = await rig.open("animus", "owner", { path: "settings" });
  const { email, password, account, jwt } = rig.user("animus", "owner");
  await page.getByLabel("Name").nth(1).waitFor(); // the account's stands before the person's
  await page.getByLabel("Name").first().fill("Acme & Sons");
  await page.getByRole("button", { name: "Save" }).first().click();
  await said(page, "Saved.");
  assert.equal((await rig.must("GET", `/v1/accounts/${account}`)).name, "Acme & Sons");
  await page.getByLabel("Current password").fill("not it");
  await page.getByLabel("New password").fill("a better one than before");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText("This is not the password as it is now.").waitFor();
  await accessible(page, "a wrong password in settings");
  await page.getByLabel("Current password").fill(password);
  await page.getByRole("button", { name: "Change password" }).click();
  await said(page, /Your password was changed/);
  assert.equal((await rig.api("GET", "/v1/sessions/current", undefined, { token: jwt })).status, 401);
  await page.reload();
  await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
  const reply = await rig.api("POST", "/v1/sessions", { email, password: "a better one than before", account }, { token: null });
  assert.equal(reply.status, 201);
  assert.deepEqual(errors.filter((error) => !/status of 422/.test(error)), []);
  await context.close();
});

test("an operator finds an account, enters it, and suspends it", async () => {
  const { page, errors, context } = await rig.open("operator", "operator", { path: "accounts" });
  await page.getByRole("heading", { name: "Accounts", level: 1 }).waitFor();
  await page.getByRole("combobox", { name: "Product" }).selectOption({ label: "Anima" });
  await page.getByRole("searchbox").fill("acme");
  const row = page.getByRole("row", { name: /acme/i }).last();
  await row.getByText("Anima").waitFor();
  await page.getByRole("button", { name: "Create account" }).click();
  const dialog = page.getByRole("dialog", { name: "Create an account" });
  await dialog.getByLabel("Short name").fill("initech");
  await dialog.getByLabel("Name", { exact: true }).fill("Initech");
  await accessible(page, "creating an account");
  await dialog.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Members", level: 1 }).waitFor();
  assert.match(page.url(), /accounts\/acc_\w+\/members$/);
  await page.getByRole("button", { name: "Invite member" }).first().click();
  await page.getByLabel("E-mail").fill("bill@initech.example");
  await page.getByRole("dialog").getByRole("button", { name: "Add member" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make user and add" }).click();
  const password = await page.getByLabel("First password").inputValue();
  const reply = await rig.api("POST", "/v1/sessions", { email: "bill@initech.example", password }, { token: null });
  assert.equal(reply.status, 201, reply.text);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("link", { name: "Agents" }).click();
  await page.getByText("No agents yet").waitFor();
  await accessible(page, "an account that an operator has entered");
  await page.getByRole("link", { name: "All accounts" }).click();
  await page.getByRole("searchbox").fill("initech");
  const initech = page.getByRole("row", { name: /Initech/ });
  await initech.getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: "Suspend" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Suspend" }).click();
  await initech.getByText("Suspended").waitFor();
  await initech.getByRole("link").click();
  await page.getByText("This account is suspended").waitFor();
  assert.deepEqual(errors.filter((error) => !/status of 404/.test(error)), []);
  await context.close();
});

test("no page has anything that axe-core finds, in either theme", async () => {
  for (const theme of ["light", "dark"]) {
    for (const [product, role, paths] of [
      ["anima", "owner", ["api-keys", "agents", "members", "settings"]],
      ["animam", "owner", ["legacy"]],
      ["operator", "operator", ["accounts"]],
    ]) {
      const { page, errors, context } = await rig.open(product, role, { path: paths[0], theme });
      for (const path of paths) {
        await page.goto(rig.base(product) + path);
        await settled(page);
        await accessible(page, `${path}, ${theme}`);
      }
      assert.deepEqual(errors, []);
      await context.close();
    }
  }
});
