#include "jose/jwk_rsa.h"

#include <stdbool.h>

/* Infineon's faulty library (CVE-2017-15361, "ROCA") made primes of the form k*M + 65537^a mod M, M the product of the
 * first primes. So their product is a power of 65537 modulo each of them, which of other keys one in 2^28 is: Nemec et
 * al., "The Return of Coppersmith's Attack", section 4. */
static bool made_by_infineon(const BIGNUM *n)
{
    static const uint8_t primes[] = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                     47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                     107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
    for (size_t i = 0; i < sizeof(primes); i++) {
        uint32_t p = primes[i], rest = (uint32_t)BN_mod_word(n, p), power = 1;
        bool found = false;
        do {
            found = power == rest;
            power = power * (65537 % p) % p;
        } while (!found && power != 1);
        if (!found)
            return false;
    }
    return true;
}

const char *jwk_rsa_flaw(const BIGNUM *n, const BIGNUM *e)
{
    if (BN_num_bits(n) < JWK_RSA_BITS_MIN)
        return "its RSA modulus is shorter than 2048 bits";
    if (!BN_is_odd(n))
        return "its RSA modulus is even";
    if (!BN_is_odd(e) || BN_is_one(e))
        return "its RSA exponent is 1 or even";
    if (made_by_infineon(n))
        return "its RSA modulus was made by a faulty library (CVE-2017-15361)";
    return NULL;
}
