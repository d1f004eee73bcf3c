#include "kernels.h"

u8 arena[4 << 20] __attribute__((aligned(4096)));

const struct kernel kernels[] = {
    {"integer", "sieve", sieve, 60},
    {"integer", "hash", hash, 80},
    {"integer", "matrix", matrix, 60},
    {"integer", "sort", sort, 50},
    {"integer", "calls", calls, 70},
    {"integer", "state", state, 60},
    {"integer", "recursion", recursion, 1200},
    {"integer", "bignum", bignum, 900},
    {"float", "nbody", nbody, 70},
    {"float", "mandelbrot", mandelbrot, 90},
    {"float", "product", product, 90},
    {"aes", "aes-ctr", aes_ctr, 300},
    {"aes", "aes-cbc", aes_cbc, 300},
    {"string", "copy", copy, 100},
    {"string", "fill", fill, 100},
    {"string", "scan", scan, 1500},
    {"string", "compare", compare, 1500},
};
const int kernel_count = COUNT(kernels);
