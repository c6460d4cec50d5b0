/* service/password.h - Argon2id by libsodium, and what a password must be. service_password_hash() stands in session.h.
 */
#ifndef SERVICE_PASSWORD_H
#define SERVICE_PASSWORD_H

#include "service/service.h"

/* The rule: USER_PASSWORD_MIN..MAX bytes of UTF-8 (NIST SP 800-63B-4, 3.1.1.2: length, no composition). Adds a problem
 * at `location`. */
enum service_err password_check_rule(struct service_call *c, struct cardea_str password, const char *location);

/* Constant work: an empty or unreadable `hash` (no such user, no password) costs what a wrong password costs. Slow. */
bool password_matches(struct cardea_str hash, struct cardea_str password);

#endif
