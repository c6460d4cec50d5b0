#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

static char *captured(void (*emit)(void))
{
    static char text[8192];
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    emit();
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void emit_plain(void)
{
    errno = ENOSPC;
    log_warn("port %d is taken", 8080);
    assert_int_equal(errno, ENOSPC);
    log_debug("not shown at the default level");
}

static void emit_hostile(void)
{
    log_error("%s", "a\"b\\c\nlevel=info msg=\"forged\x1b[2J\x7f\xc2\x9b\xff\xc3\xa9");
}

static void emit_long(void)
{
    char text[5000];
    memset(text, 1, sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    log_error("%s", text);
}

static void one_line_a_message(void **state)
{
    char *text = captured(emit_plain);
    assert_string_equal(text + 20, " level=warn msg=\"port 8080 is taken\"\n");
    assert_int_equal(text[10], 'T');
    assert_int_equal(text[19], 'Z');
}

static void nobody_forges_a_line(void **state)
{
    assert_string_equal(
        captured(emit_hostile) + 20,
        " level=error msg=\"a\\\"b\\\\c\\x0alevel=info msg=\\\"forged\\x1b[2J\\x7f\\xc2\\x9b\\xff\xc3\xa9\"\n");
}

static void long_messages_are_cut(void **state)
{
    char *text = captured(emit_long);
    assert_true(strlen(text) <= 4096);
    assert_string_equal(text + strlen(text) - 5, "...\"\n");
}

static void levels(void **state)
{
    enum log_level level;
    assert_true(log_level_parse(STR("debug"), &level));
    assert_int_equal(level, LOG_DEBUG);
    assert_false(log_level_parse(STR("loud"), &level));
    log_set_level(LOG_ERROR);
    assert_string_equal(captured(emit_plain), "");
    log_set_level(LOG_DEBUG);
    assert_non_null(strstr(captured(emit_plain), "level=debug"));
    log_set_level(LOG_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_a_message),
        cmocka_unit_test(nobody_forges_a_line),
        cmocka_unit_test(long_messages_are_cut),
        cmocka_unit_test(levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
