/* fuzz_scan.c - any bytes as a text, and as a rule pack: spans stay within the text, and mistakes are told. */
#include <stdlib.h>
#include <string.h>

#include <cardea/scan.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cardea_scanner *scanner;
static struct cardea_scan_scratch *scratch;

/* Compiling the packs takes seconds, which are no input's fault. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct cardea_scan_options options = {0};
    char *mistakes;
    (void)argc;
    (void)argv;
    if (cardea_scanner_open(&scanner, &options, &mistakes) != CARDEA_OK ||
        cardea_scan_scratch_new(&scratch, scanner) != CARDEA_OK)
        abort();
    return 0;
}

static void scan(struct cardea_str text)
{
    const struct cardea_scan_params params = {.sensitivity = CARDEA_SCAN_AT_HIGH};
    struct cardea_scan_result r;
    if (cardea_scan(scanner, scratch, text, &params, &r) != CARDEA_OK)
        abort();
    for (size_t i = 0; i < r.finding_count; i++) {
        const struct cardea_scan_finding *f = &r.findings[i];
        if (f->span.start >= f->span.end || f->span.end > text.len || f->redact.start >= f->redact.end ||
            f->redact.end > text.len)
            abort();
    }
    for (size_t i = 0; i < r.host_count; i++)
        if (r.hosts[i].span.start >= r.hosts[i].span.end || r.hosts[i].span.end > text.len || r.hosts[i].name.len == 0)
            abort();
    if (r.truncated != (r.cut != 0))
        abort();
}

static void read_pack(struct cardea_str text)
{
    const struct cardea_scan_pack pack = {"f", text};
    const struct cardea_scan_options options = {
        .without_builtin = true, .without_multi = true, .packs = &pack, .pack_count = 1};
    struct cardea_scanner *s = NULL;
    char *mistakes;
    enum cardea_err err = cardea_scanner_open(&s, &options, &mistakes);
    if ((err == CARDEA_E_FORMAT) != (mistakes != NULL && mistakes[0] != '\0') || (err == CARDEA_OK) != (s != NULL))
        abort();
    cardea_scan_text_free(mistakes);
    cardea_scanner_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct cardea_str text = {(const char *)data, size};
    scan(text);
    if (size > 5 && memcmp(data, "pack:", 5) == 0)
        read_pack(text);
    return 0;
}
