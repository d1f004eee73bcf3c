package dev.backplane.x86.fpu;

import dev.backplane.x86.oracle.OracleState;

/** Moves x87 state between the oracle and the unit under test, and renders both alike for comparison. */
final class X87States {
    private X87States() {}

    static void load(Fpu fpu, OracleState state) {
        fpu.loadControl(state.fcw());
        fpu.loadStatus(state.fsw());
        fpu.valid = state.ftw();
        for (int i = 0; i < 8; i++) {
            fpu.restore(i, state.stMantissa(i), state.stSignExponent(i));
        }
    }

    static String text(OracleState state) {
        var text = new StringBuilder(header(state.fcw(), state.fsw(), state.ftw()));
        for (int i = 0; i < 8; i++) {
            text.append(" %04x:%016x".formatted(state.stSignExponent(i), state.stMantissa(i)));
        }
        return text.toString();
    }

    static String text(Fpu fpu) {
        var text = new StringBuilder(header(fpu.control, fpu.status, fpu.valid));
        for (int i = 0; i < 8; i++) {
            text.append(" %04x:%016x".formatted(fpu.signExponent(i), fpu.significand(i)));
        }
        return text.toString();
    }

    private static String header(int control, int status, int full) {
        return "fcw=%04x fsw=%04x ftw=%02x".formatted(control, status, full);
    }
}
