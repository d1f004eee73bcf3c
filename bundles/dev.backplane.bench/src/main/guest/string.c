/* The string instructions, with lengths from a few bytes to some pages, as kernels and C libraries use them. */
#include "kernels.h"

static void move(void *to, const void *from, u64 bytes) {
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

static void move8(void *to, const void *from, u64 words) {
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

static void store(void *to, u64 bytes, u8 value) {
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
}

static void store8(void *to, u64 words, u64 value) {
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(value) : "memory");
}

static u64 length(const u8 *text) {
    u64 left = -1;
    __asm__ volatile("repne scasb" : "+D"(text), "+c"(left) : "a"(0) : "memory", "cc");
    return -2 - left;
}

static int differs(const u8 *a, const u8 *b, u64 bytes) {
    u8 result;
    __asm__ volatile("cmpb %%al, %%al\n\trepe cmpsb\n\tsetne %3"
                     : "+D"(a), "+S"(b), "+c"(bytes), "=q"(result)
                     :
                     : "memory", "cc");
    return result;
}

static u64 sample(const u8 *memory, u64 bytes) {
    u64 sum = 0;
    for (u64 i = 0; i < bytes; i += 61)
        sum = mix(sum, memory[i]);
    return sum;
}

/* Short more often than long. */
static u64 some(u64 *seed) {
    u64 n = next(seed);
    return (n >> 20 & 0x1FFF) >> (n & 7);
}

u64 copy(void) {
    u64 seed = 17;
    for (u32 i = 0; i < 0x10000; i++)
        arena[i] = i * 7;
    store8(arena + 0x20000, 0x2000, 0);
    for (int i = 0; i < 4000; i++) {
        u64 bytes = some(&seed), from = next(&seed) & 0x7FFF, to = 0x20000 + (next(&seed) & 0x7FFF);
        if (i & 1)
            move(arena + to, arena + from, bytes);
        else
            move8(arena + (to & -8), arena + (from & -8), bytes / 8);
    }
    return sample(arena + 0x20000, 0xA000);
}

u64 fill(void) {
    u64 seed = 19;
    store8(arena, 0x2000, 0);
    for (int i = 0; i < 4000; i++) {
        u64 bytes = some(&seed), to = next(&seed) & 0x7FFF;
        if (i & 1)
            store(arena + to, bytes, i);
        else
            store8(arena + (to & -8), bytes / 8, 0x0101010101010101 * (i & 255));
    }
    return sample(arena, 0xA000);
}

u64 scan(void) {
    enum { N = 0x8000 };
    u64 seed = 23, sum = 0;
    for (u32 i = 0; i < N; i++)
        arena[i] = 'a' + (i & 15);
    for (u32 i = 0; i < N; i += 4 + (next(&seed) & 127))
        arena[i] = 0;
    arena[N - 1] = 0;
    for (u64 i = 0; i < N; i++) {
        u64 n = length(arena + i);
        sum = mix(sum, n);
        i += n;
    }
    return sum;
}

u64 compare(void) {
    enum { N = 0x4000 };
    u64 seed = 29, sum = 0;
    for (u32 i = 0; i < N; i++)
        arena[i] = arena[N + i] = i * 3;
    for (u32 i = 0; i < 40; i++)
        arena[N + (next(&seed) & N - 1)] ^= 1;
    for (u32 i = 0; i < 400; i++) {
        u64 at = next(&seed) & N / 2 - 1;
        sum = mix(sum, differs(arena + at, arena + N + at, some(&seed) & 1023));
    }
    return sum;
}
