/* serve/ai.h - the AI layer's options: whether they are sound, and what the judge is told of them. */
#ifndef SERVE_AI_H
#define SERVE_AI_H

#include "judge/judge.h"
#include "serve/options.h"

#define AI_URL_DEFAULT "https://api.openai.com/v1"

/* The key for the server that is asked. Whoever holds one wipes it. */
struct ai_key {
    size_t len; /* 0: none */
    char bytes[JUDGE_KEY_MAX];
};

/* Takes OPENAI_API_KEY out of the environment, so that neither a child process nor /proc has it any more. Before the
 * first thread. What is no key is left out, with a line in the log. */
void ai_key_take(struct ai_key *out);

/* The words of the options, and the key file, which is read into `key`. What is wrong is in `errors`, one a line. */
bool ai_check(const struct serve_options *o, struct ai_key *key, struct buf *errors);

/* Tells the judge, and the log. The file's key wins over the environment's. */
void ai_configure(struct judge *judge, const struct serve_options *o, const struct ai_key *from_file,
                  const struct ai_key *from_environment);

#endif
