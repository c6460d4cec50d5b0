// What the products' pages say of a person and a browser. The names of these tests are read by tests/conformance/test_ledger.py.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, startRig } from "./rig.mjs";

let rig;
before(async () => {
  rig = await startRig();
});
after(() => rig?.stop());

/** What the dialog shows once; it can be copied, and after that it stands nowhere. */
async function takeSecret(page, context, format) {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const shown = page.getByRole("dialog", { name: /^Save your/ });
  await shown.waitFor();
  await accessible(page, "the secret, shown once");
  await shown.getByRole("button", { name: "Copy", exact: true }).first().click();
  await shown.getByText("Copied").first().waitFor();
  const secret = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(secret, format);
  await shown.getByRole("button", { name: "Close" }).last().click();
  await shown.waitFor({ state: "detached" });
  const gone = async () => assert.equal(await page.evaluate((text) => JSON.stringify([document.body.innerText, { ...localStorage }, { ...sessionStorage }, location.href]).includes(text), secret), false);
  await gone();
  await page.reload();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await gone();
  return secret;
}

/** Ticks these and no other. */
async function tick(dialog, ...names) {
  await dialog.getByText("Custom", { exact: true }).click();
  for (const line of await dialog.getByRole("checkbox").locator("..").all())
    await line.getByRole("checkbox").setChecked(names.includes(await line.locator("code").innerText()));
}

/** The product's own API, as it decides on a key. */
const ask = async (product, path, key) => (await rig.api("GET", path, undefined, { token: key, host: `${product}.localhost` })).status;
const GOOD = [200, 502]; // 502: the key is good, and nothing stands behind in a demo without the gateway

test("AS2 a person creates a key in the web app: Integrations, API Keys, Create, a name, permissions; it is shown once", async () => {
  const { page, errors, context } = await rig.open("animus", null);
  const { email, password } = rig.user("animus", "owner");
  await rig.logIn(page, email, password);
  await page.getByRole("link", { name: "Integrations" }).click();
  await page.getByRole("heading", { name: "API Keys" }).waitFor();
  await page.getByRole("button", { name: "Create key" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create key" });
  await dialog.getByLabel("Name", { exact: true }).fill("My CLI Key");
  await tick(dialog, "read", "search");
  await accessible(page, "creating a key");
  await dialog.getByRole("button", { name: "Create key" }).click();
  const key = await takeSecret(page, context, /^anm_[0-9A-Za-z]{38}$/);
  await page.getByText("My CLI Key").waitFor();
  assert.ok(GOOD.includes(await ask("animus", "/api/v1/content/recent", key)));
  const view = await rig.must("POST", "/v1/keys/verify", { key });
  assert.deepEqual([view.valid, [...view.scopes].sort()], [true, ["read", "search"]]);
  assert.deepEqual(errors, []);
  await context.close();
});

test("AM2 a person creates a token in Dashboard, API Tokens, with a descriptive name and scopes; displayed once", async () => {
  const { page, errors, context } = await rig.open("animam", null);
  const { email, password } = rig.user("animam", "member");
  await rig.logIn(page, email, password);
  await page.getByRole("link", { name: "API Tokens" }).click();
  await page.getByRole("heading", { name: "API Tokens" }).waitFor();
  await page.getByRole("button", { name: "Create token" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create token" });
  await dialog.getByLabel("Name", { exact: true }).fill("Corpus reader of the website");
  await tick(dialog, "corpus:read");
  await dialog.getByRole("button", { name: "Create token" }).click();
  const key = await takeSecret(page, context, /^ak_[0-9A-Za-z]{38}$/);
  await page.getByText("Corpus reader of the website").waitFor();
  assert.ok(GOOD.includes(await ask("animam", "/tenants/acme/corpus", key)));
  assert.equal(await ask("animam", "/tenants/acme/settings", key), 403);
  assert.deepEqual(errors, []);
  await context.close();
});

test("AF1 a logged-in person generates a key on the API Key page; shown once, and the next one ends it", async () => {
  const { page, errors, context } = await rig.open("anyformat", null);
  const { email, password } = rig.user("anyformat", "member");
  await rig.logIn(page, email, password);
  await page.getByRole("heading", { name: "API Key", level: 1 }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/dashboard/api-key");
  const generate = async (button) => {
    await page.getByRole("button", { name: button }).first().click();
    const dialog = page.getByRole("dialog", { name: button });
    await dialog.getByLabel("Name", { exact: true }).fill("production");
    await dialog.getByRole("button", { name: button }).click();
    return takeSecret(page, context, /^af_[0-9A-Za-z]{38}$/);
  };
  const first = await generate(/^(create|generate new) key$/i);
  assert.ok(GOOD.includes(await ask("anyformat", "/v2/workflows/", first)));
  const second = await generate("Generate new key");
  assert.ok(GOOD.includes(await ask("anyformat", "/v2/workflows/", second)));
  assert.equal(await ask("anyformat", "/v2/workflows/", first), 401);
  assert.deepEqual(errors, []);
  await context.close();
});

test("OA10 a person allows a program in the browser, and it gets a key of its own", async () => {
  const host = `open-animate.localhost:${rig.port}`;
  const asked = await rig.form("/oauth/device_authorization", { client_id: "oanim", client_name: "oanim on a laptop" }, host);
  const { page, errors, context } = await rig.window();
  await page.goto(asked.verification_uri);
  await page.getByLabel("Code").fill(asked.user_code.toLowerCase().replace("-", " "));
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("oanim on a laptop").first().waitFor();
  await accessible(page, "the question whether a program may have a key");
  const { email, password } = rig.user("open-animate", "member");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { name: "Allowed", exact: true }).waitFor();
  await accessible(page, "a program was allowed");
  const grant = { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: asked.device_code, client_id: "oanim" };
  const made = await rig.form("/oauth/token", grant, host);
  assert.match(made.access_token, /^anim_/);
  const view = await rig.must("POST", "/v1/keys/verify", { key: made.access_token });
  assert.deepEqual([view.valid, made.name], [true, "oanim on a laptop"]);
  assert.deepEqual(errors, []);
  await context.close();
});
