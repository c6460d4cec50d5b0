/* One rule of a document, one exception: which members each type has, and what they must be. */
#include "policy/glob.h"
#include "policy/internal.h"
#include "policy/weight.h"
#include "scan/fields_rule.h"
#include "scan/names.h"

#define COUNT(list)      (sizeof(list) / sizeof((list)[0]))
#define ID_MAX           64
#define TITLE_MAX        200
#define PRIORITY_MAX     1000000
#define PRIORITY_DEFAULT 100
#define LIST_MAX         512
#define SIGNALS_LISTED   16
#define SCORE_MAX        1000
#define TEXT_MAX         4096

#define COMMON                                                                                                         \
    {"id", JSON_WANT_STRING, .required = true, .min = 1, .max = ID_MAX}, {"type", JSON_WANT_STRING, .required = true}, \
        {"action", JSON_WANT_STRING, .required = true}, {"mode", JSON_WANT_STRING},                                    \
        {"priority", JSON_WANT_INT, .max = PRIORITY_MAX}, {"severity", JSON_WANT_STRING},                              \
    {                                                                                                                  \
        "title", JSON_WANT_STRING, .nullable = true, .max = TITLE_MAX                                                  \
    }

static const struct json_field regex_fields[] = {
    COMMON,
    {"pattern", JSON_WANT_STRING, .required = true, .min = 1, .max = POLICY_PATTERN_MAX},
    {"caseless", JSON_WANT_BOOL},
};
static const struct json_field keyword_fields[] = {
    COMMON,
    {"words", JSON_WANT_ARRAY, .min = 1, .max = LIST_MAX},
    {"signals", JSON_WANT_ARRAY, .min = 1, .max = SIGNALS_LISTED},
    {"min_score", JSON_WANT_INT, .min = 1, .max = SCORE_MAX},
    {"min_signals", JSON_WANT_INT, .min = 1, .max = SIGNALS_LISTED},
};
static const struct json_field domain_fields[] = {
    COMMON,
    {"deny", JSON_WANT_ARRAY, .max = LIST_MAX},
    {"allow", JSON_WANT_ARRAY, .max = LIST_MAX},
    {"only_allowed", JSON_WANT_BOOL},
};
static const struct json_field pack_fields[] = {
    COMMON,
    {"category", JSON_WANT_STRING},
    {"min_severity", JSON_WANT_STRING},
    {"max_severity", JSON_WANT_STRING},
    {"rule", JSON_WANT_STRING, .min = 1, .max = POLICY_GLOB_MAX},
};
static const struct json_field ai_fields[] = {
    COMMON,
    {"verdicts", JSON_WANT_ARRAY, .required = true, .min = 1, .max = 3},
};

struct reading {
    struct policy_reader *r;
    const char *place;
    const json_t *object;
    struct policy_rule *out;
};

static void wrong(const struct reading *g, const char *member, const char *message, const char *fix)
{
    policy_mistake(g->r, policy_place(g->r, "%s/%s", g->place, member), message, fix);
}

static int choice(const struct reading *g, const char *member, const char *const *names)
{
    return policy_choice(g->r, g->place, g->object, member, names);
}

/* ---- by type ---- */

static void read_regex(const struct reading *g)
{
    struct cardea_str pattern = json_get_str(g->object, "pattern");
    struct policy_weight weight = policy_weigh(pattern);
    if (weight.refused)
        wrong(g, "pattern", "The pattern cannot be used.", weight.refused);
    else if (weight.characters > POLICY_WEIGHT_MAX)
        wrong(g, "pattern", "The pattern is too complex: its repetitions, written out, are over 4,096 characters.",
              "Repeat less, or without an upper bound.");
    else
        g->out->pattern = policy_copy(g->r, pattern);
    g->out->caseless = json_get_bool(g->object, "caseless", false);
    size_t before = g->r->weights;
    g->r->weights += weight.characters < POLICY_WEIGHT_MAX ? weight.characters : POLICY_WEIGHT_MAX;
    if (before <= POLICY_WEIGHTS_MAX && g->r->weights > POLICY_WEIGHTS_MAX)
        wrong(g, "pattern", "The patterns of the document are too complex together: over 65,536 characters.",
              "Use fewer patterns, or shorter ones.");
}

