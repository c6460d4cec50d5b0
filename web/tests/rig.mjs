// A demo of the daemon and one browser, for the tests of a file (and for screenshots).
//
//   const rig = await startRig();                       // $CARDEA_BUILD, else build/
//   const { page, errors } = await rig.open("animus", "owner", { path: "settings" });
//   ...
//   await rig.stop();
//
// A session comes as a cookie, as log-in would set it; what logs in by the form is web/tests/login.test.mjs.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const BUILD = resolve(process.env.CARDEA_BUILD || join(ROOT, "build"));
const CHROMIUM = process.env.CARDEA_CHROMIUM || "/usr/bin/chromium";
const PATIENCE_MS = 60_000; // until a demo answers; machines are busy
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The names of cookies that are not the default. */
const COOKIES = { animam: "animam_session" };

export const OFFLINE = "net::ERR_INTERNET_DISCONNECTED";

async function startDemo(options) {
  const folder = mkdtempSync(join(tmpdir(), "cardea-web-"));
  const data = join(folder, "data");
  mkdirSync(data, { mode: 0o710 });
  // What the tests of the API have compiled already (tests/api/cardea_test/scanner.py).
  const program = join(BUILD, "cardea");
  const scanner = join(BUILD, "scanner-e3b0c44298fc.cache");
  if (existsSync(scanner) && statSync(scanner).mtimeMs >= statSync(program).mtimeMs)
    copyFileSync(scanner, join(data, "scanner.cache"));
  const log = openSync(join(folder, "log"), "a");
  const child = spawn(program, ["serve", "--demo", "--data", data, "--listen", "127.0.0.1:0", ...options], {
    cwd: folder,
    stdio: ["ignore", log, log],
    env: { PATH: process.env.PATH, HOME: "/nonexistent" },
  });
  const ended = new Promise((done) => child.once("exit", done));
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const said = () => readFileSync(join(folder, "log"), "utf8").slice(-3000);
  const file = join(data, "demo.json");
  const stop = async () => {
    child.kill("SIGTERM");
    const late = setTimeout(kill, 20_000);
    const code = await ended;
    clearTimeout(late);
    process.off("exit", kill);
    rmSync(folder, { recursive: true, force: true });
    return code;
  };
  for (const until = Date.now() + PATIENCE_MS; !existsSync(file); await pause(30)) {
    if (child.exitCode !== null || Date.now() > until) {
      const why = said();
      await stop();
      throw new Error(`the demo did not start:\n${why}`);
    }
  }
  return { told: JSON.parse(readFileSync(file, "utf8")), stop, said, child };
}

/** Two demos that start at once may both find the port for TLS free; the later one is begun again and takes another. */
async function startAmongOthers(options) {
  for (let tries = 1; ; tries++) {
    try {
      return await startDemo(options);
    } catch (e) {
      if (tries === 5 || !/Address already in use/.test(e.message)) throw e;
    }
  }
}

class Rig {
  constructor(demo, browser) {
    this.demo = demo;
    this.browser = browser;
    this.told = demo.told;
    this.port = Number(new URL(demo.told.base).port);
    this.viewers = {};
  }

  /** Where a product's dashboard is; "operator": the daemon's own. */
  base(product) {
    const host = product === "operator" || product === "cardea" ? "localhost" : `${product}.localhost`;
    return `http://${host}:${this.port}/dashboard/`;
  }

  account(product, slug = "acme") {
    return this.told.profiles[product].accounts.find((account) => account.slug === slug).id;
  }

  /** Owner, member or viewer of acme, or `both`: admin of acme and globex. */
  user(product, role) {
    const { users } = this.told.profiles[product];
    const mail = role === "both" || role === "admin" ? /^both@/ : new RegExp(`^${role}@acme`);
    return users.find((user) => mail.test(user.email) && user.account === this.account(product));
  }

