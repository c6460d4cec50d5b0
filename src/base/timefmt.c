#include "base/timefmt.h"

#include <time.h>

#include "base/str.h"

#define DAY_SEC 86400
/* 9999-12-31T23:59:59Z */
#define LAST_SEC INT64_C(253402300799)

static void digits(char *out, int count, int64_t value)
{
    while (count-- > 0) {
        out[count] = (char)('0' + value % 10);
        value /= 10;
    }
}

void timefmt_rfc3339(char out[TIMEFMT_LEN], int64_t unix_sec)
{
    time_t clock = unix_sec < 0 ? 0 : unix_sec > LAST_SEC ? LAST_SEC : unix_sec;
    struct tm tm;
    gmtime_r(&clock, &tm);
    memcpy(out, "0000-00-00T00:00:00Z", TIMEFMT_LEN);
    digits(out, 4, tm.tm_year + 1900);
    digits(out + 5, 2, tm.tm_mon + 1);
    digits(out + 8, 2, tm.tm_mday);
    digits(out + 11, 2, tm.tm_hour);
    digits(out + 14, 2, tm.tm_min);
    digits(out + 17, 2, tm.tm_sec);
}

/* Reads exactly `count` digits off the front. */
static bool take_number(struct cardea_str *s, size_t count, int *out)
{
    if (s->len < count)
        return false;
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (s->ptr[i] < '0' || s->ptr[i] > '9')
            return false;
        *out = *out * 10 + (s->ptr[i] - '0');
    }
    s->ptr += count;
    s->len -= count;
    return true;
}

static bool take_char(struct cardea_str *s, const char *one_of)
{
    if (s->len == 0 || s->ptr[0] == '\0' || !strchr(one_of, s->ptr[0]))
        return false;
    s->ptr++;
    s->len--;
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days from 1970-01-01 to a date from year 1 on: years begin in March, so that leap days come last. */
static int64_t days_from_epoch(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

static bool take_offset(struct cardea_str *s, int64_t *offset_sec)
{
    *offset_sec = 0;
    if (take_char(s, "Zz"))
        return true;
    bool west = s->len && s->ptr[0] == '-';
    int hours, minutes;
    if (!take_char(s, "+-") || !take_number(s, 2, &hours) || !take_char(s, ":") || !take_number(s, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *offset_sec = (hours * 60 + minutes) * (west ? -60 : 60);
    return true;
}

bool timefmt_parse(struct cardea_str text, int64_t *out)
{
    int year, month, day, hour, minute, second;
    if (!take_number(&text, 4, &year) || !take_char(&text, "-") || !take_number(&text, 2, &month) ||
        !take_char(&text, "-") || !take_number(&text, 2, &day) || !take_char(&text, "Tt ") ||
        !take_number(&text, 2, &hour) || !take_char(&text, ":") || !take_number(&text, 2, &minute) ||
        !take_char(&text, ":") || !take_number(&text, 2, &second))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 ||
        second > 60)
        return false;
    if (take_char(&text, ".")) {
        int digit;
        if (!take_number(&text, 1, &digit))
            return false;
        while (take_number(&text, 1, &digit))
            ;
    }
    int64_t offset_sec;
    if (!take_offset(&text, &offset_sec) || text.len != 0)
        return false;
    int64_t sec = days_from_epoch(year, month, day) * DAY_SEC + hour * 3600 + minute * 60 + second - offset_sec;
    /* RFC 3339 section 5.7: a leap second stands at the end of a UTC day only. */
    if (second == 60 && sec % DAY_SEC != 0)
        return false;
    if (sec < 0 || sec > LAST_SEC)
        return false;
    *out = sec;
    return true;
}

bool timefmt_parse_duration(struct cardea_str text, int64_t *out_sec)
{
    int64_t unit = 1;
    if (text.len) {
        char last = text.ptr[text.len - 1];
        unit = last == 'd' ? DAY_SEC : last == 'h' ? 3600 : last == 'm' ? 60 : 1;
        if (unit > 1 || last == 's')
            text.len--;
    }
    if (text.len == 0)
        return false;
    int64_t value = 0;
    for (int digit; text.len;)
        if (!take_number(&text, 1, &digit) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    return !__builtin_mul_overflow(value, unit, out_sec);
}
