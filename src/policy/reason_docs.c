/* docs/reference/reason-codes.md: every code of a scan's `reasons`, and every rule behind it. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "policy/policy.h"

static const char *const category_help[CARDEA_SCAN_CATEGORY_COUNT] = {
    [CARDEA_SCAN_INJECTION] = "Orders to a model: jailbreaks, prompt injection, requests for its instructions.",
    [CARDEA_SCAN_SECRET] = "Credentials; keys of every loaded profile among them, whoever's.",
    [CARDEA_SCAN_PAYLOAD] = "SQL, shell, script, template; exfiltration by markup.",
    [CARDEA_SCAN_HIDDEN] = "Characters that hide text, or show it otherwise than it is.",
    [CARDEA_SCAN_DOMAIN] = "Where links lead.",
    [CARDEA_SCAN_PERSONAL] = "Numbers of cards, accounts, people.",
    [CARDEA_SCAN_KEYWORD] = "Several signs of fraud together, or those that a rule of the policy asks for.",
};

/* Codes that no rule of a pack gives. */
static const struct {
    const char *code, *category, *help;
} others[] = {
    {"POLICY_PATTERN", "policy", "A pattern of the policy's own (type `regex`)."},
    {"POLICY_WORD", "policy", "A word of the policy's own (type `keyword`)."},
    {"POLICY_DOMAIN", "domain", "A host that a rule of the policy denies, or does not allow."},
    {"AI_SAFE", "ai", "The language model found nothing, and a rule of the policy acts on that."},
    {"AI_SUSPICIOUS", "ai", "The language model was not sure."},
    {"AI_BLOCKED", "ai", "The language model would not let it pass."},
    {"SCANNER_FAILED", "scanner",
     "The text was not scanned, and the policy says `fail_open`: it is flagged, not refused."},
    {"REDACTION_INCOMPLETE", "scanner",
     "Not all of the text could be looked at for what is to be redacted: it is blocked."},
};

/* What the scanner itself finds, by rules of the packs together or by the caller's lists. */
static const struct cardea_scan_rule made[] = {
    {"injection.combination", "Several signs of a jailbreak together", "(built in)", CARDEA_SCAN_INJECTION,
     CARDEA_SCAN_MEDIUM, CARDEA_SCAN_AT_LOW},
    {"domain.denied", "Host of a denied domain", "(built in)", CARDEA_SCAN_DOMAIN, CARDEA_SCAN_HIGH,
     CARDEA_SCAN_AT_LOW},
    {"keyword.combination", "Several signs of fraud together", "(built in)", CARDEA_SCAN_KEYWORD, CARDEA_SCAN_MEDIUM,
     CARDEA_SCAN_AT_LOW},
};
#define MADE_COUNT (sizeof(made) / sizeof(made[0]))

static int by_category_and_id(const void *left, const void *right)
{
    const struct cardea_scan_rule *a = left, *b = right;
    if (a->category != b->category)
        return a->category < b->category ? -1 : 1;
    return strcmp(a->id, b->id);
}

static void write_codes(struct buf *out)
{
    buf_add_cstr(out, "## Codes\n\n| Code | Category | What |\n|---|---|---|\n");
    for (unsigned i = 0; i < CARDEA_SCAN_CATEGORY_COUNT; i++)
        buf_printf(out, "| `%s` | `%s` | %s |\n", policy_code((enum cardea_scan_category)i),
                   cardea_scan_category_name((enum cardea_scan_category)i), category_help[i]);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        buf_printf(out, "| `%s` | `%s` | %s |\n", others[i].code, others[i].category, others[i].help);
}

static void write_category(struct buf *out, enum cardea_scan_category category, const struct cardea_scan_rule *rules,
                           size_t count)
{
    buf_printf(out, "\n## `%s`\n\n", policy_code(category));
    if (category == CARDEA_SCAN_SECRET)
        buf_add_cstr(out, "Each kind of keys of each loaded profile is a rule too, `secret.key.<profile>-<kind>`, "
                          "critical, from sensitivity low.\n\n");
    if (category == CARDEA_SCAN_KEYWORD)
        buf_add_cstr(out, "Only `keyword.combination` is ever a finding. The others are the signs of which it is made, "
                          "and `injection.combination`.\n\n");
    buf_add_cstr(out, "| Rule | What | Severity | From sensitivity | Pack |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++)
        if (rules[i].category == category)
            buf_printf(out, "| `%s` | %s | %s | %s | %s |\n", rules[i].id, rules[i].title,
                       cardea_scan_severity_name(rules[i].severity), cardea_scan_sensitivity_name(rules[i].sensitivity),
                       rules[i].pack);
}

enum cardea_err policy_reason_docs(struct buf *out)
{
    const struct cardea_scan_options options = {.without_multi = true}; /* nothing is scanned */
    struct cardea_scanner *s;
    struct cardea_scanner_info info;
    char *mistakes;
    enum cardea_err err = cardea_scanner_open(&s, &options, &mistakes);
    cardea_scan_text_free(mistakes);
    if (err != CARDEA_OK)
        return err;
    cardea_scanner_info(s, &info);
    struct cardea_scan_rule *rules = calloc(info.rule_count + MADE_COUNT, sizeof(*rules));
    if (!rules) {
        cardea_scanner_free(s);
        return CARDEA_E_NOMEM;
    }
    for (size_t i = 0; i < info.rule_count; i++)
        rules[i] = cardea_scanner_rule(s, i);
    memcpy(rules + info.rule_count, made, sizeof(made));
    qsort(rules, info.rule_count + MADE_COUNT, sizeof(*rules), by_category_and_id);
    buf_printf(out,
               "# Reason codes\n\n"
               "What a scan's `reasons` may say ([scanning a text](scan.md)). `code` and `rule_id` are stable: write "
               "programs and exceptions by them, not by titles. This page is written from the %zu rules that are built "
               "in (`cardea rules reasons` prints it); [rule packs](rules.md) of your own add to it.\n\n",
               info.rule_count);
    write_codes(out);
    for (unsigned i = 0; i < CARDEA_SCAN_CATEGORY_COUNT; i++)
        write_category(out, (enum cardea_scan_category)i, rules, info.rule_count + MADE_COUNT);
    free(rules);
    cardea_scanner_free(s);
    return out->failed ? CARDEA_E_NOMEM : CARDEA_OK;
}
