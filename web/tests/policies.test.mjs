// Policies: written, tried, tested, replayed, published, rolled back; and who may do none of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HOSTILE, inert, looks, unasked } from "./looks.mjs";
import { startRig } from "./rig.mjs";

let rig;
before(async () => {
  rig = await startRig();
  await rig.scanner();
});
after(() => rig?.stop());

const KEY = "AKIAZ7QPXK4LM2NRWT5B";
const editor = (page) => page.getByLabel("The policy's draft as JSON");
const draft = (rules, more = {}) => JSON.stringify({ ...more, rules }, null, 2);

test("a policy is made, written, published, rolled back and deleted", async () => {
  const { page, errors, context } = await rig.open("anima", "owner", { path: "policies" });
  await page.getByText("No policy of your own yet").waitFor();
  await page.getByRole("button", { name: "Create policy" }).click();
  const dialog = page.getByRole("dialog", { name: "Create policy" });
  await dialog.getByLabel("Name").fill("Not A Name");
  await dialog.getByRole("button", { name: "Create policy" }).click();
  await dialog.getByRole("alert").waitFor(); // in the API's words
  await dialog.getByLabel("Name").fill("outbound");
  await looks(page, "the dialog of a new policy");
  await dialog.getByRole("button", { name: "Create policy" }).click();
  await page.getByRole("heading", { name: "outbound", level: 1 }).waitFor();
  await page.getByText("Not published yet").waitFor();
  await looks(page, "a draft");

  await editor(page).fill(draft([{ id: "words", type: "keyword", words: ["nightowl"], action: "block", title: HOSTILE.slice(0, 120) }]));
  await page.getByText("Not saved").waitFor();
  assert.ok(await page.getByRole("button", { name: "Publish…" }).isDisabled(), "only what is saved is published");
  await page.getByRole("button", { name: "Save draft" }).click();
  await page.getByText("Draft saved").waitFor();
  await inert(page);

  await page.getByRole("button", { name: "Publish…" }).click();
  const publish = page.getByRole("dialog", { name: /Publish/ });
  await publish.getByText("First version, with 1 rule.").waitFor();
  await publish.getByLabel(/Note/).fill("The first");
  await publish.getByRole("button", { name: "Publish version 1" }).click();
  await page.getByText("Version 1 in force", { exact: true }).waitFor();

  await editor(page).fill(draft([{ id: "other", type: "keyword", words: ["x-ray"], action: "flag" }], { sensitivity: "high" }));
  await page.keyboard.press("Control+s");
  await page.getByText("Unpublished changes").waitFor();
  await page.getByRole("button", { name: "Publish…" }).click();
  for (const [name, what] of [["New", "other"], ["Gone", "words"], ["Settings", "sensitivity"]])
    await publish.locator("dl > div").filter({ hasText: name }).getByText(what).waitFor();
  await publish.getByRole("button", { name: "Publish version 2" }).click();
  await page.getByText("Version 2 in force", { exact: true }).waitFor();

  await page.getByRole("link", { name: "Versions" }).click();
  await page.getByRole("cell", { name: "The first" }).waitFor();
  await looks(page, "versions");
  await page.getByRole("button", { name: "Publish again…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Publish version 1 again" }).click();
  await page.getByText("Version 3 in force", { exact: true }).waitFor();
  const { data } = await rig.must("GET", `/v1/policies?account=${rig.account("anima")}`);
  assert.equal(data[0].version, 3);

  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  const sure = page.getByRole("dialog", { name: /Delete/ });
  await sure.getByText("the built-in policy applies afterwards").waitFor();
  await sure.getByRole("textbox").fill("outbound");
  await sure.getByRole("button", { name: "Delete policy" }).click();
  await page.getByText("No policy of your own yet").waitFor();
  assert.deepEqual(unasked(errors, 422), []);
  await context.close();
});

