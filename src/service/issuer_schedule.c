#include "service/issuer_schedule.h"

void issuer_schedule_init(struct issuer_schedule *s, int64_t period_ms, int64_t now_ms)
{
    *s = (struct issuer_schedule){
        .period_ms = period_ms, .due_ms = now_ms, .confirmed_ms = -1, .asked_ms = -1, .complained_ms = -1};
}

/* From when on a fetch may run that unknown kids ask for. */
static int64_t may_ask_ms(const struct issuer_schedule *s)
{
    return s->asked_ms < 0 ? 0 : s->asked_ms + ISSUER_ASKED_MS;
}

int64_t issuer_schedule_next(const struct issuer_schedule *s)
{
    return s->wanted && may_ask_ms(s) < s->due_ms ? may_ask_ms(s) : s->due_ms;
}

bool issuer_schedule_begin(struct issuer_schedule *s, int64_t now_ms)
{
    if (s->running || now_ms < issuer_schedule_next(s))
        return false;
    if (now_ms < s->due_ms)
        s->asked_ms = now_ms;
    s->wanted = false;
    s->running = true;
    return true;
}

static int64_t retry_ms(const struct issuer_schedule *s)
{
    int64_t wait = ISSUER_RETRY_MAX_MS;
    if (s->confirmed_ms < 0 && s->failures <= 5)
        wait = (int64_t)ISSUER_RETRY_MIN_MS << (s->failures - 1);
    return wait < s->period_ms ? wait : s->period_ms;
}

bool issuer_schedule_end(struct issuer_schedule *s, int64_t now_ms, enum issuer_outcome outcome)
{
    s->running = false;
    if (outcome == ISSUER_FETCHED || outcome == ISSUER_UNCHANGED) {
        s->failures = 0;
        s->confirmed_ms = now_ms;
        s->complained_ms = -1;
        s->due_ms = now_ms + s->period_ms;
        return false;
    }
    s->failures++;
    s->due_ms = now_ms + retry_ms(s);
    if (s->complained_ms >= 0 && now_ms - s->complained_ms < ISSUER_COMPLAIN_MS)
        return false;
    s->complained_ms = now_ms;
    return true;
}

bool issuer_schedule_ask(struct issuer_schedule *s, int64_t now_ms)
{
    if (s->running)
        return true; /* what it brings is looked at before anything else is asked for */
    s->wanted = true;
    return now_ms >= issuer_schedule_next(s);
}
