/* judge/verdict.h - what counts as an answer: a chat completion whose one message is one JSON object of exactly
 * verdict, reason and canary. A model that explains itself around it, or was talked into another shape, has not
 * answered. */
#ifndef JUDGE_VERDICT_H
#define JUDGE_VERDICT_H

#include "judge/judge.h"

enum verdict_result {
    VERDICT_GIVEN,
    VERDICT_BAD, /* the server keeps to the protocol, the model said something else: the text may have made it do so */
    VERDICT_FOREIGN, /* not the protocol: HTML, half an answer, an error in its place */
};

/* Fills verdict and reason when one was given, and nothing else. */
enum verdict_result verdict_read(struct cardea_str body, const char *canary, struct judge_answer *out);

#endif
