/* scan/fields.h - the schema of a rule pack, and what it fills: the file's words, each still knowing where it stood. */
#ifndef SCAN_FIELDS_H
#define SCAN_FIELDS_H

#include "base/schema.h"

struct fields_context {
    const struct yaml_node *node;
    int64_t within;
    const struct yaml_node *require, *forbid;
};

struct fields_examples {
    const struct yaml_node *node;
    const struct yaml_node *match, *no_match;
};

struct fields_rule {
    const struct yaml_node *node;
    const struct yaml_node *id, *title;
    int category; /* of enum cardea_scan_category */
    const struct yaml_node *pattern, *patterns, *words, *domains, *lookalikes;
    unsigned hosts;  /* bit i: enum cardea_scan_host_trait i */
    unsigned flags;  /* of enum fields_flag */
    int severity;    /* of enum cardea_scan_severity */
    int sensitivity; /* of enum cardea_scan_sensitivity; -1: low */
    unsigned views;  /* bit i: enum cardea_scan_view i; 0: by category */
    const struct yaml_node *entropy;
    unsigned needs; /* of enum fields_need */
    const struct yaml_node *stop_words, *allow;
    int checksum; /* of enum fields_checksum; -1: none */
    const struct fields_context *context;
    int signal; /* of enum cardea_scan_signal; -1: none */
    int64_t score;
    const struct fields_examples *examples;
};

enum fields_flag {
    FIELDS_CASELESS = 1u << 0,
    FIELDS_MULTILINE = 1u << 1,
    FIELDS_DOTALL = 1u << 2,
    FIELDS_EXTENDED = 1u << 3,
};

enum fields_need {
    FIELDS_NEED_DIGIT = 1u << 0,
    FIELDS_NEED_UPPER = 1u << 1,
    FIELDS_NEED_LOWER = 1u << 2,
    FIELDS_NEED_LETTER = 1u << 3,
    FIELDS_NEED_SYMBOL = 1u << 4,
};

enum fields_checksum {
    FIELDS_CHECK_LUHN,
    FIELDS_CHECK_IBAN,
    FIELDS_CHECK_ABA,
    FIELDS_CHECK_KEY,
    FIELDS_CHECK_TOKEN,
    FIELDS_CHECK_JWT,
};

struct fields_pack {
    const struct yaml_node *node;
    const struct yaml_node *pack, *title, *mentions, *reports;
    struct schema_items rules; /* struct fields_rule */
};

/* Rules of one pack; bytes of one pattern as it stands in the file. */
#define FIELDS_RULES_MAX   2000
#define FIELDS_PATTERN_MAX 8192

extern const struct schema fields_pack_schema;

#endif
