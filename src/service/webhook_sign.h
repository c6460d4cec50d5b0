/* service/webhook_sign.h - signatures of what is posted to others' endpoints, by Standard Webhooks
 * (https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, under a secret that is the endpoint's
 * alone. Pure. */
#ifndef SERVICE_WEBHOOK_SIGN_H
#define SERVICE_WEBHOOK_SIGN_H

#include <cardea/types.h>

#define WEBHOOK_SECRET_LEN    32 /* bytes of ours; the standard wants 24 to 64 */
#define WEBHOOK_SECRET_MAX    64
#define WEBHOOK_SECRET_TEXT   (6 + 4 * ((WEBHOOK_SECRET_LEN + 2) / 3) + 1) /* "whsec_", base64, NUL */
#define WEBHOOK_SIGNATURE_MAX (3 + 44 + 1)                                 /* "v1,", base64, NUL */

/* "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", as one word of the header `webhook-signature`. */
void webhook_sign(struct cardea_str secret, struct cardea_str id, int64_t timestamp, struct cardea_str body,
                  char out[WEBHOOK_SIGNATURE_MAX]);

/* "whsec_…" of WEBHOOK_SECRET_LEN bytes: how a secret is shown, once. */
void webhook_secret_text(const uint8_t secret[WEBHOOK_SECRET_LEN], char out[WEBHOOK_SECRET_TEXT]);

#endif
