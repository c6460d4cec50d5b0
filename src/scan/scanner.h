/* scan/scanner.h - the inside of a scanner and of a thread's scratch. */
#ifndef SCAN_SCANNER_H
#define SCAN_SCANNER_H

#include <cardea/scan.h>

#include "scan/multi.h"
#include "scan/places.h"
#include "scan/ruleset.h"
#include "scan/view.h"

struct cardea_scanner {
    struct ruleset rules;
    struct multi *multi; /* NULL: PCRE2 alone */
    char engine[48];     /* what matches, with its version */
    bool from_cache, degraded;
    uint32_t match_limit;
    struct cardea_why why; /* degraded: the reason */
};

/* What no rule of a pack says. */
enum scan_pseudo_rule { SCAN_RULE_DENIED = -1, SCAN_RULE_COMBINATION = -2, SCAN_RULE_JAILBREAK = -3 };

struct scan_hit {
    int64_t rule; /* index, or enum scan_pseudo_rule */
    enum cardea_scan_category category;
    enum cardea_scan_severity severity;
    enum cardea_scan_view view;
    struct cardea_scan_span span, redact;
};

struct scan_hits {
    struct scan_hit *items;
    size_t count, cap, max;
};

/* The readings that a scan may make of a text. */
enum scan_slot {
    SLOT_RAW,
    SLOT_FOLDED,
    SLOT_JOINED,
    SLOT_LEET_I,
    SLOT_LEET_L,
    SLOT_DECODED,
    SLOT_REFOLDED,
    SLOT_SMUGGLED,
    SLOT_COUNT
};

struct cardea_scan_scratch {
    const struct cardea_scanner *scanner;
    struct multi_scratch *multi; /* NULL with the scanner's */
    struct scan_matcher *matcher;
    struct view views[SLOT_COUNT];
    struct places *places;
    uint64_t *seen; /* one bit for each rule that had a hit, kept or not */
    struct scan_hits hits;
    struct cardea_scan_finding *findings;
    size_t finding_cap;
    struct cardea_scan_host *hosts;
    char *host_names; /* HOST_NAME_MAX_LEN each */
    size_t host_cap;
};

/* One scan under way. */
struct scan {
    const struct cardea_scanner *scanner;
    struct cardea_scan_scratch *scratch;
    const struct cardea_scan_params *params;
    struct cardea_scan_limits limits; /* with the defaults filled in */
    uint64_t deadline_ns;
    unsigned cut; /* of enum cardea_scan_cut */
    bool out_of_memory;
    size_t host_count;
    size_t shortest; /* bytes of the shortest reading */
    uint8_t signals[CARDEA_SCAN_SIGNAL_COUNT];
    struct cardea_scan_span signal_spans[CARDEA_SCAN_SIGNAL_COUNT];
};

/* False when there is no time left; that is then on record. */
bool scan_has_time(struct scan *s);
void scan_add_hit(struct scan *s, const struct scan_hit *hit);
/* Matches what is due in a reading that stands for `views` (bit i: enum cardea_scan_view i). */
void scan_match_view(struct scan *s, const struct view *v, unsigned views);
/* Hosts that a reading names, and the rules of hosts. */
void scan_hosts(struct scan *s, const struct view *v, enum cardea_scan_view as);
/* Several signals together are a finding. */
void scan_combine(struct scan *s);
/* Sorted, one for each place; false when memory is out. */
bool scan_settle(struct scan *s, size_t *count);

/* The monotonic clock. */
uint64_t scan_clock_ns(void);

#endif
