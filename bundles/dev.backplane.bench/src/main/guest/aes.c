/* AES with the processor's instructions, as TLS libraries use them: counter mode, and CBC decrypted. */
#include <wmmintrin.h>
#include "kernels.h"

enum { ROUNDS = 10, BLOCKS = 4096 };

static __m128i step(__m128i key, __m128i assist) {
    assist = _mm_shuffle_epi32(assist, 0xFF);
    key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
    key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
    key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
    return _mm_xor_si128(key, assist);
}

#define STEP(n, constant) k[n] = step(k[n - 1], _mm_aeskeygenassist_si128(k[n - 1], constant))

static void schedule(__m128i *k) {
    k[0] = _mm_set_epi64x(0x0F0E0D0C0B0A0908, 0x0706050403020100);
    STEP(1, 0x01);
    STEP(2, 0x02);
    STEP(3, 0x04);
    STEP(4, 0x08);
    STEP(5, 0x10);
    STEP(6, 0x20);
    STEP(7, 0x40);
    STEP(8, 0x80);
    STEP(9, 0x1B);
    STEP(10, 0x36);
}

static u64 fold(__m128i x) {
    return (u64)_mm_cvtsi128_si64(x) ^ (u64)_mm_cvtsi128_si64(_mm_unpackhi_epi64(x, x));
}

u64 aes_ctr(void) {
    __m128i k[ROUNDS + 1];
    schedule(k);
    __m128i *data = (__m128i *)arena;
    for (int i = 0; i < BLOCKS; i++)
        data[i] = _mm_set1_epi32(i);
    for (int i = 0; i < BLOCKS; i += 4) {
        __m128i x[4];
        for (int n = 0; n < 4; n++)
            x[n] = _mm_xor_si128(_mm_set_epi64x(0x1234, i + n), k[0]);
        for (int r = 1; r < ROUNDS; r++)
            for (int n = 0; n < 4; n++)
                x[n] = _mm_aesenc_si128(x[n], k[r]);
        for (int n = 0; n < 4; n++)
            data[i + n] = _mm_xor_si128(data[i + n], _mm_aesenclast_si128(x[n], k[ROUNDS]));
    }
    u64 sum = 0;
    for (int i = 0; i < BLOCKS; i++)
        sum = mix(sum, fold(data[i]));
    return sum;
}

u64 aes_cbc(void) {
    __m128i k[ROUNDS + 1], inverse[ROUNDS + 1];
    schedule(k);
    inverse[0] = k[ROUNDS];
    for (int r = 1; r < ROUNDS; r++)
        inverse[r] = _mm_aesimc_si128(k[ROUNDS - r]);
    inverse[ROUNDS] = k[0];
    __m128i before = _mm_setzero_si128();
    u64 sum = 0;
    for (int i = 0; i < BLOCKS; i++) {
        __m128i block = _mm_set_epi32(i, ~i, i * 7, i * 11), x = _mm_xor_si128(block, inverse[0]);
        for (int r = 1; r < ROUNDS; r++)
            x = _mm_aesdec_si128(x, inverse[r]);
        x = _mm_xor_si128(_mm_aesdeclast_si128(x, inverse[ROUNDS]), before);
        before = block;
        sum = mix(sum, fold(x));
    }
    return sum;
}
