/* Floating point in xmm registers: scalar as compilers make it, and packed. SSE2, whose results are the same everywhere. */
#include <emmintrin.h>
#include "kernels.h"

static inline double root(double x) {
    return _mm_cvtsd_f64(_mm_sqrt_sd(_mm_set_sd(0), _mm_set_sd(x)));
}

static inline u64 bits(double x) {
    return (u64)_mm_cvtsi128_si64(_mm_castpd_si128(_mm_set_sd(x)));
}

u64 nbody(void) {
    enum { N = 6 };
    struct body {
        double at[3], speed[3], mass;
    } body[N];
    for (int i = 0; i < N; i++) {
        body[i].mass = 1.0 / (1 + i * i);
        for (int k = 0; k < 3; k++) {
            body[i].at[k] = (i + 1) * (k + 2) % 7 + i * 0.25;
            body[i].speed[k] = (i * 3 + k) % 5 * 0.125 - 0.25;
        }
    }
    for (int step = 0; step < 1500; step++) {
        for (int i = 0; i < N; i++) {
            for (int j = i + 1; j < N; j++) {
                double d[3], square = 0.01;
                for (int k = 0; k < 3; k++) {
                    d[k] = body[i].at[k] - body[j].at[k];
                    square += d[k] * d[k];
                }
                double force = 0.001 / (square * root(square));
                for (int k = 0; k < 3; k++) {
                    body[i].speed[k] -= d[k] * body[j].mass * force;
                    body[j].speed[k] += d[k] * body[i].mass * force;
                }
            }
        }
        for (int i = 0; i < N; i++)
            for (int k = 0; k < 3; k++)
                body[i].at[k] += 0.001 * body[i].speed[k];
    }
    u64 sum = 0;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 3; k++)
            sum = mix(sum, bits(body[i].at[k]));
    return sum;
}

u64 mandelbrot(void) {
    u64 sum = 0;
    for (int row = 0; row < 40; row++) {
        for (int column = 0; column < 48; column++) {
            double cr = column / 16.0 - 2.0, ci = row / 16.0 - 1.25, r = 0, i = 0;
            int n = 0;
            while (n < 100 && r * r + i * i < 4) {
                double t = r * r - i * i + cr;
                i = 2 * r * i + ci;
                r = t;
                n++;
            }
            sum = mix(sum, n);
        }
    }
    return sum;
}

u64 product(void) {
    enum { N = 64 };
    double *a = (double *)arena, *b = a + N * N, *c = b + N * N;
    for (int i = 0; i < N * N; i++) {
        a[i] = i % 17 * 0.5;
        b[i] = i % 13 * 0.25 - 1;
        c[i] = 0;
    }
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < N; k++) {
            __m128d factor = _mm_set1_pd(a[i * N + k]);
            for (int j = 0; j < N; j += 4) {
                double *to = c + i * N + j, *from = b + k * N + j;
                _mm_storeu_pd(to, _mm_add_pd(_mm_loadu_pd(to), _mm_mul_pd(factor, _mm_loadu_pd(from))));
                _mm_storeu_pd(to + 2, _mm_add_pd(_mm_loadu_pd(to + 2), _mm_mul_pd(factor, _mm_loadu_pd(from + 2))));
            }
        }
    }
    u64 sum = 0;
    for (int i = 0; i < N * N; i++)
        sum = mix(sum, bits(c[i]));
    return sum;
}
