/* judge/prompt.h - what the model is sent: our words, and the text, kept apart.
 *
 * The text stands between two lines that name a nonce, drawn for each request; each of its own lines begins with a
 * mark, so that no line of it can look like one of ours; and what a server may take for the end of a turn is broken up.
 * The canary, drawn too, stands in our words alone: an answer that repeats it comes from a model that has read them. */
#ifndef JUDGE_PROMPT_H
#define JUDGE_PROMPT_H

#include "base/buf.h"

#define PROMPT_BODY_MAX (512u << 10) /* of a request with JUDGE_TEXT_MAX bytes of text, all of them escaped */

struct prompt_marks {
    char nonce[33], canary[17];
};

/* False: no randomness, or the text holds what was drawn (which chance alone does not do). */
bool prompt_marks_draw(struct prompt_marks *m, struct cardea_str text, cardea_random_fn random, void *random_arg);

/* The body of a chat completion request, as JSON. */
void prompt_write(struct buf *out, const char *model, struct cardea_str text, const struct prompt_marks *m);

#endif
