#include "service/reminder_plan.h"

const int reminder_days[REMINDER_STEPS] = {14, 3, 1, 0};

static int64_t moment(int64_t end, int64_t step)
{
    return end - (int64_t)reminder_days[step] * 86400;
}

/* Steps whose moment has come. */
static int64_t passed(int64_t end, int64_t now)
{
    int64_t n = 0;
    while (end && n < REMINDER_STEPS && moment(end, n) <= now)
        n++;
    return end ? n : REMINDER_STEPS;
}

bool reminder_is_near(int64_t end, int64_t from, int64_t now)
{
    return end && passed(end, now) > passed(end, from);
}

static void set_next(struct store_reminder *r)
{
    int64_t expiry = r->expiry_told < REMINDER_STEPS ? moment(r->expires_at, r->expiry_told) : 0;
    int64_t rotation = r->rotation_told < REMINDER_STEPS ? moment(r->rotate_at, r->rotation_told) : 0;
    if (r->expires_at && !expiry)
        rotation = 0; /* it has expired */
    r->next_at = expiry && (!rotation || expiry < rotation) ? expiry : rotation;
    /* A moment before 1970 is due as well. */
    if ((expiry || rotation) && r->next_at <= 0)
        r->next_at = 1;
}

void reminder_plan(struct store_reminder *r, int64_t expires_at, int64_t expiry_from, int64_t rotate_at,
                   int64_t rotation_from)
{
    if (r->expires_at != expires_at || !expires_at) {
        r->expires_at = expires_at;
        r->expiry_told = passed(expires_at, expiry_from);
    }
    if (r->rotate_at != rotate_at || !rotate_at) {
        r->rotate_at = rotate_at;
        r->rotation_told = passed(rotate_at, rotation_from);
    }
    set_next(r);
}

void reminder_take(struct store_reminder *r, int64_t now, struct reminder_due *out)
{
    *out = (struct reminder_due){0};
    int64_t expiry = passed(r->expires_at, now), rotation = passed(r->rotate_at, now);
    if (r->expires_at && expiry > r->expiry_told) {
        out->expiry = true;
        out->expiry_days = reminder_days[expiry - 1];
        r->expiry_told = expiry;
    }
    bool over = r->expires_at && r->expiry_told == REMINDER_STEPS;
    if (r->rotate_at && rotation > r->rotation_told && !over) {
        out->rotation = true;
        out->rotation_days = reminder_days[rotation - 1];
        r->rotation_told = rotation;
    }
    set_next(r);
}
