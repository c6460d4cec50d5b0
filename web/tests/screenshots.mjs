// Every page as a picture, light and dark, for a desk and a phone: node web/tests/screenshots.mjs FOLDER
import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { ROOT, settled, startRig } from "./rig.mjs";
import { WATCHED, fillWatched } from "./watched.mjs";

const out = resolve(process.argv[2] ?? join(ROOT, "build/screenshots"));
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const THEMES = ["light", "dark"];
const SIZES = [
  [1280, 800],
  [390, 844],
];
const DAY_MS = 86_400_000;
const later = (days) => new Date(Date.now() + days * DAY_MS).toISOString().replace(/\.\d+Z$/, "Z");

/** Something to look at. */
async function fill(rig) {
  const anima = rig.account("anima");
  const animus = rig.account("animus");
  for (const [slug, name] of [["support", "Support desk"], ["billing", "Billing bot"], ["scout", "Scout"]])
    await rig.must("POST", "/v1/agents", { account: anima, slug, name });
  await rig.must("PATCH", `/v1/agents/billing?account=${anima}`, { enabled: false });
  for (const [agent, name] of [["support", "mail server"], ["scout", "crawler"]])
    await rig.must("POST", "/v1/keys", { account: anima, kind: "agent", agent, name });
  const made = [];
  for (const [name, scopes, days] of [
    ["My CLI key", ["read", "search"], null],
    ["ci-pipeline", ["read", "write"], 90],
    ["Nightly export", ["read"], 6],
    ["Zapier", ["read", "write", "search"], null],
    ["Old laptop", ["read"], null],
  ])
    made.push(await rig.must("POST", "/v1/keys", { account: animus, name, scopes, ...(days ? { expires_at: later(days) } : {}) }));
  for (const { key } of made.slice(0, 3))
    for (let i = 0; i < 12; i++)
      await rig.api("GET", i % 5 ? "/api/v1/content/recent" : "/api/v1/nothing", undefined, { token: key, host: "animus.localhost" });
  await rig.must("DELETE", `/v1/keys/${made[4].id}?reason=stolen`);
  await rig.must("PATCH", `/v1/keys/${made[3].id}`, { enabled: false });
  const sha256 = (text) => createHash("sha256").update(text).digest("hex");
  const keys = ["crm-sync", "website", "reports"].map((name) => ({ name, kind: "legacy", sha256: sha256(name), prefix: name.slice(0, 5) }));
  await rig.must("POST", "/v1/keys/import", { account: rig.account("animam"), keys });
  for (let i = 0; i < 3; i++)
    await rig.api("GET", "/tenants/acme/corpus", undefined, { token: null, host: "animam.localhost", headers: { "X-API-Key": "crm-sync" } });
  await fillWatched(rig, anima);
  for (const [from, to, subject] of [["support", "scout", "Which page was it?"], ["scout", "support", "The prices of yesterday"]])
    await rig.must("POST", `/v1/agents/${from}/messages?account=${anima}`, { to, subject, body: "See the subject." });
}

/** name, product, role, path, and what to do there first. */
const PAGES = [
  ["login", "animus", null, ""],
  ["login-operator", "operator", null, ""],
  ["keys", "animus", "owner", "integrations"],
  ["keys-create", "animus", "owner", "integrations#create"],
  ["keys-empty", "open-animate", "owner", ""],
  ["tokens", "animam", "owner", "api-tokens"],
  ["legacy", "animam", "owner", "legacy"],
  ["agents", "anima", "owner", "agents"],
  ["agent", "anima", "owner", "agents/support"],
  ["agent-create", "anima", "owner", "agents", async (page) => page.getByRole("button", { name: "Create agent" }).click()],
  ...WATCHED,
  ["members", "anima", "owner", "members"],
  ["members-invite", "anima", "owner", "members", async (page) => page.getByRole("button", { name: "Invite member" }).click()],
  ["settings", "anima", "owner", "settings"],
  ["accounts", "operator", "operator", "accounts"],
  ["not-found", "anima", "owner", "nowhere"],
  ["reference", "animus", null, "../docs/"],
];

const rig = await startRig();
try {
  await fill(rig);
  let count = 0;
  for (const theme of THEMES)
    for (const [width, height] of SIZES)
      for (const [name, product, role, path, act] of PAGES) {
        const { page, errors, context } = await rig.open(product, role, { path, theme, width, height });
        await settled(page);
        await act?.(page);
        // The whole page, as a window that is tall enough shows it.
        const tall = await page.evaluate(() => document.documentElement.scrollHeight);
        if (tall > height) await page.setViewportSize({ width, height: tall });
        await page.waitForTimeout(250); // what comes in softly
        await page.screenshot({ path: join(out, `${name}-${theme}-${width}.png`) });
        count++;
        for (const error of errors) console.error(`${name}: ${error}`);
        await context.close();
      }
  console.log(`${count} pictures in ${out}`);
} finally {
  await rig.stop();
}
