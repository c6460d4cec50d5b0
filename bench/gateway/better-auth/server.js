// The API-key plugin of better-auth behind node:http. node server.js FOLDER PORT KEYS
//
// Makes as many keys in a database of its own, writes them to FOLDER/keys and then answers. Its limit of 10 requests a
// key and day is off; the rest is as it comes.
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { apiKey } from "@better-auth/api-key";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import Database from "better-sqlite3";

const [folder, port, count] = process.argv.slice(2);
const database = new Database(`${folder}/better-auth.db`);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = NORMAL");

const options = {
  baseURL: `http://127.0.0.1:${port}`,
  secret: "of the benchmark, and of nothing else",
  database,
  emailAndPassword: { enabled: true },
  plugins: [apiKey({ rateLimit: { enabled: false } })],
  telemetry: { enabled: false },
};
await (await getMigrations(options)).runMigrations();
const auth = betterAuth(options);

const { user } = await auth.api.signUpEmail({ body: { email: "bench@example.com", password: "correct horse battery", name: "Bench" } });
const keys = [];
for (let i = 0; i < Number(count); i++) {
  const made = await auth.api.createApiKey({ body: { userId: user.id, permissions: { content: ["read"] } } });
  keys.push(made.key);
}
writeFileSync(`${folder}/keys`, keys.map((key) => `${key} id\n`).join(""), { mode: 0o600 });

const content = Buffer.from("a reply of about forty bytes, as the GIF's\n");
createServer(async (request, response) => {
  const header = request.headers.authorization ?? "";
  const { valid } = await auth.api.verifyApiKey({ body: { key: header.slice("Bearer ".length), permissions: { content: ["read"] } } });
  response.writeHead(valid ? 200 : 401, { "Content-Type": "text/plain", "Content-Length": valid ? content.length : 0 });
  response.end(valid ? content : undefined);
}).listen(Number(port), "127.0.0.1");
