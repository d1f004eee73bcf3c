/* What is measured: each kernel does the same work at every call and returns a checksum of what came out. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct kernel {
    const char *group;
    const char *name;
    u64 (*run)(void);
    /* How often it is called in a pass: about a quarter of a second in an emulator. */
    int calls;
};

extern const struct kernel kernels[];
extern const int kernel_count;

/* Scratch memory that no kernel expects anything in. */
extern u8 arena[4 << 20];

static inline u64 next(u64 *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static inline u64 mix(u64 sum, u64 value) {
    return (sum << 5 | sum >> 59) * 0x9E3779B97F4A7C15 + value;
}

u64 sieve(void), hash(void), matrix(void), sort(void), calls(void), state(void), recursion(void), bignum(void);
u64 nbody(void), mandelbrot(void), product(void);
u64 aes_ctr(void), aes_cbc(void);
u64 copy(void), fill(void), scan(void), compare(void);
