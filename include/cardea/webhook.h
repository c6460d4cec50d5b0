/* cardea/webhook.h - signatures of webhooks: made by the daemon, checked by whoever receives one.
 *
 * Two styles. STANDARD is Standard Webhooks 1.0.0 (https://www.standardwebhooks.com): HMAC-SHA256 over
 * `id.timestamp.body` under the secret's bytes, in base64, any number of them in one header. BODY is one header of the
 * product's own: HMAC-SHA256 over the raw body under the secret as it is written, `whsec_` included, in hexadecimal.
 * The first says when it was sent, and that is signed; the second does not, so that who has seen one may send it again.
 *
 * Check the body as it came, before anything parses it. */
#ifndef CARDEA_WEBHOOK_H
#define CARDEA_WEBHOOK_H

#include <cardea/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CARDEA_WEBHOOK_TOLERANCE_SEC 300

enum cardea_webhook_style {
    CARDEA_WEBHOOK_STANDARD, /* the header webhook-signature */
    CARDEA_WEBHOOK_BODY      /* the product's header, such as X-Anima-Signature */
};

enum cardea_webhook_result {
    CARDEA_WEBHOOK_VALID = 0,
    CARDEA_WEBHOOK_NO_SIGNATURE,  /* there is none, or none of this style */
    CARDEA_WEBHOOK_BAD_TIMESTAMP, /* no number of seconds */
    CARDEA_WEBHOOK_TOO_OLD,
    CARDEA_WEBHOOK_TOO_NEW,
    CARDEA_WEBHOOK_MISMATCH,  /* no signature is of this body under this secret */
    CARDEA_WEBHOOK_BAD_SECRET /* our own mistake: no secret of 16 to 64 bytes in base64 */
};

/* What came in, each as it stood in the request. */
struct cardea_webhook {
    struct cardea_str signature; /* the value of the style's header */
    struct cardea_str id;        /* webhook-id */
    struct cardea_str timestamp; /* webhook-timestamp; with BODY it may be empty, and is not signed where it is not */
    struct cardea_str body;
};

/* `secret` is "whsec_…" as it was shown. Times are unix seconds; the tolerance goes both ways. Signatures are compared
 * in constant time. While a secret is being replaced, check with the new one, then with the old one. */
CARDEA_API enum cardea_webhook_result cardea_webhook_verify(enum cardea_webhook_style style,
                                                            const struct cardea_webhook *webhook,
                                                            struct cardea_str secret, int64_t now,
                                                            int64_t tolerance_sec);

/* A sentence for a log: "the signature is of another body, or made with another secret". */
CARDEA_API const char *cardea_webhook_result_text(enum cardea_webhook_result result);

#ifdef __cplusplus
}
#endif
#endif
