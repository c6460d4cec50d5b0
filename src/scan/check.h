/* scan/check.h - what must hold of a match besides its pattern: entropy, checksums, words in it and around it. */
#ifndef SCAN_CHECK_H
#define SCAN_CHECK_H

#include "scan/pack.h"
#include "scan/pattern.h"

/* All but `allow`. */
bool check_passes(const struct scan_rule *rule, struct cardea_str text, const struct scan_match *match);

/* It stands in a quotation, near words of whoever speaks of such texts, or is what somebody is said to do. */
bool check_is_mention(const struct scan_rule *rule, struct cardea_str text, const struct scan_match *match);

/* Shannon's, in thousandths of a bit a character. */
int check_entropy(struct cardea_str value);
bool check_sum(enum fields_checksum kind, struct cardea_str value);
/* In any case of ASCII letters. */
bool check_contains(struct cardea_str text, struct cardea_str word);

#endif
