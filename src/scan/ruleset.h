/* scan/ruleset.h - all packs together, as what a scan walks through: units to match, and rules of hosts. */
#ifndef SCAN_RULESET_H
#define SCAN_RULESET_H

#include <cardea/scan.h>
#include <stdatomic.h>

#include "scan/host.h"
#include "scan/pack.h"
#include "scan/pattern.h"
#include "scan/words.h"

struct ruleset_rule {
    const struct scan_rule *rule;
    const char *pack;
    struct host_look *looks;               /* of a rule of look-alikes */
    _Atomic(struct scan_pattern *) *allow; /* of rule->allow, made when first needed */
};

/* One regular expression of a rule, in the form that its views need. */
struct ruleset_unit {
    struct cardea_str source;
    unsigned flags; /* of enum fields_flag */
    uint32_t rule;
    unsigned views;                         /* bit i: enum cardea_scan_view i */
    uint32_t first_branch, branch_count;    /* of the words that it needs; none: it is always tried */
    _Atomic(struct scan_pattern *) pattern; /* made when first needed */
};

struct ruleset {
    struct arena arena;
    struct fold *fold;
    const struct scan_pack **packs;
    size_t pack_count;
    struct ruleset_rule *rules;
    size_t rule_count;
    struct ruleset_unit *units;
    size_t unit_count;
    struct words words;   /* that the units need */
    uint32_t *host_rules; /* indices of rules of hosts */
    size_t host_rule_count;
};

/* CARDEA_E_FORMAT with every mistake in `mistakes`. */
enum cardea_err ruleset_build(struct ruleset *rs, const struct cardea_scan_options *options, struct buf *mistakes);
void ruleset_release(struct ruleset *rs);

/* NULL when memory is out (a pattern that does not compile was found when its pack was read). Thread-safe. */
const struct scan_pattern *ruleset_pattern(struct ruleset_unit *unit);
const struct scan_pattern *ruleset_allow(struct ruleset_rule *rule, size_t i);

/* The rule that a format of keys makes. In the arena. */
struct scan_rule *ruleset_key_rule(struct arena *a, const struct cardea_scan_key *key);

#endif
