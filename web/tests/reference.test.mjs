// The API reference in a browser: on each product's host, on the daemon's own, and where the network fails.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, startRig } from "./rig.mjs";

const METHODS = ["get", "put", "post", "delete", "options", "patch"];
let rig;

before(async () => {
  rig = await startRig();
});
after(() => rig.stop());

const origin = (host) => `http://${host}:${rig.port}`;

/** /docs/ of a host, drawn; with everything that its page asked for. */
async function open(host, options) {
  const opened = await rig.window(options);
  opened.asked = [];
  opened.page.on("request", (request) => opened.asked.push(request.url()));
  await opened.page.goto(`${origin(host)}/docs/`);
  await opened.page.locator(".info .title").waitFor();
  return opened;
}

const describedBy = async (host) => (await rig.must("GET", "/schema/", undefined, { token: null, host })).paths;

const operationsOf = (paths) =>
  Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((m) => m in item).map((m) => `${m.toUpperCase()} ${path}`),
  );

async function openAll(page) {
  const closed = page.locator(".opblock-tag-section:not(.is-open) .opblock-tag");
  for (let left = await closed.count(); left > 0; left--) await closed.first().click();
}

for (const product of ["animus", "animam", "anima", "anyformat", "open-animate", "localhost"]) {
  const host = product === "localhost" ? product : `${product}.localhost`;
  const statement = product === "anyformat" ? "AF8, AF7: " : "";
  test(`${statement}/docs/ of ${host} shows what is exposed, and loads nothing from elsewhere`, async () => {
    const { page, errors, asked, context } = await open(host);
    const paths = await describedBy(host);
    if (product === "localhost") {
      // A hundred operations: each group is closed, and draws none of its own.
      const groups = new Set(Object.values(paths).flatMap((item) => METHODS.flatMap((m) => item[m]?.tags ?? [])));
      assert.equal(await page.locator(".opblock-tag").count(), groups.size);
    } else await openAll(page);
    const shown = await page
      .locator(".opblock-summary")
      .evaluateAll((all) =>
        all.map(
          (one) =>
            `${one.querySelector(".opblock-summary-method").textContent} ${one.querySelector("[data-path]").dataset.path}`,
        ),
      );
    assert.deepEqual(shown.sort(), product === "localhost" ? [] : operationsOf(paths).sort());
    assert.deepEqual(
      asked.filter((url) => !url.startsWith(origin(host)) && !url.startsWith("data:")),
      [],
    );
    assert.deepEqual(errors, [], "no policy was violated, nothing was thrown");
    assert.deepEqual(await context.cookies(), []);
    if (product === "anyformat") {
      assert.equal(shown.filter((one) => /key|token/.test(one)).length, 0, "AF7: no key management");
      assert.equal(await page.getByRole("button", { name: "Try it out" }).count(), 0);
      assert.match(await page.locator(".info").innerText(), /Keys belong on servers/);
    }
    await context.close();
  });
}

test("a request is tried with a key, and the key is kept nowhere", async () => {
  const made = await rig.must("POST", "/v1/keys", {
    account: rig.account("animus"),
    name: "try",
    scopes: ["read", "write"],
  });
  const { page, errors, context } = await open("animus.localhost");
  await page.locator(".auth-wrapper .authorize").click();
  await page.locator(".auth-container input").first().fill(made.key);
  await page.locator(".modal-ux .authorize").first().click();
  await page.locator(".modal-ux .close-modal").click();
  const block = page.locator("#operations-content-get_api_v1_content");
  await block.locator(".opblock-summary-control").click();
  await block.getByRole("button", { name: "Try it out" }).click();
  const answered = page.waitForResponse((reply) => reply.url().includes("/api/v1/content"));
  await block.getByRole("button", { name: "Execute" }).click();
  const reply = await answered;
  assert.equal(reply.status(), 200, await reply.text());
  assert.equal(reply.request().headers().authorization, `Bearer ${made.key}`);
  await block.locator(".live-responses-table .response-col_status", { hasText: "200" }).waitFor();
  assert.deepEqual(errors, []);
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]),
  );
  assert.ok(!kept.includes(made.key));
  await page.reload();
  await page.locator(".info .title").waitFor();
  assert.equal(await page.locator(".auth-wrapper .authorize.locked").count(), 0);
  await context.close();
});

test("a log-in of this browser is no key here", async () => {
  const { page, context } = await rig.open("animus", "owner");
  await page.goto(`${origin("animus.localhost")}/docs/`);
  const block = page.locator("#operations-content-get_api_v1_content");
  await block.locator(".opblock-summary-control").click();
  await block.getByRole("button", { name: "Try it out" }).click();
  const answered = page.waitForResponse((reply) => reply.url().includes("/api/v1/content"));
  await block.getByRole("button", { name: "Execute" }).click();
  const reply = await answered;
  assert.equal(reply.status(), 401);
  assert.equal((await reply.request().allHeaders()).cookie, undefined);
  await context.close();
});

test("when the description cannot be read, the page says so, once, and tries again", async () => {
  const { page, context } = await rig.window();
  let broken = true;
  await page.route("**/schema/", (route) => (broken ? route.fulfill({ status: 500, body: "no" }) : route.continue()));
  await page.goto(`${origin("animus.localhost")}/docs/`);
  await page.getByRole("alert").getByText("the server answers 500").waitFor();
  broken = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".info .title").waitFor();
  assert.equal(await page.getByRole("alert").count(), 0);
  assert.equal(await page.locator(".top nav a").count(), 2);
  await context.close();
});

test("it is usable on a phone, in the dark, and by keyboard", async () => {
  const { page, errors, context } = await open("animus.localhost", { width: 390, height: 844, theme: "dark" });
  await page.locator(".opblock-summary-control").nth(24).click();
  await page.locator(".opblock.is-open .responses-inner").waitFor();
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, "nothing hangs over");
  assert.ok(await page.evaluate(() => document.documentElement.classList.contains("dark-mode")));
  const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.getByRole("button", { name: "Light or dark" }).click();
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), dark);
  await page.locator(".opblock-summary-control").first().focus();
  await page.keyboard.press("Enter");
  await page.locator(".opblock.is-open").nth(1).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

// The bar, the frame and the colours are ours; how Swagger UI makes its operations is not, so it is not asked here.
test("axe-core finds nothing in what is ours", async () => {
  const { page, context } = await open("animus.localhost");
  await page.evaluate(() => document.querySelector("#reference").replaceChildren(document.querySelector(".info")));
  await accessible(page);
  await context.close();
});
