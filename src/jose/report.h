/* jose/report.h - who may report leaked keys: public keys (ECDSA on P-256) by name, and whether a body is signed by
 * one.
 *
 * The file is what GitHub publishes (https://api.github.com/meta/public_keys/secret_scanning): {"public_keys":
 * [{"key_identifier": "…", "key": "-----BEGIN PUBLIC KEY-----…"}]}; further members are passed by. A signature is DER
 * in base64, over the SHA-256 of the body as it came. */
#ifndef JOSE_REPORT_H
#define JOSE_REPORT_H

#include "base/arena.h"

#define REPORT_KEYS_TEXT_MAX (256 * 1024)
#define REPORT_KEYS_MAX      64
#define REPORT_NAME_MAX      128

struct report_keys;

/* NULL with one line in `why`; the whole file is refused for one bad key. */
struct report_keys *report_keys_parse(struct cardea_str text, struct cardea_why *why);
void report_keys_free(struct report_keys *keys); /* NULL is allowed */
size_t report_keys_count(const struct report_keys *keys);

enum report_result { REPORT_SIGNED, REPORT_UNKNOWN_KEY, REPORT_BAD_SIGNATURE };
/* Any thread. */
enum report_result report_check(const struct report_keys *keys, struct cardea_str name, struct cardea_str signature,
                                struct cardea_str body);

#endif