  /** The native API, by the root key unless a token is given. */
  api(method, path, body, { token = this.told.root_key, host, headers = {} } = {}) {
    return new Promise((done, failed) => {
      const text = body === undefined ? "" : JSON.stringify(body);
      const sent = request(
        {
          host: "127.0.0.1",
          port: this.port,
          method,
          path,
          agent: false,
          headers: {
            ...(host ? { Host: host } : {}),
            ...(token ? { Authorization: `Bearer ${token}` } : {}),
            ...(text ? { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) } : {}),
            ...headers,
          },
        },
        (reply) => {
          const parts = [];
          reply.on("data", (part) => parts.push(part));
          reply.on("end", () => {
            const said = Buffer.concat(parts).toString();
            let json = null;
            try {
              json = JSON.parse(said);
            } catch {
              // no JSON: then its text is all there is
            }
            done({ status: reply.statusCode, headers: reply.headers, text: said, json });
          });
        },
      );
      sent.on("error", failed);
      sent.end(text);
    });
  }

  /** A form, as programs send it to a product's host. */
  form(path, fields, host) {
    const text = new URLSearchParams(fields).toString();
    return new Promise((done, failed) => {
      const headers = { Host: host, "Content-Type": "application/x-www-form-urlencoded", "Content-Length": text.length };
      const sent = request({ host: "127.0.0.1", port: this.port, method: "POST", path, agent: false, headers }, (reply) => {
        const parts = [];
        reply.on("data", (part) => parts.push(part));
        reply.on("end", () => {
          const said = Buffer.concat(parts).toString();
          if (reply.statusCode === 200) done(JSON.parse(said));
          else failed(new Error(`POST ${path}: ${reply.statusCode} ${said}`));
        });
      });
      sent.on("error", failed);
      sent.end(text);
    });
  }

  async must(method, path, body, options) {
    const reply = await this.api(method, path, body, options);
    assert.ok(reply.status < 300, `${method} ${path}: ${reply.status} ${reply.text}`);
    return reply.json;
  }

  /** A scanner is made ready after the start: seconds, where it was never compiled before. */
  async scanner() {
    for (const until = Date.now() + PATIENCE_MS; ; await pause(50)) {
      const { status } = await this.api("POST", "/v1/scan", { text: "ready?" });
      if (status === 200) return;
      assert.ok(Date.now() < until, `the scanner is not ready: ${status}`);
    }
  }

  /** A demo has no viewer; a product's first one is made when it is asked for. */
  async viewer(product) {
    if (!this.viewers[product]) {
      const email = `viewer@acme.${product}.example`;
      const password = "a long password for a viewer";
      const user = await this.must("POST", "/v1/users", { email, name: "Vera Viewer", password });
      const account = this.account(product);
      await this.must("PUT", `/v1/accounts/${account}/members/${user.id}`, { role: "viewer" });
      const { jwt } = await this.must("POST", "/v1/sessions", { email, password, account }, { token: null });
      this.viewers[product] = { email, password, role: "viewer", account, jwt };
    }
    return this.viewers[product];
  }

  async person(product, role) {
    return role === "viewer" ? this.viewer(product) : this.user(product, role);
  }

  /** An empty browser window: no cookies, nothing remembered. */
  async window({ width = 1280, height = 800, theme = "light", language = "en-US", ...more } = {}) {
    const context = await this.browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      locale: language,
      reducedMotion: "reduce",
      ...more,
    });
    context.setDefaultTimeout(30_000); // spent by what fails alone; a machine that builds and tests is slow
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(`thrown: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      // That nobody is logged in is told by a 401, which a browser writes down as an error of the page.
      if (/the server responded with a status of 401/.test(message.text())) return;
      errors.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    return { context, page, errors };
  }

  /** A window in which that person is logged in, on that page. `role` null: nobody is. */
  async open(product, role, { path = "", ...options } = {}) {
    const opened = await this.window(options);
    if (role === "operator") await this.operate(opened.context);
    else if (role) {
      const person = await this.person(product, role);
      await opened.context.addCookies([
        { name: COOKIES[product] ?? "cardea_session", value: person.jwt, sameSite: "Lax", ...this.cookiePlace(product) },
      ]);
    }
    await opened.page.goto(this.base(product) + path);
    return opened;
  }

  /** The root key, exchanged for an operator's session. */
  async operate(context) {
    this.operatorCookie ??= (async () => {
      const reply = await this.api(
        "POST",
        "/dashboard/v1/sessions",
        { root_key: this.told.root_key },
        { token: null, host: `localhost:${this.port}`, headers: { Origin: `http://localhost:${this.port}` } },
      );
      assert.equal(reply.status, 201, reply.text);
      return /^([^=]+)=([^;]+)/.exec(reply.headers["set-cookie"][0]);
    })();
    const [, name, value] = await this.operatorCookie;
    await context.addCookies([{ name, value, sameSite: "Strict", ...this.cookiePlace("operator") }]);
  }

  /** As the daemon sets it: else log-in would add a second one of the same name. */
  cookiePlace(product) {
    return { domain: new URL(this.base(product)).hostname, path: "/dashboard", httpOnly: true };
  }

  /** Types it in, as a person does. */
  async logIn(page, email, password) {
    await page.getByLabel("E-mail", { exact: true }).fill(email);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Log in", exact: true }).click();
  }

  async stop() {
    await this.browser.close();
    const code = await this.demo.stop();
    assert.equal(code, 0, "the demo ended as it should");
  }
}

/** `options`: of `serve`, beside those of a demo. */
export async function startRig({ options = [] } = {}) {
  const demo = await startAmongOthers(options);
  const launched = chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  try {
    return new Rig(demo, await launched);
  } catch (e) {
    await demo.stop(); // else nothing ever ends this process
    throw e;
  }
}

/** A page is there, and nothing of it is still on its way. */
export async function settled(page) {
  await page.getByRole("heading", { level: 1 }).waitFor();
  const coming = page.locator(".wheel, .skeleton, .bone, [aria-busy=true]");
  for (const until = Date.now() + 30_000; await coming.count(); await pause(20))
    if (Date.now() > until) throw new Error(`${page.url()} is still loading`);
}

/** What axe-core finds wrong with a page as it stands. */
export async function accessible(page, what = page.url()) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((n) => `    ${n.html.slice(0, 200)}\n    ${n.failureSummary}`).join("\n")}`);
  });
  assert.deepEqual(found, [], `${what}:\n${found.join("\n")}`);
}
