package dev.backplane.x86.simd;

import dev.backplane.x86.internal.softfloat.Exceptions;
import dev.backplane.x86.internal.softfloat.Rounding;

/**
 * SSE arithmetic in integers, for all operands, rounding modes and exceptions (SDM volume 1, 11.5.2). The first operand is
 * the destination's old value. {@link HostDouble} and {@link HostSingle} do what is common faster.
 */
final class SseArithmetic {
    private SseArithmetic() {}

    static long add(SseUnit u, Format f, long first, long second) {
        long a = u.operand(f, first);
        long b = u.operand(f, second);
        return f.isNaN(a) || f.isNaN(b) ? u.propagate(f, a, b) : sum(u, f, a, b);
    }

    static long subtract(SseUnit u, Format f, long first, long second) {
        long a = u.operand(f, first);
        long b = u.operand(f, second);
        return f.isNaN(a) || f.isNaN(b) ? u.propagate(f, a, b) : sum(u, f, a, b ^ f.sign);
    }

    private static long sum(SseUnit u, Format f, long a, long b) {
        boolean infiniteA = f.isInfinity(a);
        boolean infiniteB = f.isInfinity(b);
        if (infiniteA && infiniteB && a != b) {
            return u.invalid(f);
        }
        u.denormals(f, a, b);
        if (infiniteA) {
            return a;
        }
        if (infiniteB) {
            return b;
        }
        boolean zeroA = f.isZero(a);
        boolean zeroB = f.isZero(b);
        if (zeroA && zeroB) {
            return a == b || u.rounding() == Rounding.DOWN ? a | b : 0;
        }
        if (zeroA || zeroB) {
            long only = zeroA ? b : a;
            u.soft.set(f.isNegative(only), f.exponent(only), f.significand(only));
            return u.pack(f);
        }
        u.soft.add(f.isNegative(a), f.exponent(a), f.significand(a), f.isNegative(b), f.exponent(b), f.significand(b));
        if (u.soft.high == 0) {
            return u.rounding() == Rounding.DOWN ? f.sign : 0;
        }
        return u.pack(f);
    }

    static long multiply(SseUnit u, Format f, long first, long second) {
        long a = u.operand(f, first);
        long b = u.operand(f, second);
        if (f.isNaN(a) || f.isNaN(b)) {
            return u.propagate(f, a, b);
        }
        long sign = (a ^ b) & f.sign;
        boolean infinite = f.isInfinity(a) || f.isInfinity(b);
        boolean zero = f.isZero(a) || f.isZero(b);
        if (infinite && zero) {
            return u.invalid(f);
        }
        u.denormals(f, a, b);
        if (infinite || zero) {
            return infinite ? sign | f.infinity : sign;
        }
        u.soft.multiply(
                f.isNegative(a), f.exponent(a), f.significand(a), f.isNegative(b), f.exponent(b), f.significand(b));
        return u.pack(f);
    }

    static long divide(SseUnit u, Format f, long first, long second) {
        long a = u.operand(f, first);
        long b = u.operand(f, second);
        if (f.isNaN(a) || f.isNaN(b)) {
            return u.propagate(f, a, b);
        }
        long sign = (a ^ b) & f.sign;
        boolean infiniteA = f.isInfinity(a);
        boolean infiniteB = f.isInfinity(b);
        boolean zeroA = f.isZero(a);
        boolean zeroB = f.isZero(b);
        if (infiniteA && infiniteB || zeroA && zeroB) {
            return u.invalid(f);
        }
        if (zeroB && !infiniteA) {
            u.raised |= Exceptions.ZERO_DIVIDE;
            return sign | f.infinity;
        }
        u.denormals(f, a, b);
        if (infiniteA) {
            return sign | f.infinity;
        }
        if (infiniteB || zeroA) {
            return sign;
        }
        u.soft.divide(
                f.isNegative(a), f.exponent(a), f.significand(a), f.isNegative(b), f.exponent(b), f.significand(b));
        return u.pack(f);
    }

    static long squareRoot(SseUnit u, Format f, long operand) {
        long a = u.operand(f, operand);
        if (f.isNaN(a)) {
            return u.propagate(f, a, a);
        }
        if (f.isZero(a)) {
            return a;
        }
        if (f.isNegative(a)) {
            return u.invalid(f);
        }
        u.denormals(f, a, a);
        if (f.isInfinity(a)) {
            return a;
        }
        u.soft.squareRoot(f.exponent(a), f.significand(a));
        return u.pack(f);
    }
}
