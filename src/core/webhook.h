/* core/webhook.h - how webhooks and pushed messages are signed: for the daemon, which has secrets as bytes. */
#ifndef CORE_WEBHOOK_H
#define CORE_WEBHOOK_H

#include <cardea/webhook.h>

#define WEBHOOK_SECRET_MAX    64                                           /* bytes */
#define WEBHOOK_SECRET_TEXT   (6 + 4 * ((WEBHOOK_SECRET_MAX + 2) / 3) + 1) /* "whsec_", base64, NUL, at most */
#define WEBHOOK_SIGNATURE_MAX (3 + 44 + 1)                                 /* "v1,", base64, NUL */
#define WEBHOOK_HEX_MAX       (64 + 1)

/* "whsec_…": how a secret is shown. At most WEBHOOK_SECRET_MAX bytes. */
void webhook_secret_text(const uint8_t *secret, size_t len, char out[WEBHOOK_SECRET_TEXT]);
/* Back from the text, with or without "whsec_". False: it is no base64 of 16 to WEBHOOK_SECRET_MAX bytes. */
bool webhook_secret_parse(struct cardea_str text, uint8_t out[WEBHOOK_SECRET_MAX], size_t *len);

/* "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", as one word of the header `webhook-signature`. The secret is its
 * bytes. */
void webhook_sign(struct cardea_str secret, struct cardea_str id, int64_t timestamp, struct cardea_str body,
                  char out[WEBHOOK_SIGNATURE_MAX]);
/* 64 lower-case hexadecimal digits. The secret is its text. */
void webhook_sign_body(struct cardea_str secret_text, struct cardea_str body, char out[WEBHOOK_HEX_MAX]);

#endif
