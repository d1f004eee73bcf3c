package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Op;
import org.jspecify.annotations.Nullable;

/** Which function and shape each floating-point instruction has. */
final class FloatFactory {
    private final SseUnit u;

    FloatFactory(SseUnit u) {
        this.u = u;
    }

    @Nullable
    Op op(Insn i) {
        return switch (i.mnemonic()) {
            case ADDPS -> singles(i, HostSingle::add);
            case SUBPS -> singles(i, HostSingle::subtract);
            case MULPS -> singles(i, HostSingle::multiply);
            case DIVPS -> singles(i, HostSingle::divide);
            case MINPS -> singles(i, Singles::minimum);
            case MAXPS -> singles(i, Singles::maximum);
            case SQRTPS -> singles(i, (unit, a, b) -> HostSingle.squareRoot(unit, b));
            case RCPPS -> singles(i, (unit, a, b) -> SseEstimate.reciprocal(b));
            case RSQRTPS -> singles(i, (unit, a, b) -> SseEstimate.reciprocalRoot(b));
            case ADDPD -> doubles(i, HostDouble::add);
            case SUBPD -> doubles(i, HostDouble::subtract);
            case MULPD -> doubles(i, HostDouble::multiply);
            case DIVPD -> doubles(i, HostDouble::divide);
            case MINPD -> doubles(i, Doubles::minimum);
            case MAXPD -> doubles(i, Doubles::maximum);
            case SQRTPD -> doubles(i, (unit, a, b) -> HostDouble.squareRoot(unit, b));
            case ADDSS -> single(i, HostSingle::add);
            case SUBSS -> single(i, HostSingle::subtract);
            case MULSS -> single(i, HostSingle::multiply);
            case DIVSS -> single(i, HostSingle::divide);
            case MINSS -> single(i, Singles::minimum);
            case MAXSS -> single(i, Singles::maximum);
            case SQRTSS -> single(i, (unit, a, b) -> HostSingle.squareRoot(unit, b));
            case RCPSS -> single(i, (unit, a, b) -> SseEstimate.reciprocal(b));
            case RSQRTSS -> single(i, (unit, a, b) -> SseEstimate.reciprocalRoot(b));
            case ADDSD -> dbl(i, HostDouble::add);
            case SUBSD -> dbl(i, HostDouble::subtract);
            case MULSD -> dbl(i, HostDouble::multiply);
            case DIVSD -> dbl(i, HostDouble::divide);
            case MINSD -> dbl(i, Doubles::minimum);
            case MAXSD -> dbl(i, Doubles::maximum);
            case SQRTSD -> dbl(i, (unit, a, b) -> HostDouble.squareRoot(unit, b));
            case HADDPS -> neighbourSingles(i, HostSingle::add);
            case HSUBPS -> neighbourSingles(i, HostSingle::subtract);
            case HADDPD -> neighbourDoubles(i, HostDouble::add);
            case HSUBPD -> neighbourDoubles(i, HostDouble::subtract);
            case ADDSUBPS ->
                packed(i, (unit, a0, a1, b0, b1, n) -> {
                    unit.low = Singles.addSubtract(unit, a0, b0);
                    unit.high = Singles.addSubtract(unit, a1, b1);
                });
            case ADDSUBPD ->
                packed(i, (unit, a0, a1, b0, b1, n) -> {
                    unit.low = HostDouble.subtract(unit, a0, b0);
                    unit.high = HostDouble.add(unit, a1, b1);
                });
            case DPPS -> packed(i, Singles::dotProduct);
            case DPPD -> packed(i, Doubles::dotProduct);
            default -> comparison(i);
        };
    }

    private @Nullable Op comparison(Insn i) {
        int immediate = (int) i.immediate & 0xFF;
        int predicate = immediate & (i.vex() ? 31 : 7);
        return switch (i.mnemonic()) {
            case CMPPS ->
                packed(i, (unit, a0, a1, b0, b1, n) -> {
                    unit.low = Singles.compare(unit, a0, b0, predicate);
                    unit.high = Singles.compare(unit, a1, b1, predicate);
                });
            case CMPPD -> doubles(i, (unit, a, b) -> Doubles.compare(unit, a, b, predicate));
            case CMPSS ->
                single(
                        i,
                        (unit, a, b) ->
                                SseComparison.holds(unit, Format.SINGLE, a & 0xFFFF_FFFFL, b & 0xFFFF_FFFFL, predicate)
                                        ? -1
                                        : 0);
            case CMPSD -> dbl(i, (unit, a, b) -> Doubles.compare(unit, a, b, predicate));
            case COMISS -> new FloatOps.Compare(i, u, Format.SINGLE, true);
            case COMISD -> new FloatOps.Compare(i, u, Format.DOUBLE, true);
            case UCOMISS -> new FloatOps.Compare(i, u, Format.SINGLE, false);
            case UCOMISD -> new FloatOps.Compare(i, u, Format.DOUBLE, false);
            case ROUNDPS -> singles(i, (unit, a, b) -> Singles.round(unit, b, immediate));
            case ROUNDPD -> doubles(i, (unit, a, b) -> Doubles.round(unit, b, immediate));
            case ROUNDSS -> single(i, (unit, a, b) -> Singles.round(unit, b, immediate));
            case ROUNDSD -> dbl(i, (unit, a, b) -> Doubles.round(unit, b, immediate));
            default -> conversion(i);
        };
    }

