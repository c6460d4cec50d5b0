// The audit log: it shows what was done a moment ago, what that changed, and what is signed.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { inert, looks } from "./looks.mjs";
import { ROOT, startRig } from "./rig.mjs";

const CARDEA = resolve(process.env.CARDEA_BUILD || join(ROOT, "build"), "cardea");
let rig;
before(async () => {
  rig = await startRig();
});
after(() => rig?.stop());

const rows = (page) => page.locator("cardea-page-audit tbody tr");

test("what was just done is at the top, with what it changed and who did it", async () => {
  const account = rig.account("anima");
  const owner = rig.user("anima", "owner");
  const own = { token: owner.jwt, host: `anima.localhost:${rig.port}` };
  const agent = await rig.must("POST", "/dashboard/v1/agents", { slug: "logged", name: "<img src=x onerror=alert(1)>" }, own);
  await rig.must("PATCH", `/dashboard/v1/agents/${agent.id}`, { enabled: false }, own);
  const { page, errors, context } = await rig.open("anima", "owner", { path: "audit" });
  const first = rows(page).first();
  await first.getByRole("button", { name: /agent\.updated/ }).waitFor();
  await first.getByText("Olga Owner").waitFor();
  await looks(page, "the audit log");
  await first.getByRole("button").click();
  const record = page.getByRole("dialog", { name: "agent.updated" });
  const change = record.getByRole("row").filter({ hasText: "enabled" });
  assert.deepEqual(await change.getByRole("cell").allInnerTexts(), ["enabled", "true", "false"]);
  await record.getByText("127.0.0.1").waitFor();
  await looks(page, "a record");
  await record.getByRole("button", { name: "Show all of this one" }).click();
  await rows(page).nth(1).getByRole("button", { name: /agent\.created/ }).waitFor();
  assert.equal(await rows(page).count(), 2);
  await page.getByRole("button", { name: "Clear" }).click();

  // Filters are the API's: the same records, in the same order.
  await page.getByLabel("Action", { exact: true }).selectOption("agent.*");
  await rows(page).filter({ hasText: "session.started" }).first().waitFor({ state: "detached" });
  const { data } = await rig.must("GET", `/v1/audit?account=${account}&action=agent.*`);
  const shown = await rows(page).getByRole("button").evaluateAll((all) => all.map((b) => b.getAttribute("aria-label")));
  assert.deepEqual(shown, data.map((r) => `Open record ${r.index}: ${r.action}`));
  await page.getByRole("combobox", { name: "Who" }).fill("usr_0000000000000");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await page.getByText("No record matches this filter.").waitFor();
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByLabel("From").fill("2000-01-01");
  await page.getByLabel("Until").fill("2000-01-02");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await page.getByText("No record matches this filter.").waitFor();
  await inert(page);
  assert.deepEqual(errors, []);
  await context.close();
});

test("older records come page by page", async () => {
  const account = rig.account("anima");
  for (let i = 0; i < 60; i++) await rig.must("POST", "/v1/agents", { account, slug: `many-${i}`, name: `Many ${i}` });
  const { page, errors, context } = await rig.open("anima", "owner", { path: "audit" });
  await rows(page).nth(49).waitFor();
  assert.equal(await rows(page).count(), 50);
  await page.getByRole("button", { name: "Show older" }).click();
  await rows(page).nth(60).waitFor();
  const shown = await rows(page).getByRole("button").evaluateAll((all) => all.map((b) => Number(/\d+/.exec(b.getAttribute("aria-label"))[0])));
  assert.deepEqual(shown, [...new Set(shown)].sort((a, b) => b - a), "newest first, each once");
  assert.deepEqual(errors, []);
  await context.close();
});

test("the operator signs now, and takes away what anybody can verify", async () => {
  const { page, errors, context } = await rig.open("operator", "operator", { path: "audit" });
  const state = page.getByRole("region", { name: "Signed state" });
  await state.waitFor();
  await page.getByText("newer record").first().waitFor();
  await state.getByRole("button", { name: "Sign now" }).click();
  await state.getByText(/newer record/).waitFor({ state: "detached" });
  const signed = await rig.must("GET", "/v1/audit/checkpoint");
  const shown = Number((await state.getByRole("heading").innerText()).replace(/\D/g, ""));
  assert.ok(shown > 0 && shown <= signed.size, `${shown} of ${signed.size}`); // it is signed each minute, too
  await state.getByText(`key ${signed.key.split("+")[1]}`).waitFor();
  await state.getByText("Verify it yourself").click();
  await looks(page, "how to verify");
  const folder = mkdtempSync(join(tmpdir(), "cardea-audit-"));
  const save = async (button) => {
    const [file] = await Promise.all([page.waitForEvent("download"), state.getByRole("button", { name: button }).click()]);
    const path = join(folder, file.suggestedFilename());
    await file.saveAs(path);
    return path;
  };
  const key = await save("Save key");
  const checkpoint = await save("Save checkpoint");
  const log = await save("Download the log");
  const verified = spawnSync(CARDEA, ["audit", "verify", log, "--key", key, "--from", checkpoint], { encoding: "utf8" });
  assert.equal(verified.status, 0, verified.stderr);
  assert.match(verified.stderr + verified.stdout, /✓ Records 0 to \d+ are as/);
  rmSync(folder, { recursive: true });
  assert.deepEqual(errors, []);
  await context.close();
});

test("whoever may not read the log has no such page", async () => {
  const { page, errors, context } = await rig.open("anima", "viewer", { path: "audit" });
  await page.getByRole("heading", { name: "There is no page at this address" }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});
