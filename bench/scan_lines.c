/* scan_lines.c - scans many texts in one process, for tools/scan_report.py and bench/scan.py.
 *
 *   scan_lines [SENSITIVITY] < texts
 *
 * Each text is `LENGTH\n` and so many bytes. Each answer is a line of JSON:
 * {"verdict":N,"ns":N,"cut":N,"signals":{"NAME":N},"rules":["ID SEVERITY VIEW"]} */
#include <cardea/scan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long long now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void answer(const struct cardea_scan_result *r, long long ns)
{
    printf("{\"verdict\":%d,\"ns\":%lld,\"cut\":%u,\"signals\":{", (int)cardea_scan_verdict(r), ns, r->cut);
    for (unsigned i = 0, n = 0; i < CARDEA_SCAN_SIGNAL_COUNT; i++)
        if (r->signals[i] > 0)
            printf("%s\"%s\":%u", n++ ? "," : "", cardea_scan_signal_name((enum cardea_scan_signal)i), r->signals[i]);
    printf("},\"rules\":[");
    for (size_t i = 0; i < r->finding_count; i++)
        printf("%s\"%s %s %s\"", i ? "," : "", r->findings[i].rule_id,
               cardea_scan_severity_name(r->findings[i].severity), cardea_scan_view_name(r->findings[i].view));
    printf("]}\n");
}

static struct cardea_scanner *open_scanner(void)
{
    static const struct cardea_scan_options options = {0};
    struct cardea_scanner *s;
    char *mistakes;
    if (cardea_scanner_open(&s, &options, &mistakes) == CARDEA_OK)
        return s;
    fprintf(stderr, "%s", mistakes ? mistakes : "out of memory\n");
    exit(1);
}

int main(int argc, char **argv)
{
    struct cardea_scan_params params = {.sensitivity = CARDEA_SCAN_AT_MEDIUM};
    struct cardea_scan_scratch *scratch;
    struct cardea_scan_result r;
    char line[32];
    if (argc > 1 && !cardea_scan_sensitivity_parse((struct cardea_str){argv[1], strlen(argv[1])}, &params.sensitivity))
        return 2;
    struct cardea_scanner *s = open_scanner();
    if (cardea_scan_scratch_new(&scratch, s) != CARDEA_OK)
        return 1;
    while (fgets(line, sizeof(line), stdin)) {
        size_t len = (size_t)strtoull(line, NULL, 10);
        char *text = malloc(len + 1);
        if (!text || fread(text, 1, len, stdin) != len)
            return 1;
        long long began = now_ns();
        if (cardea_scan(s, scratch, (struct cardea_str){text, len}, &params, &r) != CARDEA_OK)
            return 1;
        answer(&r, now_ns() - began);
        free(text);
    }
    cardea_scan_scratch_free(scratch);
    cardea_scanner_free(s);
    return 0;
}
