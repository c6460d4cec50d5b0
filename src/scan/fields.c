#include "scan/fields.h"

#include "scan/fields_rule.h"
#include "scan/names.h"

#define AT(type, member) offsetof(struct type, member)
#define COUNT(a)         (sizeof(a) / sizeof((a)[0]))

static const char *const flag_names[] = {"caseless", "multiline", "dotall", "extended", NULL};
static const char *const need_names[] = {"digit", "upper", "lower", "letter", "symbol", NULL};
static const char *const checksum_names[] = {"luhn", "iban", "aba", "key", "token", "jwt", NULL};

static const struct schema_field context_fields[] = {
    {"within", SCHEMA_INT, AT(fields_context, within), .min = 1, .max = 1000, .fallback = "100",
     .help = "How many bytes before and after the hit are looked at."},
    {"require", SCHEMA_TEXTS, AT(fields_context, require), .min = 1, .max = 64, .rule = fields_rule_phrase,
     .fallback = "none", .help = "One of these must stand there (in any case, anywhere in a word)."},
    {"forbid", SCHEMA_TEXTS, AT(fields_context, forbid), .min = 1, .max = 64, .rule = fields_rule_phrase,
     .fallback = "none", .help = "None of these may stand there."},
};

static const struct schema context_schema = {
    .noun = "the context",
    .intro = "Words around the hit, the hit itself left out.",
    .fields = context_fields,
    .count = COUNT(context_fields),
    .size = sizeof(struct fields_context),
};

static const struct schema_field examples_fields[] = {
    {"match", SCHEMA_TEXTS, AT(fields_examples, match), .required = true, .min = 1, .max = 64,
     .help = "Texts that this rule must find."},
    {"no_match", SCHEMA_TEXTS, AT(fields_examples, no_match), .min = 1, .max = 64, .fallback = "none",
     .help = "Texts that this rule must leave alone (other rules may find something in them)."},
};

static const struct schema examples_schema = {
    .noun = "the examples",
    .intro = "Tests of the rule: `cardea rules check` and the project's own tests run them all. Write characters that "
             "cannot be seen as escapes in double quotes: `\"\\u200b\"`.",
    .fields = examples_fields,
    .count = COUNT(examples_fields),
    .size = sizeof(struct fields_examples),
};

static const struct schema_field rule_fields[] = {
    {"id", SCHEMA_TEXT, AT(fields_rule, id), .required = true, .rule = fields_rule_id,
     .help = "Stable name, in reasons and policies: `secret.aws-access-key`. No other rule of any pack has it."},
    {"title", SCHEMA_TEXT, AT(fields_rule, title), .required = true, .rule = fields_rule_title,
     .help = "What was found, for people."},
    {"category", SCHEMA_CHOICE, AT(fields_rule, category), .required = true, .choices = scan_category_names,
     .help = "What kind of thing it is."},
    {"pattern", SCHEMA_TEXT, AT(fields_rule, pattern), .rule = fields_rule_pattern, .fallback = "see above",
     .help = "A regular expression in PCRE2's syntax, on bytes."},
    {"patterns", SCHEMA_TEXTS, AT(fields_rule, patterns), .min = 1, .max = 256, .rule = fields_rule_pattern,
     .fallback = "see above", .help = "Several, each of which alone makes a hit."},
    {"words", SCHEMA_TEXTS, AT(fields_rule, words), .min = 1, .max = 512, .rule = fields_rule_phrase,
     .fallback = "see above",
     .help = "Words and phrases, in any case, that are no part of a longer word; a space in one stands for any white "
             "space."},
    {"domains", SCHEMA_TEXTS, AT(fields_rule, domains), .min = 1, .max = 512, .rule = fields_rule_domain,
     .fallback = "see above", .help = "Hosts that a text may name: these and all beneath them."},
    {"lookalikes", SCHEMA_TEXTS, AT(fields_rule, lookalikes), .min = 1, .max = 512, .rule = fields_rule_domain,
     .fallback = "see above",
     .help = "Domains whose look-alikes are hits; they themselves and what is beneath are not."},
    {"hosts", SCHEMA_CHOICES, AT(fields_rule, hosts), .choices = scan_host_trait_names, .fallback = "see above",
     .help = "What is odd about a host: an address (`ip`), one in disguise (`odd_ip`: 0x7f.1, 2130706433), `punycode`, "
             "scripts that are `mixed`, a user name before it (`userinfo`), another domain before the real one "
             "(`nested`)."},
    {"flags", SCHEMA_CHOICES, AT(fields_rule, flags), .choices = flag_names, .fallback = "none",
     .help = "Of the patterns. `extended` ignores white space and `# comments` in them."},
    {"severity", SCHEMA_CHOICE, AT(fields_rule, severity), .required = true, .choices = scan_severity_names,
     .help = "By default `medium` flags a text, `high` and `critical` block it."},
    {"sensitivity", SCHEMA_CHOICE, AT(fields_rule, sensitivity), .choices = scan_sensitivity_names, .fallback = "`low`",
     .help = "The rule counts in scans of this sensitivity and above: `low` always, `high` only where false alarms are "
             "welcome."},
    {"views", SCHEMA_CHOICES, AT(fields_rule, views), .choices = scan_view_names, .fallback = "by category, see above",
     .help = "In which readings of the text the rule looks."},
    {"entropy", SCHEMA_TEXT, AT(fields_rule, entropy), .rule = fields_rule_entropy, .fallback = "any",
     .help = "Least entropy of the value, in bits a character (Shannon)."},
    {"needs", SCHEMA_CHOICES, AT(fields_rule, needs), .choices = need_names, .fallback = "nothing",
     .help = "Kinds of characters of each of which the value has at least one."},
    {"stop_words", SCHEMA_TEXTS, AT(fields_rule, stop_words), .min = 1, .max = 512, .rule = fields_rule_phrase,
     .fallback = "none", .help = "A value that contains one of these, in any case, is no hit."},
    {"allow", SCHEMA_TEXTS, AT(fields_rule, allow), .min = 1, .max = 64, .rule = fields_rule_pattern,
     .fallback = "none", .help = "Regular expressions; when one is found in the whole match, it is no hit."},
    {"checksum", SCHEMA_CHOICE, AT(fields_rule, checksum), .choices = checksum_names, .fallback = "none",
     .help =
         "What the value must satisfy. `key`: the last 6 characters are the CRC-32 of all before, in base62 (our own "
         "keys). `token`: the same of what stands between the last `_` and them (GitHub, npm). `jwt`: the first part "
         "is base64url of a JSON object."},
    {"context", SCHEMA_OBJECT, AT(fields_rule, context), .of = &context_schema, .fallback = "none",
     .help = "Words that must or must not stand nearby."},
    {"signal", SCHEMA_CHOICE, AT(fields_rule, signal), .choices = scan_signal_names, .fallback = "none",
     .help = "Of a keyword, required there: what it is a signal of."},
    {"score", SCHEMA_INT, AT(fields_rule, score), .min = 1, .max = 100, .fallback = "10",
     .help = "Of a keyword: its weight."},
    {"examples", SCHEMA_OBJECT, AT(fields_rule, examples), .required = true, .of = &examples_schema,
     .help = "What it finds and what not."},
};