    private @Nullable Op conversion(Insn i) {
        return switch (i.mnemonic()) {
            case CVTPI2PS -> new FloatOps.FromMmx(i, u, Format.SINGLE);
            case CVTPI2PD -> new FloatOps.FromMmx(i, u, Format.DOUBLE);
            case CVTPS2PI -> new FloatOps.ToMmx(i, u, Format.SINGLE, false);
            case CVTTPS2PI -> new FloatOps.ToMmx(i, u, Format.SINGLE, true);
            case CVTPD2PI -> new FloatOps.ToMmx(i, u, Format.DOUBLE, false);
            case CVTTPD2PI -> new FloatOps.ToMmx(i, u, Format.DOUBLE, true);
            case CVTSI2SS -> fromGeneral(i, Format.SINGLE);
            case CVTSI2SD -> fromGeneral(i, Format.DOUBLE);
            case CVTSS2SI -> new FloatOps.ToGeneral(i, u, Format.SINGLE, false);
            case CVTTSS2SI -> new FloatOps.ToGeneral(i, u, Format.SINGLE, true);
            case CVTSD2SI -> new FloatOps.ToGeneral(i, u, Format.DOUBLE, false);
            case CVTTSD2SI -> new FloatOps.ToGeneral(i, u, Format.DOUBLE, true);
            case CVTSS2SD -> dbl(i, (unit, a, b) -> SseConversion.singleToDouble(unit, (int) b));
            case CVTSD2SS -> i.vex() ? new VexFloatOps.Narrow(i, u) : new FloatOps.Narrow(i, u);
            case CVTPS2PD ->
                widened(i, (unit, a0, a1, b0, b1, n) -> {
                    unit.low = SseConversion.singleToDouble(unit, Singles.low(b0));
                    unit.high = SseConversion.singleToDouble(unit, Singles.high(b0));
                });
            case CVTPD2PS ->
                narrowed(i, (unit, a0, a1, b0, b1, n) -> {
                    int first = SseConversion.doubleToSingle(unit, b0);
                    unit.low = Singles.pair(first, SseConversion.doubleToSingle(unit, b1));
                    unit.high = 0;
                });
            case CVTDQ2PS -> singles(i, (unit, a, b) -> Singles.fromInteger(unit, b));
            case CVTPS2DQ -> singles(i, (unit, a, b) -> Singles.toInteger(unit, b, false));
            case CVTTPS2DQ -> singles(i, (unit, a, b) -> Singles.toInteger(unit, b, true));
            case CVTDQ2PD ->
                widened(i, (unit, a0, a1, b0, b1, n) -> {
                    unit.low = Doubles.fromInteger(Singles.low(b0));
                    unit.high = Doubles.fromInteger(Singles.high(b0));
                });
            case CVTPD2DQ -> toIntegers(i, false);
            case CVTTPD2DQ -> toIntegers(i, true);
            default -> i.vex() ? fusedOrHalf(i) : null;
        };
    }

    private @Nullable Op fusedOrHalf(Insn i) {
        Op op = FusedOps.op(i, u);
        return op != null ? op : HalfPrecision.op(i, u);
    }

    private Op fromGeneral(Insn i, Format format) {
        return i.vex() ? new VexFloatOps.FromGeneral(i, u, format) : new FloatOps.FromGeneral(i, u, format);
    }

    /** The result is made of the source's low half. */
    private Op widened(Insn i, FloatOps.VectorFunction f) {
        return i.vex() ? new VexFloatOps.Widen(i, u, f) : new FloatOps.Packed(i, u, f);
    }

    /** The result has a low half only. */
    private Op narrowed(Insn i, FloatOps.VectorFunction f) {
        return i.vex() ? new VexFloatOps.NarrowPacked(i, u, f) : new FloatOps.Packed(i, u, f);
    }

    private Op toIntegers(Insn i, boolean truncate) {
        return narrowed(i, (unit, a0, a1, b0, b1, n) -> {
            unit.low = Doubles.toIntegers(unit, b0, b1, truncate);
            unit.high = 0;
        });
    }

    private Op packed(Insn i, FloatOps.VectorFunction f) {
        return i.vex() ? new VexFloatOps.Packed(i, u, f) : new FloatOps.Packed(i, u, f);
    }

    private Op singles(Insn i, Singles.Function f) {
        return packed(i, (unit, a0, a1, b0, b1, n) -> {
            unit.low = Singles.each(unit, f, a0, b0);
            unit.high = Singles.each(unit, f, a1, b1);
        });
    }

    private Op doubles(Insn i, Doubles.Function f) {
        return packed(i, (unit, a0, a1, b0, b1, n) -> {
            unit.low = f.apply(unit, a0, b0);
            unit.high = f.apply(unit, a1, b1);
        });
    }

    private Op single(Insn i, Singles.Function f) {
        return i.vex() ? new VexFloatOps.ScalarSingle(i, u, f) : new FloatOps.ScalarSingle(i, u, f);
    }

    private Op dbl(Insn i, Doubles.Function f) {
        return i.vex() ? new VexFloatOps.ScalarDouble(i, u, f) : new FloatOps.ScalarDouble(i, u, f);
    }

    private Op neighbourSingles(Insn i, Singles.Function f) {
        return packed(i, (unit, a0, a1, b0, b1, n) -> Singles.neighbours(unit, f, a0, a1, b0, b1));
    }

    private Op neighbourDoubles(Insn i, Doubles.Function f) {
        return packed(i, (unit, a0, a1, b0, b1, n) -> {
            unit.low = f.apply(unit, a0, a1);
            unit.high = f.apply(unit, b0, b1);
        });
    }
}