static void read_words(const struct reading *g, const json_t *words)
{
    struct policy_texts *out = &g->out->words;
    out->items = arena_array(&g->r->p->arena, json_array_size(words) + 1, sizeof(*out->items));
    for (size_t i = 0; i < json_array_size(words); i++) {
        const json_t *one = json_array_get(words, i);
        struct cardea_str word = {json_string_value(one), json_string_length(one)};
        const char *fault = json_is_string(one) ? fields_rule_phrase(word) : "it takes a string";
        if (fault)
            policy_mistake(g->r, policy_place(g->r, "%s/words/%zu", g->place, i), "The value is no word or phrase.",
                           arena_printf(g->r->a, "For a word %s.", fault).ptr);
        else
            out->items[out->count++] = policy_copy(g->r, word);
    }
    size_t before = g->r->words;
    g->r->words += out->count;
    if (before <= POLICY_WORDS_MAX && g->r->words > POLICY_WORDS_MAX)
        wrong(g, "words", "The document has more than 2,000 words.", "Use fewer.");
}

/* What messages of fraud work with beside money and attachments. The signs of a jailbreak are no signals here: what
 * they mean depends on the text's length, so the scanner alone adds them up, to a finding that rules of packs take. */
#define SIGNAL(name) (1u << CARDEA_SCAN_##name)
#define SOCIAL                                                                                                       \
    (SIGNAL(URGENCY) | SIGNAL(SECRECY) | SIGNAL(AUTHORITY) | SIGNAL(CREDENTIALS) | SIGNAL(REWARD) | SIGNAL(THREAT) | \
     SIGNAL(REQUEST))

static unsigned signal_of(const json_t *name)
{
    struct cardea_str text = {json_string_value(name), json_string_length(name)};
    if (!json_is_string(name))
        return 0;
    for (unsigned i = CARDEA_SCAN_FINANCE; i <= CARDEA_SCAN_REQUEST; i++)
        if (str_eq(text, str_of(scan_signal_names[i])))
            return 1u << i;
    return str_eq(text, STR("social_engineering")) ? SOCIAL : 0;
}

static void read_signals(const struct reading *g, const json_t *signals)
{
    struct policy_signals *out = &g->out->signals;
    unsigned before = 0;
    out->items = arena_array(&g->r->p->arena, json_array_size(signals) + 1, sizeof(*out->items));
    for (size_t i = 0; i < json_array_size(signals); i++) {
        unsigned one = signal_of(json_array_get(signals, i));
        const char *place = policy_place(g->r, "%s/signals/%zu", g->place, i);
        if (one == 0)
            policy_mistake(
                g->r, place, "There is no such signal.",
                "Write finance, attachment, urgency, secrecy, authority, credentials, reward, threat, link, "
                "request, or social_engineering for all of urgency to threat and request. Signs of a jailbreak "
                "are weighed together: use a rule of the type `pack` with `injection.combination`.");
        else if (before & one)
            policy_mistake(g->r, place, "The signal is named twice.", "Name each once.");
        else
            out->items[out->count++] = one;
        before |= one;
    }
    out->min_score = (unsigned)json_get_int(g->object, "min_score", 1);
    out->min_signals = (unsigned)json_get_int(g->object, "min_signals", out->count > 1 ? 2 : 1);
    if (out->min_signals > out->count)
        wrong(g, "min_signals", "The rule names fewer signals than it asks for.", "Name more, or ask for fewer.");
    if (g->out->action == POLICY_BLOCK && out->min_signals < 2)
        wrong(g, "min_signals", "One signal alone is no reason to block: business mail has them too.",
              "Ask for 2 at least, or flag.");
}

