/* service/issuer_schedule.h - when an issuer's keys are fetched. No clock, no thread: time is passed in, as
 * milliseconds of a clock that never goes back. */
#ifndef SERVICE_ISSUER_SCHEDULE_H
#define SERVICE_ISSUER_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define ISSUER_REFRESH_MS   (10 * 60 * 1000)
#define ISSUER_LOOK_MS      5000  /* at a file, whether it has changed */
#define ISSUER_ASKED_MS     30000 /* between two fetches that unknown kids ask for: anybody can make some up */
#define ISSUER_RETRY_MIN_MS 1000  /* doubled with each failure while there are no keys at all */
#define ISSUER_RETRY_MAX_MS 30000
#define ISSUER_COMPLAIN_MS  60000

enum issuer_outcome {
    ISSUER_FETCHED,
    ISSUER_UNCHANGED,   /* the file is the one that was read */
    ISSUER_UNREACHABLE, /* no answer */
    ISSUER_REFUSED,     /* an answer other than 200 */
    ISSUER_UNUSABLE,    /* no key set, or none of its keys can be used */
    ISSUER_OUTCOMES
};

struct issuer_schedule {
    int64_t period_ms;
    int64_t due_ms;        /* the next regular fetch */
    int64_t confirmed_ms;  /* when the keys were last had; -1: never */
    int64_t asked_ms;      /* the last fetch that an unknown kid asked for; -1: none */
    int64_t complained_ms; /* of failures; -1: not since it worked */
    unsigned failures;     /* since it worked */
    bool wanted;           /* an unknown kid was seen */
    bool running;
};

/* The first fetch is due at once. */
void issuer_schedule_init(struct issuer_schedule *s, int64_t period_ms, int64_t now_ms);
/* When to call issuer_schedule_begin() next, if nothing happens before. */
int64_t issuer_schedule_next(const struct issuer_schedule *s);
/* Whether to fetch now; issuer_schedule_end() must follow. */
bool issuer_schedule_begin(struct issuer_schedule *s, int64_t now_ms);
/* Whether the log is to tell of the failure. */
bool issuer_schedule_end(struct issuer_schedule *s, int64_t now_ms, enum issuer_outcome outcome);
/* A kid is unknown: whether a fetch runs or may begin now. Else one follows when its time has come. */
bool issuer_schedule_ask(struct issuer_schedule *s, int64_t now_ms);

#endif