static const struct schema rule_schema = {
    .noun = "a rule",
    .intro =
        "Exactly one of `pattern`, `patterns`, `words`, `domains`, `lookalikes` and `hosts` says what it looks for.\n\n"
        "**Patterns** see bytes, not characters: `.` is one byte, `\\w` and `\\b` know ASCII alone. Characters beyond "
        "ASCII "
        "may be written as they are, before a quantifier and within a class too (a negated class takes all that is "
        "beyond ASCII); a `\\b` right beside one is left out. The words that a pattern cannot match without are "
        "searched "
        "for first, those of all patterns at once, and PCRE2 tries it only around them. So a pattern is fast when each "
        "of "
        "its choices has a word or a sign that few texts have, and gaps that end: `[^.]{0,40}`, `(?:\\S+\\s+){0,3}`; "
        "one of "
        "classes alone is tried on every text. A pattern that matches the empty text is "
        "refused. Capture 1, or one named `value`, is the *value*: what checks look at and what would be redacted; "
        "without it, that is the whole match.\n\n"
        "**Views.** `raw`: the text as it came. `folded`: compatibility forms (fullwidth, mathematical, ligatures) are "
        "the plain letters, look-alikes in words that mix scripts are the ASCII letters, what is invisible and all "
        "accents and other marks are gone, capitals of other scripts than ASCII are small. `joined`: letters that were "
        "spaced out stand together. `leet`: digits within words are letters. `decoded`: base64, hex, percent, escapes "
        "and HTML entities decoded once. The last three are made from `folded`. Patterns and words are folded the same "
        "way where they look at those: write natural `é`, `ñ`, `Ж`. ASCII capitals stay as they are in all views: say "
        "`caseless`. Left out: `injection` looks at all views; `secret` and `payload` at raw, folded and decoded; "
        "`hidden` at raw; the others at raw and folded, but signals of a jailbreak at all. What rules of hosts look at "
        "is not chosen.\n\n"
        "**Keywords** (`category: keyword`) never count alone: the strongest score of each signal adds up, and only "
        "a sum of several signals becomes a finding of its own: `keyword.combination` for those of fraud (`finance` to "
        "`request`), `injection.combination` for those of a jailbreak (`model` to `harm`).",
    .fields = rule_fields,
    .count = COUNT(rule_fields),
    .size = sizeof(struct fields_rule),
};

static const struct schema_field pack_fields[] = {
    {"pack", SCHEMA_TEXT, AT(fields_pack, pack), .required = true, .rule = fields_rule_pack,
     .help = "Name of the pack; a pack of a folder takes the place of the built-in one of its name."},
    {"title", SCHEMA_TEXT, AT(fields_pack, title), .required = true, .rule = fields_rule_title,
     .help = "What is in it, for people."},
    {"mentions", SCHEMA_TEXTS, AT(fields_pack, mentions), .min = 1, .max = 64, .rule = fields_rule_phrase,
     .help =
         "Words of whoever speaks of attacks (in any case, anywhere in a word). What a rule finds within a quotation, "
         "with one of these at most 100 bytes away, is of medium severity at most: it is named, not said."},
    {"reports", SCHEMA_TEXTS, AT(fields_pack, reports), .min = 1, .max = 64, .rule = fields_rule_phrase,
     .help = "Words right before what somebody else is said to do or to ask for (`tries to`). What a rule finds right "
             "after one of these is of medium severity at most."},
    {"rules", SCHEMA_OBJECTS, AT(fields_pack, rules), .required = true, .of = &rule_schema, .min = 1,
     .max = FIELDS_RULES_MAX, .help = "The rules."},
};

const struct schema fields_pack_schema = {
    .noun = "a rule pack",
    .intro = "One pack, at most 1 MiB. Unknown fields are mistakes.",
    .fields = pack_fields,
    .count = COUNT(pack_fields),
    .size = sizeof(struct fields_pack),
};
