/* scan/fields_rule.h - what single words of a rule pack must look like (schema_rule_fn). */
#ifndef SCAN_FIELDS_RULE_H
#define SCAN_FIELDS_RULE_H

#include <cardea/types.h>

const char *fields_rule_pack(struct cardea_str text);
const char *fields_rule_id(struct cardea_str text);
const char *fields_rule_title(struct cardea_str text);
const char *fields_rule_pattern(struct cardea_str text);
const char *fields_rule_phrase(struct cardea_str text);
const char *fields_rule_domain(struct cardea_str text);
const char *fields_rule_entropy(struct cardea_str text);

/* Thousandths of a bit a character, of "3.5"; -1 when that is no such number. */
int fields_entropy(struct cardea_str text);

#endif
