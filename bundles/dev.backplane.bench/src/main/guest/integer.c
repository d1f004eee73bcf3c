/* Integer code, as compilers make it from ordinary programs. */
#include "kernels.h"

u64 sieve(void) {
    enum { N = 400000 };
    u8 *composite = arena;
    for (u32 i = 0; i < N; i++)
        composite[i] = 0;
    u64 sum = 0;
    for (u32 i = 2; i < N; i++) {
        if (composite[i])
            continue;
        sum = mix(sum, i);
        for (u64 j = (u64)i * i; j < N; j += i)
            composite[j] = 1;
    }
    return sum;
}

u64 hash(void) {
    enum { SLOTS = 1 << 15, KEYS = SLOTS * 3 / 4 };
    struct slot {
        u64 key, value;
    } *table = (struct slot *)arena;
    for (u32 i = 0; i < SLOTS; i++)
        table[i].key = table[i].value = 0;
    u64 seed = 88172645463325252;
    for (u32 round = 0; round < 4; round++) {
        for (u32 i = 0; i < KEYS; i++) {
            u64 key = (next(&seed) & 0xFFFFF) + 1;
            u32 at = (key * 0x9E3779B97F4A7C15) >> 49;
            while (table[at].key != 0 && table[at].key != key)
                at = (at + 1) & (SLOTS - 1);
            if (table[at].key == 0 && round > 0)
                continue;
            table[at].key = key;
            table[at].value += i;
        }
    }
    u64 sum = 0;
    for (u32 i = 0; i < SLOTS; i++)
        sum = mix(sum, table[i].key ^ table[i].value);
    return sum;
}

u64 matrix(void) {
    enum { N = 120 };
    u32(*a)[N] = (void *)arena, (*b)[N] = (void *)(arena + 0x20000), (*c)[N] = (void *)(arena + 0x40000);
    u64 seed = 7;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            a[i][j] = next(&seed), b[i][j] = next(&seed);
    u64 sum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            u32 dot = 0;
            for (int k = 0; k < N; k++)
                dot += a[i][k] * b[k][j];
            c[i][j] = dot;
            sum = mix(sum, dot);
        }
    return sum;
}

static void quicksort(u32 *v, long from, long to) {
    while (to - from > 12) {
        u32 pivot = v[(from + to) >> 1];
        long i = from, j = to;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i <= j) {
                u32 t = v[i];
                v[i++] = v[j];
                v[j--] = t;
            }
        }
        if (j - from < to - i) {
            quicksort(v, from, j);
            from = i;
        } else {
            quicksort(v, i, to);
            to = j;
        }
    }
    for (long i = from + 1; i <= to; i++) {
        u32 t = v[i];
        long j = i;
        for (; j > from && v[j - 1] > t; j--)
            v[j] = v[j - 1];
        v[j] = t;
    }
}

u64 sort(void) {
    enum { N = 40000 };
    u32 *v = (u32 *)arena;
    u64 seed = 11;
    for (int i = 0; i < N; i++)
        v[i] = next(&seed);
    quicksort(v, 0, N - 1);
    u64 sum = 0;
    for (int i = 0; i < N; i++)
        sum = mix(sum, v[i]);
    return sum;
}

typedef u64 step(u64);
#define STEP(name, expression)                                                                                         \
    static u64 name(u64 x) {                                                                                           \
        return expression;                                                                                             \
    }
STEP(s0, x + 1)
STEP(s1, x ^ x >> 9)
STEP(s2, x * 5)
STEP(s3, x >> 3 | x << 61)
STEP(s4, x - 7)
STEP(s5, x * 0x2545F4914F6CDD1D)
STEP(s6, ~x)
STEP(s7, x << 7 ^ x)
STEP(s8, x + 0x123456789)
STEP(s9, x ^ 0x5555)
STEP(s10, x * x + 1)
STEP(s11, x - (x >> 32))
STEP(s12, x + (x << 4))
STEP(s13, x ^ x << 21)
STEP(s14, x * 9)
STEP(s15, x + 99)
static step *const steps[] = {s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15};

u64 calls(void) {
    u64 x = 1;
    for (int i = 0; i < 250000; i++)
        x = steps[x >> 20 & 15](x + i);
    return x;
}

u64 state(void) {
    enum { N = 1 << 17, BLANK = 0, WORD, NUMBER, FRACTION, STRING, ESCAPE, COMMENT, OPERATOR, STATES };
    static const char alphabet[] = "abcde fghij 0123 456.789 \"\\#\n+-*/= xyz (){};";
    u8 *text = arena;
    u64 seed = 3;
    for (int i = 0; i < N; i++)
        text[i] = alphabet[next(&seed) % (sizeof alphabet - 1)];
    u64 count[STATES] = {0};
    u64 sum = 0;
    int in = BLANK;
    for (int i = 0; i < N; i++) {
        u8 c = text[i];
        switch (in) {
        case STRING:
            if (c == '\\')
                in = ESCAPE;
            else if (c == '"')
                in = BLANK;
            break;
        case ESCAPE:
            in = STRING;
            sum += c;
            break;
        case COMMENT:
            if (c == '\n')
                in = BLANK;
            break;
        case NUMBER:
        case FRACTION:
            if (c == '.' && in == NUMBER) {
                in = FRACTION;
                break;
            }
            if (c >= '0' && c <= '9') {
                sum = sum * 10 + (c - '0');
                break;
            }
            /* fall through */
        default:
            switch (c) {
            case ' ':
            case '\n':
                in = BLANK;
                break;
            case '"':
                in = STRING;
                break;
            case '#':
                in = COMMENT;
                break;
            case '+':
            case '-':
            case '*':
            case '/':
            case '=':
                in = OPERATOR;
                break;
            case '(':
            case ')':
            case '{':
            case '}':
            case ';':
                in = BLANK;
                sum ^= c;
                break;
            default:
                in = c >= '0' && c <= '9' ? NUMBER : WORD;
                sum += c;
            }
        }
        count[in]++;
    }
    for (int i = 0; i < STATES; i++)
        sum = mix(sum, count[i]);
    return sum;
}

static u64 queens(u32 all, u32 columns, u32 left, u32 right) {
    if (columns == all)
        return 1;
    u64 found = 0;
    for (u32 free = all & ~(columns | left | right); free != 0; free &= free - 1) {
        u32 bit = free & -free;
        found += queens(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return found;
}

static u64 fibonacci(u64 n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

u64 recursion(void) {
    return mix(queens(0xFF, 0, 0, 0), fibonacci(21)) + queens(0x1FF, 0, 0, 0);
}

u64 bignum(void) {
    enum { N = 32 };
    u64 *a = (u64 *)arena, *b = a + N, *r = b + N;
    u64 seed = 5, sum = 0;
    for (int i = 0; i < N; i++)
        a[i] = next(&seed), b[i] = next(&seed);
    for (int round = 0; round < 120; round++) {
        for (int i = 0; i < 2 * N; i++)
            r[i] = 0;
        for (int i = 0; i < N; i++) {
            u64 carry = 0;
            for (int j = 0; j < N; j++) {
                unsigned __int128 t = (unsigned __int128)a[i] * b[j] + r[i + j] + carry;
                r[i + j] = t;
                carry = t >> 64;
            }
            r[i + N] = carry;
        }
        unsigned char borrow = 0;
        for (int i = 0; i < N; i++) {
            unsigned __int128 t = (unsigned __int128)r[i + N] - r[i] - borrow;
            a[i] = t;
            borrow = (t >> 64) != 0;
        }
        sum = mix(sum, a[round & N - 1]);
    }
    return sum;
}
