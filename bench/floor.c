/* bench/floor.c - the cheapest thing that could decide on a key. */
#include "floor.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "core/mix.h"

uint64_t floor_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void floor_make(struct floor *f, size_t len, uint64_t seed)
{
    const char *path = "/dev/shm/cardea-bench-floor";
    unlink(path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || posix_fallocate(fd, 0, (off_t)len) != 0) {
        perror(path);
        exit(1);
    }
    uint64_t *base = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    unlink(path);
    close(fd);
    if (base == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    *f = (struct floor){.lines = base, .count = len / 64, .len = len};
    for (uint64_t i = 0; i < f->count; i++)
        base[i * 8] = mix_pair(i ^ seed, UINT64_C(0x9e3779b97f4a7c15));
}

void floor_release(struct floor *f)
{
    union {
        const uint64_t *constant;
        void *base;
    } u = {.constant = f->lines};
    munmap(u.base, f->len);
}

static uint64_t place(struct cardea_str key)
{
    struct cardea_digest d;
    uint64_t w[2];
    cardea_digest(key, &d);
    memcpy(w, d.bytes, sizeof w);
    return mix_pair(w[0], w[1] ^ UINT64_C(0xe7037ed1a0b428db));
}

uint64_t floor_decide(const struct floor *f, struct cardea_str key, unsigned reads, uint64_t last_count)
{
    uint64_t value = place(key);
    for (unsigned i = 0; i < reads; i++) {
        uint64_t among = i + 1 == reads ? last_count : f->count;
        value = f->lines[mix_scale(value, among) * 8];
    }
    return floor_zero_after(value);
}

uint64_t floor_decide_recording(const struct floor *f, const struct floor *activity, struct cardea_str key)
{
    uint64_t value = place(key);
    value = f->lines[mix_scale(value, f->count) * 8];
    uint64_t third = activity->lines[mix_scale(value, activity->count) * 8];
    value = f->lines[mix_scale(value, f->count) * 8];
    return floor_zero_after(value ^ third);
}