static void read_keyword(const struct reading *g)
{
    const json_t *words = json_object_get(g->object, "words"), *signals = json_object_get(g->object, "signals");
    if (!words == !signals) {
        wrong(g, "words", "A keyword rule has either `words` or `signals`.", "Send one of them.");
        return;
    }
    if (words) {
        read_words(g, words);
        if (json_object_get(g->object, "min_score") || json_object_get(g->object, "min_signals"))
            wrong(g, json_object_get(g->object, "min_score") ? "min_score" : "min_signals",
                  "Words are not weighed: the member belongs to `signals`.", "Leave it out.");
        return;
    }
    if (g->out->action == POLICY_REDACT)
        wrong(g, "action", "Signals have no place in the text that could be redacted.", "Write allow, flag or block.");
    read_signals(g, signals);
}

static void read_domain(const struct reading *g)
{
    g->out->deny = policy_read_domains(g->r, g->place, g->object, "deny");
    g->out->allow = policy_read_domains(g->r, g->place, g->object, "allow");
    g->out->only_allowed = json_get_bool(g->object, "only_allowed", false);
    bool denies = json_array_size(json_object_get(g->object, "deny")) > 0;
    if (!denies && !g->out->only_allowed)
        wrong(g, "deny", "The rule names no host that it would act on.",
              "Name some in `deny`, or set `only_allowed` to act on all but those in `allow`.");
}

static void read_pack(const struct reading *g)
{
    int least = choice(g, "min_severity", scan_severity_names);
    int most = choice(g, "max_severity", scan_severity_names);
    struct cardea_str glob = json_get_str(g->object, "rule");
    g->out->category = choice(g, "category", scan_category_names);
    g->out->least = least < 0 ? CARDEA_SCAN_INFO : (enum cardea_scan_severity)least;
    g->out->most = most < 0 ? CARDEA_SCAN_CRITICAL : (enum cardea_scan_severity)most;
    if (g->out->least > g->out->most)
        wrong(g, "max_severity", "It is below min_severity: the rule would take nothing.", "Exchange them.");
    if (!glob.len)
        return;
    const char *fault = policy_glob_check(glob);
    if (fault)
        wrong(g, "rule", "The value is no pattern of rule ids.", fault);
    else
        g->out->glob = policy_copy(g->r, glob).ptr;
}

static void read_ai(const struct reading *g)
{
    static const char *const verdicts[] = {
        [POLICY_AI_SAFE] = "SAFE", [POLICY_AI_SUSPICIOUS] = "SUSPICIOUS", [POLICY_AI_BLOCKED] = "BLOCKED"};
    const json_t *list = json_object_get(g->object, "verdicts");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        unsigned bit = 0;
        for (unsigned v = POLICY_AI_SAFE; v < COUNT(verdicts); v++)
            if (json_is_string(one) && strcmp(json_string_value(one), verdicts[v]) == 0)
                bit = 1u << v;
        if (!bit)
            policy_mistake(g->r, policy_place(g->r, "%s/verdicts/%zu", g->place, i),
                           "The value is none of those that are known.", "Write SAFE, SUSPICIOUS or BLOCKED.");
        g->out->verdicts |= bit;
    }
    if (g->out->action == POLICY_REDACT)
        wrong(g, "action", "The AI names no place in the text that could be redacted.", "Write allow, flag or block.");
}

/* ---- a rule ---- */

static const struct {
    const struct json_field *fields;
    size_t count;
    void (*read)(const struct reading *g);
} by_type[POLICY_TYPE_COUNT] = {[POLICY_REGEX] = {regex_fields, COUNT(regex_fields), read_regex},
                                [POLICY_KEYWORD] = {keyword_fields, COUNT(keyword_fields), read_keyword},
                                [POLICY_DOMAIN] = {domain_fields, COUNT(domain_fields), read_domain},
                                [POLICY_PACK] = {pack_fields, COUNT(pack_fields), read_pack},
                                [POLICY_AI] = {ai_fields, COUNT(ai_fields), read_ai}};

static bool is_id(struct cardea_str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && c != '-' && c != '_' && c != '.')
            return false;
    }
    return id.len > 0;
}