test("what does not compile is shown at its line, in the API's words, and nothing is lost", async () => {
  const policy = await rig.must("POST", "/v1/policies", { account: rig.account("anima"), name: "wrong" });
  const { page, errors, context } = await rig.open("anima", "owner", { path: `policies/${policy.id}` });
  const text = draft([
    { id: "slow", type: "regex", pattern: "(a+)+$", action: "block" },
    { id: "odd", type: "wat", action: "flag" },
  ]);
  await editor(page).fill(text);
  await page.getByRole("button", { name: "Save draft" }).click();
  const said = page.getByRole("alert");
  await said.getByText("2 mistakes. Nothing was saved.").waitFor();
  const lines = text.split("\n");
  const at = (part) => lines.findIndex((line) => line.includes(part)) + 1;
  await said.getByRole("listitem").filter({ hasText: `Line ${at("(a+)+$")} ` }).getByText("too complex").waitFor();
  await said.getByRole("listitem").filter({ hasText: `Line ${at("wat")} ` }).getByText("Write regex, keyword").waitFor();
  await looks(page, "a draft with mistakes");
  await said.getByRole("button", { name: `Line ${at("wat")}` }).click();
  const selected = await editor(page).evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
  assert.equal(selected, '"type": "wat"');
  // What is no JSON is told while it is typed.
  await editor(page).fill('{\n  "rules": [\n    {"id": "a",}\n  ]\n}');
  await page.getByText("This is not JSON yet.").waitFor();
  await page.getByRole("button", { name: "Line 3" }).waitFor();
  assert.ok(await page.getByRole("button", { name: "Save draft" }).isDisabled());
  // Tabs keep what is typed; leaving the policy asks.
  await page.getByRole("link", { name: "Playground" }).click();
  await page.getByText("your unsaved changes are not in it").waitFor();
  await page.getByRole("link", { name: "Draft", exact: true }).click();
  assert.match(await editor(page).inputValue(), /"a",/);
  await page.getByRole("link", { name: "Content policies" }).click();
  await page.getByRole("dialog", { name: "Leave without saving?" }).getByRole("button", { name: "Leave" }).click();
  await page.getByRole("heading", { name: "Content policies", level: 1 }).waitFor();
  assert.deepEqual(unasked(errors, 422), []);
  await context.close();
});

test("of two who change a draft the second one is asked", async () => {
  const account = rig.account("anima");
  const policy = await rig.must("POST", "/v1/policies", { account, name: "shared" });
  const { page, errors, context } = await rig.open("anima", "owner", { path: `policies/${policy.id}` });
  await editor(page).fill(draft([{ id: "mine", type: "keyword", words: ["m"], action: "flag" }]));
  const theirs = { rules: [{ id: "theirs", type: "keyword", words: ["t"], action: "flag" }] };
  await rig.must("PUT", `/v1/policies/${policy.id}/draft?account=${account}`, { document: theirs });
  await page.getByRole("button", { name: "Save draft" }).click();
  await page.getByText("Somebody else changed the draft").waitFor();
  await page.getByRole("button", { name: "Overwrite with mine" }).click();
  await page.getByText("Draft saved").waitFor();
  const { draft: now } = await rig.must("GET", `/v1/policies/${policy.id}?account=${account}`);
  assert.equal(now.rules[0].id, "mine");
  assert.deepEqual(unasked(errors, 409), []);
  await context.close();
});

