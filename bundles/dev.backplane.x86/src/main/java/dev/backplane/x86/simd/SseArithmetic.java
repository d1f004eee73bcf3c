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

    /** FMA: plus or minus a product, plus or minus c, rounded once. Of NaNs the first of the three in this order is propagated. */
    static long fused(
            SseUnit u, Format f, long first, long second, long third, boolean minusProduct, boolean minusAddend) {
        long a = u.operand(f, first);
        long b = u.operand(f, second);
        long c = u.operand(f, third);
        boolean infinite = f.isInfinity(a) || f.isInfinity(b);
        boolean zero = f.isZero(a) || f.isZero(b);
        if (f.isNaN(a) || f.isNaN(b) || f.isNaN(c)) {
            long firstNaN = f.isNaN(a) ? a : f.isNaN(b) ? b : c;
            if (f.isSignaling(a) || f.isSignaling(b) || f.isSignaling(c)) {
                u.raised |= Exceptions.INVALID;
            }
            return firstNaN | f.quiet;
        }
        long sign = (a ^ b) & f.sign ^ (minusProduct ? f.sign : 0);
        long addend = minusAddend ? c ^ f.sign : c;
        boolean infiniteAddend = f.isInfinity(c);
        if (infinite && zero || infinite && infiniteAddend && sign != (addend & f.sign)) {
            return u.invalid(f);
        }
        u.denormals(f, a, b, c);
        if (infinite) {
            return sign | f.infinity;
        }
        if (infiniteAddend) {
            return addend;
        }
        if (zero) {
            return addProductOfZero(u, f, sign, addend);
        }
        boolean negative = sign != 0;
        u.soft.multiply(negative, f.exponent(a), f.significand(a), false, f.exponent(b), f.significand(b));
        if (!f.isZero(addend)) {
            u.soft.addProduct(f.isNegative(addend), f.exponent(addend), f.significand(addend));
            if (u.soft.high == 0) {
                return u.rounding() == Rounding.DOWN ? f.sign : 0;
            }
        }
        return u.pack(f);
    }

    private static long addProductOfZero(SseUnit u, Format f, long zero, long addend) {
        if (f.isZero(addend)) {
            return zero == addend || u.rounding() == Rounding.DOWN ? zero | addend : 0;
        }
        u.soft.set(f.isNegative(addend), f.exponent(addend), f.significand(addend));
        return u.pack(f);
    }
}
