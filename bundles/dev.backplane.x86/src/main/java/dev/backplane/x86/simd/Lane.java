package dev.backplane.x86.simd;

/** An operation on two 64-bit halves of packed integers. */
@FunctionalInterface
interface Lane {
    long apply(long a, long b);
}