test("the playground says what comes of a text, with what was found marked in it", async () => {
  const policy = await rig.must("POST", "/v1/policies", {
    account: rig.account("anima"),
    name: "play",
    document: { rules: [{ id: "severe", type: "pack", min_severity: "high", action: "block" }] },
  });
  const { page, errors, context } = await rig.open("anima", "owner", { path: `policies/${policy.id}/playground` });
  const text = page.getByRole("textbox", { name: "Text to scan" });
  await text.fill(`Grüße 🦉, my key is ${KEY}\n${HOSTILE}`);
  await text.press("Control+Enter");
  const verdict = page.getByRole("status").filter({ hasText: "Blocked" });
  await verdict.getByText("decided by rule severe").waitFor();
  assert.match(await verdict.innerText(), /\d ms/);
  const marks = await page.locator("scan-result mark").allInnerTexts();
  assert.ok(marks.includes(KEY), `places are bytes, and a page counts otherwise: ${marks}`);
  await inert(page);
  await looks(page, "a verdict");
  await page.getByRole("button", { name: "Keep as test case" }).click();
  await text.fill("See you at noon");
  await page.getByRole("button", { name: "Scan", exact: true }).click();
  await page.getByRole("status").filter({ hasText: "Allowed" }).waitFor();
  await page.getByText("Nothing was found.").waitFor();

  await page.getByRole("link", { name: "Test cases" }).click();
  await page.getByRole("button", { name: "Add case" }).click();
  await page.getByLabel("Text 2").fill("See you at noon");
  await page.getByRole("button", { name: "Run all" }).click();
  await page.getByText("1 of 2 does not hold").waitFor();
  await page.getByText("is allow").waitFor();
  await looks(page, "test cases");
  await page.getByLabel("Expected 2").selectOption("allow");
  await page.getByRole("button", { name: "Run all" }).click();
  await page.getByText("All 2 hold").waitFor();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as file" }).click()]);
  assert.equal(file.suggestedFilename(), "play.cases.json");
  await page.reload();
  assert.equal(await page.getByLabel("Text 2").inputValue(), "See you at noon");
  assert.deepEqual(errors, []);
  await context.close();
});

test("a replay says what a draft would change of what was recorded", async () => {
  const account = rig.account("anima", "globex");
  const { users } = rig.told.profiles.anima;
  const owner = users.find((user) => user.account === account && user.role === "owner");
  const own = { token: owner.jwt, host: `anima.localhost:${rig.port}` };
  await rig.must("POST", "/dashboard/v1/scan", { text: `My key is ${KEY}` }, own);
  const policy = await rig.must("POST", "/dashboard/v1/policies", { name: "loose", document: { rules: [] } }, own);
  const opened = await rig.window();
  await opened.context.addCookies([{ name: "cardea_session", value: owner.jwt, url: rig.base("anima"), httpOnly: true, sameSite: "Lax" }]);
  const { page, errors, context } = opened;
  await page.goto(`${rig.base("anima")}policies/${policy.id}/replay`);
  await page.getByRole("button", { name: "Run replay" }).click();
  await page.getByText("1 verdict would change").waitFor();
  assert.match(await page.locator("policy-replay .moves").innerText(), /block\s*→\s*allow\s*1/);
  await page.getByRole("cell", { name: "secret.aws-access-key-id" }).waitFor();
  await looks(page, "a replay");
  assert.deepEqual(errors, []);
  await context.close();
});

test("who may read alone reads and tries, and finds no button that would be refused", async () => {
  const policy = await rig.must("POST", "/v1/policies", { account: rig.account("anima"), name: "read-only" });
  const { page, errors, context } = await rig.open("anima", "viewer", { path: "policies" });
  await page.getByRole("link", { name: "read-only" }).click();
  await page.getByRole("heading", { name: "read-only", level: 1 }).waitFor();
  for (const name of ["Save draft", "Publish…", "Actions"]) assert.equal(await page.getByRole("button", { name }).count(), 0, name);
  assert.equal(await page.getByRole("link", { name: "Replay" }).count(), 0);
  assert.ok(await editor(page).evaluate((area) => area.readOnly));
  await page.goto(`${rig.base("anima")}policies/builtin/playground`);
  await page.getByRole("textbox", { name: "Text to scan" }).fill(KEY);
  await page.getByRole("button", { name: "Scan", exact: true }).click();
  await page.getByRole("status").filter({ hasText: "Blocked" }).waitFor();
  await page.goto(`${rig.base("anima")}policies/${policy.id.slice(0, -3)}zzz`);
  await page.getByRole("alert").waitFor(); // there is no such policy
  assert.deepEqual(unasked(errors, 404), []);
  await context.close();
});
