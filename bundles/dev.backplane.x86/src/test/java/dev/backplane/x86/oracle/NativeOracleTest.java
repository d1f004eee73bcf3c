package dev.backplane.x86.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NativeOracleTest {
    private NativeOracle oracle;

    @BeforeEach
    void open() {
        Assumptions.assumeTrue(NativeOracle.isAvailable(), "needs an x86-64 Linux host");
        oracle = NativeOracle.open();
    }

    @AfterEach
    void close() {
        if (oracle != null) {
            oracle.close();
        }
    }

    @Test
    void nopKeepsTheWholeState() {
        var in = new OracleState();
        for (int i = 0; i < 16; i++) {
            in.gpr[i] = i == 4 ? 0 : 0x0101010101010101L * i;
            in.xmm(i, 0x1111L * i, -i);
        }
        for (int i = 0; i < 8; i++) {
            in.st(i, 0x8000000000000000L + i, 0x3FFF);
        }
        in.ftw(0xA5);
        in.fsw(0x3800);
        in.rflags = OracleState.FLAGS;
        in.mxcsr(0xFFBF);
        in.memoryLong(4088, 42);
        OracleState out = oracle.run(bytes("90"), in);
        assertEquals(in.toString(), out.toString());
    }

    @Test
    void addFromMemorySetsRegisterAndFlags() {
        var in = new OracleState();
        in.gpr[0] = Long.MAX_VALUE;
        in.gpr[3] = oracle.memoryAddress() + 64;
        in.memoryLong(64, 1);
        OracleState out = oracle.run(bytes("480303"), in);
        assertEquals(Long.MIN_VALUE, out.gpr[0]);
        assertEquals(0x894, out.rflags, "OF, SF, AF, PF");
    }

    @Test
    void pushReportsTheChangeOfRsp() {
        assertEquals(-8, oracle.run(bytes("50"), new OracleState()).gpr[4]);
    }

    @Test
    void unmaskedX87ExceptionIsLeftPending() {
        var in = new OracleState();
        in.fcw(0x37B); // zero-divide unmasked
        in.ftw(0x03);
        in.st(1, 0x8000000000000000L, 0x3FFF);
        OracleState out = oracle.run(bytes("D8F9"), in); // fdivr st, st(1) = st(1) / st
        assertEquals(0x8084, out.fsw() & 0x80FF, "B, ES, ZE");
        assertEquals(0, out.stSignExponent(0), "not replaced");
        assertEquals(7, oracle.run(bytes("B807000000"), new OracleState()).gpr[0], "mov eax, 7 still runs");
    }

    @Test
    void unmaskedSimdExceptionIsRefused() {
        var in = new OracleState();
        in.mxcsr(0x1F00);
        assertThrows(IllegalArgumentException.class, () -> oracle.run(bytes("90"), in));
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }
}
