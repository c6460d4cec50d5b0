/* policy/weight.h - how much a regular expression would cost to compile and to try, told from its text alone. */
#ifndef POLICY_WEIGHT_H
#define POLICY_WEIGHT_H

#include <cardea/types.h>

struct policy_weight {
    uint32_t characters; /* that it stands for, repetitions written out: `(a{3}b){10}` is 40; saturates */
    bool nested;         /* a repetition or a choice within a repetition: there may be more ways to try than time */
    const char *refused; /* what of its syntax is not taken here; NULL */
};

struct policy_weight policy_weigh(struct cardea_str pattern);

#endif