static void read_common(const struct reading *g)
{
    static const enum cardea_scan_severity of_action[] = {[POLICY_ALLOW] = CARDEA_SCAN_INFO,
                                                          [POLICY_FLAG] = CARDEA_SCAN_MEDIUM,
                                                          [POLICY_BLOCK] = CARDEA_SCAN_HIGH,
                                                          [POLICY_REDACT] = CARDEA_SCAN_MEDIUM};
    struct cardea_str id = json_get_str(g->object, "id"), title = str_trim(json_get_str(g->object, "title"));
    int action = choice(g, "action", policy_action_names), mode = choice(g, "mode", policy_mode_names);
    int severity = choice(g, "severity", scan_severity_names);
    if (!is_id(id))
        wrong(g, "id", "The id has other characters than are allowed.", "Use letters, digits, `-`, `_` and `.`.");
    g->out->id = policy_copy(g->r, id).ptr;
    g->out->title = title.len ? policy_copy(g->r, title).ptr : g->out->id;
    g->out->action = action < 0 ? POLICY_FLAG : (enum policy_action)action;
    g->out->shadow = mode == 1;
    g->out->priority = json_get_int(g->object, "priority", PRIORITY_DEFAULT);
    g->out->severity = severity < 0 ? of_action[g->out->action] : (enum cardea_scan_severity)severity;
}

void policy_read_rule(struct policy_reader *r, const char *place, const json_t *object, struct policy_rule *out)
{
    struct reading g = {r, place, object, out};
    *out = (struct policy_rule){.category = -1};
    /* Without a type nobody knows which members it may have. */
    if (!json_is_object(object)) {
        policy_mistake(r, place, "The value is not a JSON object.", "Send an object for each rule.");
        return;
    }
    int type = choice(&g, "type", policy_type_names);
    if (type < 0) {
        if (!json_is_string(json_object_get(object, "type")))
            wrong(&g, "type", "The rule says no type.", "Write regex, keyword, domain, pack or ai.");
        return;
    }
    out->type = (enum policy_type)type;
    if (!policy_check(r, place, object, by_type[type].fields, by_type[type].count))
        return;
    read_common(&g);
    by_type[type].read(&g);
}

/* ---- an exception ---- */

/* 64 digits, or the same after `sha256:`. */
static bool read_digest(struct cardea_str text, struct cardea_digest *out)
{
    if (str_starts(text, STR("sha256:")))
        text = (struct cardea_str){text.ptr + 7, text.len - 7};
    if (text.len != 2 * CARDEA_DIGEST_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        out->bytes[i / 2] = (uint8_t)(i % 2 ? out->bytes[i / 2] | digit : digit << 4);
    }
    return true;
}

void policy_read_exception(struct policy_reader *r, const char *place, const json_t *object,
                           struct policy_exception *out)
{
    static const struct json_field fields[] = {
        {"rule", JSON_WANT_STRING, .min = 1, .max = POLICY_GLOB_MAX},
        {"text", JSON_WANT_STRING, .min = 1, .max = TEXT_MAX},
        {"domain", JSON_WANT_STRING, .min = 1, .max = 255},
        {"reason", JSON_WANT_STRING, .nullable = true, .max = TEXT_MAX},
    };
    struct cardea_str glob = json_get_str(object, "rule"), text = json_get_str(object, "text");
    *out = (struct policy_exception){0};
    if (!policy_check(r, place, object, fields, COUNT(fields)))
        return;
    const char *fault = glob.len ? policy_glob_check(glob) : NULL;
    if (fault)
        policy_mistake(r, policy_place(r, "%s/rule", place), "The value is no pattern of rule ids.", fault);
    out->glob = glob.len ? policy_copy(r, glob).ptr : NULL;
    out->has_text = text.len > 0;
    out->text = policy_copy(r, text);
    out->has_digest = read_digest(text, &out->digest);
    out->domain = policy_read_host(r, place, object, "domain");
    if (!glob.len && !text.len && !json_object_get(object, "domain"))
        policy_mistake(r, place, "The exception would take out everything.",
                       "Say what it is for: `rule`, `text`, `domain`, or several of them.");
}
