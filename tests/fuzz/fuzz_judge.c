/* fuzz_judge.c - what a server answers, and a text that goes to it: no answer counts but one with our canary, and no
 * text gets out of its place. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "judge/prompt.h"
#include "judge/text.h"
#include "judge/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
    if (!ok)
        abort();
}

static bool counting(void *arg, void *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)i;
    return true;
}

static void is_clean(const char *line)
{
    size_t len;
    uint32_t code;
    struct cardea_str s = str_of(line);
    for (size_t at = 0; at < s.len; at += len)
        need(text_step(s, at, &len, &code) == TEXT_PLAIN && code != '\t');
}

static void answer(struct cardea_str body)
{
    struct judge_answer a = {0};
    enum verdict_result result = verdict_read(body, "c0ffee", &a);
    if (result == VERDICT_GIVEN)
        need(memmem(body.ptr, body.len, "choices", 7) != NULL && a.verdict < JUDGE_VERDICT_COUNT);
    is_clean(a.reason);
    need(verdict_read(body, "not there at all, whatever comes", &a) != VERDICT_GIVEN);
}

/* Two lines of ours, and between them only lines that begin with the mark. */
static void question(struct cardea_str text)
{
    struct prompt_marks m;
    struct buf out;
    char end[64];
    if (text.len > JUDGE_TEXT_MAX || !prompt_marks_draw(&m, text, counting, NULL))
        return;
    buf_init(&out, PROMPT_BODY_MAX);
    prompt_write(&out, "model", text, &m);
    need(!out.failed);
    json_t *root = json_loadb(out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL);
    const char *user = json_string_value(
        json_object_get(json_array_get(json_object_get(root, "messages"), 1), "content"));
    need(user && strncmp(user, "BEGIN MESSAGE ", 14) == 0 && !strstr(user, m.canary));
    snprintf(end, sizeof(end), "\nEND MESSAGE %s\n", m.nonce);
    const char *line = strchr(user, '\n'), *last = strstr(user, end);
    need(line && last && !strstr(user, "<|"));
    while (line < last) {
        need(strncmp(line, "\n| ", 3) == 0);
        line = strchr(line + 1, '\n');
    }
    need(line == last);
    json_decref(root);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cardea_str s = {(const char *)data, size};
    answer(s);
    question(s);
    return 0;
}
