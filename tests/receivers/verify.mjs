// Deliveries in, one JSON object a line ({secret, headers, body}); what Standard Webhooks' own library says of each out.
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ verified: new Webhook(secret).verify(body, headers) }));
  } catch (error) {
    console.log(JSON.stringify({ refused: error.message }));
  }
}
