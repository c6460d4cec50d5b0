/* service/content.h - what stands in a text: scanned by the deterministic layer, judged, and recorded when it was not
 * simply let through.
 *
 * What the default policy says is cardea_scan_verdict()'s (cardea/scan.h), here as on the command line. */
#ifndef SERVICE_CONTENT_H
#define SERVICE_CONTENT_H

#include <cardea/scan.h>

#include "service/service.h"

struct scanning_seat;

struct content_scan {
    /* asked */
    struct cardea_str text;    /* UTF-8; borrowed until service_content_release() */
    struct cardea_str account; /* as service_account_of_call() takes it; root may leave it out */
    enum cardea_scan_sensitivity sensitivity;
    /* found */
    int64_t id, account_id; /* account_id 0: nobody's, asked by root */
    enum cardea_scan_verdict verdict;
    struct cardea_scan_result result;
    bool redacts;               /* there is something to take out, and all was looked at */
    struct cardea_str redacted; /* in the arena */
    int64_t latency_us;
    struct scanning_seat *seat; /* that the result is borrowed from */
};

/* With a reader's connection, where a second may pass. SERVICE_UNAVAILABLE "scanner_unavailable": nothing was judged.
 * Whatever it returns, service_content_release() ends it. */
enum service_err service_content_scan(struct service_call *c, struct content_scan *scan);
/* In a unit of work: the event `content.flagged` or `content.blocked`, with rules and places and nothing of the text.
 */
enum service_err service_content_record(struct service_call *c, const struct content_scan *scan);
void service_content_release(struct service_call *c, struct content_scan *scan);

/* "SECRET": the reason code of what a rule of this category found. Stable. Static storage. */
const char *service_content_code(enum cardea_scan_category category);
/* "allow", "flag", "block". Static storage. */
const char *service_content_verdict(enum cardea_scan_verdict verdict);

/* The text with what should not leave (secrets, personal numbers) replaced by `[redacted:RULE]`. Pure. False: there is
 * nothing to take out. */
bool service_content_redact(struct arena *a, struct cardea_str text, const struct cardea_scan_finding *findings,
                            size_t count, struct cardea_str *out);

#endif
