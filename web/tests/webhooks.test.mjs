// Webhooks: made with their secret shown once, tested against a real receiver, rotated, replayed, and refused where they may not go.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { HOSTILE, inert, looks, unasked } from "./looks.mjs";
import { ROOT, startRig } from "./rig.mjs";

let rig, receiver, url;
const got = [];
let answer = 204;

before(async () => {
  receiver = createServer(async (request, reply) => {
    let body = "";
    for await (const part of request) body += part;
    got.push({ headers: request.headers, body });
    reply.writeHead(answer).end(answer < 300 ? "" : `<b>no</b> ${HOSTILE.slice(0, 60)}`);
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  url = `http://127.0.0.1:${receiver.address().port}/hooks`;
  rig = await startRig({ options: ["--webhook-http", "--webhook-networks", "127.0.0.0/8"] });
});
after(async () => {
  await rig?.stop();
  receiver?.close();
});

const form = (page) => page.getByRole("dialog", { name: "Add endpoint" });

function signed({ headers, body }, secret) {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const mac = createHmac("sha256", key).update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`).digest("base64");
  return headers["webhook-signature"].split(" ").includes(`v1,${mac}`);
}

/** Takes the secret out of the dialog that shows it once. */
async function take(page) {
  const once = page.getByRole("dialog", { name: "The endpoint's signing secret" });
  const field = once.getByRole("textbox");
  await once.getByRole("button", { name: "Show the secret" }).click();
  const secret = await field.inputValue();
  await once.getByRole("button", { name: "I have it" }).click();
  return secret;
}

test("the picker offers what the daemon can tell of", () => {
  const source = readFileSync(join(ROOT, "src/service/event_types.c"), "utf8");
  const ours = readFileSync(join(ROOT, "web/dashboard/pages/webhooks/events.ts"), "utf8");
  const types = [...source.matchAll(/\{"(\w+)\.(\w+)",/g)].map(([, thing, what]) => `${thing}.${what}`);
  const table = ours.slice(ours.indexOf("EVENT_TYPES"), ours.indexOf("\n};"));
  const offered = [...table.matchAll(/(\w+): \[([^\]]*)\]/g)].flatMap(([, thing, list]) => [...list.matchAll(/"(\w+)"/g)].map(([, what]) => `${thing}.${what}`));
  assert.deepEqual(offered.sort(), types.sort());
});

test("an endpoint is made, its secret shown once, and what was sent stands in its log", async () => {
  const { page, errors, context } = await rig.open("anima", "owner", { path: "webhooks" });
  await page.getByText("No endpoint yet.").waitFor();
  await page.getByRole("button", { name: "Add endpoint" }).click();
  await form(page).getByLabel("URL").fill("http://10.1.2.3/hooks");
  await form(page).getByLabel("Description").fill(HOSTILE);
  await form(page).getByRole("radio", { name: "Choose" }).check();
  assert.ok(await form(page).getByRole("button", { name: "Add endpoint" }).isDisabled(), "no event is chosen yet");
  await form(page).getByRole("checkbox", { name: "Keys" }).check();
  await form(page).getByRole("checkbox", { name: "published" }).check();
  await form(page).getByRole("button", { name: "Add endpoint" }).click();
  await form(page).getByText("the address of the host is not public: private").waitFor();
  assert.equal(await form(page).getByLabel("URL").getAttribute("aria-invalid"), "true");
  await looks(page, "a refused URL");
  await form(page).getByLabel("URL").fill(url);
  await form(page).getByRole("button", { name: "Add endpoint" }).click();
  const shown = page.getByRole("dialog", { name: "The endpoint's signing secret" });
  await shown.waitFor();
  await looks(page, "a secret");
  await page.keyboard.press("Escape"); // not left by a slip of the hand
  const leave = page.getByRole("dialog", { name: "Close without copying the secret?" });
  await leave.getByRole("button", { name: "Cancel" }).click();
  const secret = await take(page);
  assert.match(secret, /^whsec_/);
  await page.getByRole("heading", { name: url, level: 1 }).waitFor();
  await inert(page);
  await page.getByText("key.*").waitFor();

  await page.getByRole("button", { name: "Send test" }).click();
  await page.getByRole("row").filter({ hasText: "webhook.test" }).getByText("Delivered").waitFor();
  assert.equal(got.length, 1);
  assert.ok(signed(got[0], secret), "the secret that was shown is the one that signs");
  await page.getByRole("button", { name: "Details of webhook.test" }).click();
  await page.getByText(got[0].headers["webhook-id"]).first().waitFor();
  await page.getByText('"test": true').waitFor();
  await looks(page, "a delivery");
  await page.getByRole("button", { name: "Send again" }).click();
  await page.getByText("1 delivery is queued again").waitFor();
  await page.waitForFunction(() => true);
  for (let i = 0; got.length < 2 && i < 100; i++) await page.waitForTimeout(50);
  assert.equal(got[1].headers["webhook-id"], got[0].headers["webhook-id"]);

  // A new secret beside the old one; then the new one alone.
  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name: "Rotate secret…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Rotate" }).click();
  const second = await take(page);
  await page.getByText("Two secrets sign until").waitFor();
  await page.getByRole("button", { name: "Send test" }).click();
  for (let i = 0; got.length < 3 && i < 100; i++) await page.waitForTimeout(50);
  assert.ok(signed(got[2], secret) && signed(got[2], second), "both sign");
  await page.getByRole("button", { name: "Cut over now…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cut over" }).click();
  await page.getByText("Two secrets sign until").waitFor({ state: "detached" });
  assert.deepEqual(unasked(errors, 422), []);
  await context.close();
});

test("what fails is told with the answer, disabled, enabled, sent again, and deleted", async () => {
  const account = rig.account("anima");
  const hook = await rig.must("POST", "/v1/webhooks", { account, url: `${url}/fail`, events: ["agent.*"] });
  answer = 500;
  const { page, errors, context } = await rig.open("anima", "owner", { path: `webhooks/${hook.id}` });
  await page.getByText("Nothing was sent yet.").waitFor();
  await rig.must("POST", "/v1/agents", { account, slug: "told", name: "Told" });
  await page.getByRole("button", { name: "Refresh" }).click();
  const row = page.getByRole("row").filter({ hasText: "agent.created" });
  await row.getByText("500").waitFor();
  await row.getByText("Queued").waitFor();
  await page.getByRole("button", { name: "Details of agent.created" }).click();
  await page.getByText("<b>no</b>").waitFor();
  await inert(page);
  await page.getByRole("radio", { name: "Failed" }).check();
  await page.getByText("None of these.").waitFor();
  await page.reload();
  await page.getByText(/Failing since/).waitFor();

  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name: "Disable" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await page.getByRole("button", { name: "Enable" }).click();
  answer = 204;
  await page.getByRole("button", { name: "Send test" }).waitFor();
  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name: "Send failed ones again…" }).click();
  const again = page.getByRole("dialog", { name: "Send failed deliveries again" });
  await looks(page, "a replay of a time");
  await again.getByRole("button", { name: "Send again" }).click();
  await page.getByText(/deliver(y is|ies are) queued again/).waitFor();

  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name: "Edit…" }).click();
  const edit = page.getByRole("dialog", { name: "Edit endpoint" });
  await edit.getByRole("radio", { name: "All events" }).check();
  await edit.getByLabel("Description").fill("Everything");
  await edit.getByRole("button", { name: "Save changes" }).click();
  await page.locator("webhook-endpoint").getByText("All events").waitFor();
  const now = await rig.must("GET", `/v1/webhooks/${hook.id}?account=${account}`);
  assert.deepEqual([now.events, now.description, now.enabled], [["*"], "Everything", true]);

  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete endpoint" }).click();
  await page.getByRole("heading", { name: "Webhooks", level: 1 }).waitFor();
  assert.equal(await page.getByRole("link", { name: `${url}/fail` }).count(), 0);
  await looks(page, "the list");
  assert.deepEqual(errors, []);
  await context.close();
});

test("whoever may not see webhooks has no such page", async () => {
  for (const role of ["member", "viewer"]) {
    const { page, errors, context } = await rig.open("anima", role, { path: "webhooks" });
    await page.getByRole("heading", { name: "There is no page at this address" }).waitFor();
    assert.equal(await page.getByRole("link", { name: "Webhooks" }).count(), 0);
    assert.deepEqual(errors, [], role);
    await context.close();
  }
});
