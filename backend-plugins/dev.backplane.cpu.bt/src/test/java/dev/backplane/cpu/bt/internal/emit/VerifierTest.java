package dev.backplane.cpu.bt.internal.emit;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerifierTest {
    /** lea rax,[rsi]; rorx ecx,eax,7; and ecx,7fe0; xor rax,gs:[rcx+1000]; cmp rax,4096-4; mov rcx,gs:[rcx+1018] */
    private static final String CHECK_4 =
            "488b c6 c4e37bf0c807 81e1e07f0000 6548338100100000 483dfc0f0000 65488b8918100000";

    private final Verifier verifier = new Verifier(0x400000, 0x400, 0x500, 512, 32, 6, 16);

    @ParameterizedTest
    @CsvSource({
        "8b1c08, an access of four bytes",
        "8a1c08, an access of fewer bytes",
        "488d0c08 8b19, an access through rcx",
        "c5fa101c08, an access of a vector's element",
        "65c6042506040000 01 c5fa101c08, an access behind a note in the state area",
        "8b1c08 8b1c08, the same bytes again",
        "891c08 488d4008 483dfc0f0000 0f8700010000 8b1c08, a neighbour in the page",
        "8b1c08 488d4008 483dff0f0000 0f8700010000 8a1c08, a neighbour of one byte",
        "8b0408 488d4308 483dfc0f0000 0f8700010000 8b1c08, any place in the page",
        "660f3a20fdca 8b1c08, an access behind an insertion from ebp",
        "eb02 8bc0 8b1c08, an access behind code that is jumped over"
    })
    void whatFollowsItsCheckIsAllowed(String code, String what) {
        assertDoesNotThrow(() -> verify(CHECK_4 + code), what);
    }

    @ParameterizedTest
    @CsvSource({
        "488b1c08, accesses 8 bytes where 4 were checked",
        "c5fc101c08, accesses 32 bytes where 4 were checked",
        "c4e2659004a5 00000000, not checked",
        "c4e2652c1c08, never emitted",
        "c4e258f2c3, names the stack pointer",
        "c4e278f2c3 8b1c08, not checked",
        "c4e2f3f6c3 8b1c08, not checked",
        "8b18, not checked",
        "8b19, not checked",
        "8b5c0804, not checked",
        "8bc1 8b1c08, not checked",
        "8b0408 8b1c08, not checked",
        "8b0c08 8b1c08, not checked",
        "8b1c08 488d4008 8b1c08, not checked",
        "8b1c08 488d4008 483dfc0f0000 8b1c08, not checked",
        "8b1c08 488d4008 483dfc0f0000 0f8200010000 8b1c08, not checked",
        "8b1c08 488d4008 483dfc0f0000 0f8700000000 8b1c08, not checked",
        "8b1c08 488d4008 483dfc0f0000 90 0f8700010000 8b1c08, not checked",
        "8b1c08 488d4008 483d00100000 0f8700010000 8b1c08, not checked",
        "8b1c08 488d4008 483df8ffffff 0f8700010000 8b1c08, not checked",
        "8b1c08 488d4008 483dff0f0000 0f8700010000 8b1c08, accesses 4 bytes where 1 were checked",
        "8b1c08 8bc9 483dfc0f0000 0f8700010000 8b1c08, not checked",
        "f72408 8b1c08, not checked",
        "7402 8bc0 8b1c08, not checked",
        "8b1c08 8bc0 ebf9, not checked",
        "eb01 b890909090, middle of an instruction",
        "8b1b, not checked",
        "8b1d00000000, not checked",
        "658b1b, not in the state area",
        "658b1c25ffffff7f, not in the state area",
        "4889e0, names the stack pointer",
        "660f3a14c400, names the stack pointer",
        "660f3a20c901 8b1c08, not checked",
        "488d2424, names the stack pointer",
        "0f05, never emitted",
        "c3, never emitted",
        "ff1408, never emitted",
        "ffe0, jump cache",
        "e800000000, no exit",
        "0f0b0f, cannot be decoded"
    })
    void anythingElseIsRefused(String code, String why) {
        var refused = assertThrows(IllegalStateException.class, () -> verify(CHECK_4 + code));
        assertTrue(refused.getMessage().contains(why), refused.getMessage());
    }

    @Test
    void accessWithoutAnyCheckIsRefused() {
        assertThrows(IllegalStateException.class, () -> verify("8b1c08"));
    }

    private void verify(String hex) {
        byte[] code = HexFormat.of().parseHex(hex.replace(" ", ""));
        verifier.verify(code, code.length, 4096);
    }
}
