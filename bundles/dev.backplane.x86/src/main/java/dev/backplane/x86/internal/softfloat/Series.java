package dev.backplane.x86.internal.softfloat;

/** Elementary functions of small arguments as power series, to about 120 bits. One at a time: it owns its registers. */
public final class Series {
    private static final int PRECISION = 132;

    private final Precise power = new Precise();
    private final Precise term = new Precise();
    private final Precise square = new Precise();

    /** e^t - 1, for t between -1 and 1. */
    public void expMinusOne(Precise result, Precise t) {
        result.set(t);
        term.set(t);
        for (int n = 2; matters(term, result); n++) {
            term.multiply(t).divide(n);
            result.add(term);
        }
    }

    /** The sine, for t between -1 and 1. */
    public void sine(Precise result, Precise t) {
        result.set(t);
        alternate(result, t, 1);
    }

    /** The cosine, for t between -1 and 1. */
    public void cosine(Precise result, Precise t) {
        result.set(1);
        alternate(result, t, 0);
    }

    /** Adds what follows the first term of the series of sine (first = 1) or cosine (first = 0). */
    private void alternate(Precise result, Precise t, int first) {
        square.set(t).multiply(t).negate();
        term.set(result);
        for (int n = first + 1; matters(term, result); n += 2) {
            term.multiply(square).divide(n * (n + 1));
            result.add(term);
        }
    }

    /** The inverse tangent, best for t between -1/8 and 1/8. */
    public void arcTangent(Precise result, Precise t) {
        square.set(t).multiply(t).negate();
        odd(result, t);
    }

    /** The inverse hyperbolic tangent, best for t between -1/4 and 1/4. */
    public void areaTangent(Precise result, Precise t) {
        square.set(t).multiply(t);
        odd(result, t);
    }

    /** t + t * square / 3 + t * square^2 / 5 and so on. */
    private void odd(Precise result, Precise t) {
        result.set(t);
        power.set(t);
        term.set(t);
        for (int n = 3; matters(term, result); n += 2) {
            power.multiply(square);
            term.set(power).divide(n);
            result.add(term);
        }
    }

    private static boolean matters(Precise term, Precise sum) {
        return !term.isZero() && term.exponent > sum.exponent - PRECISION;
    }
}
