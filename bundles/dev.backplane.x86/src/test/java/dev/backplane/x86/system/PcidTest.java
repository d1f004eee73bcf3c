package dev.backplane.x86.system;

import static dev.backplane.testkit.guest.Asm.AX;
import static dev.backplane.testkit.guest.Asm.BX;
import static dev.backplane.testkit.guest.Asm.CX;
import static dev.backplane.testkit.guest.Asm.DX;
import static dev.backplane.testkit.guest.GuestBuilder.PD;
import static dev.backplane.testkit.guest.GuestBuilder.PDPT;
import static dev.backplane.testkit.guest.GuestBuilder.PML4;
import static dev.backplane.testkit.guest.GuestBuilder.PT;
import static dev.backplane.testkit.guest.GuestBuilder.guest;

import dev.backplane.api.state.StateException;
import dev.backplane.testkit.guest.Asm;
import dev.backplane.testkit.guest.GuestBuilder;
import dev.backplane.testkit.guest.TlbGuests;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What a TLB has to forget, and what it keeps for process-context identifiers (SDM 3A, 5.10), by small guests. */
class PcidTest {
    private static final int PCIDE = 1 << 17;
    private static final long NO_FLUSH = 1L << 63;
    private static final long PAGE = 0xd000;
    private static final long OTHER = 0xe000;
    private static final long CODE_PAGE = GuestBuilder.MORE;

    @TestFactory
    Stream<DynamicTest> translations() {
        return SmallGuestRunner.tests(TlbGuests.all());
    }

    /** A processor may forget at any time; this one does not, and that is what PCIDs are for. */
    @Test
    void aContextThatIsKeptIsNotWalkedAgain() throws StateException {
        SmallGuestRunner.check(guest("3A 5.10.1", "a kept context")
                .long64()
                .cr4(PCIDE)
                .put64(PAGE, 1)
                .put64(OTHER, 2)
                .code(a -> a.load(BX, PAGE)
                        .cr(3, PML4 | 1)
                        .mov(AX, OTHER | 7)
                        .store(PT + PAGE / 4096 * 8, AX)
                        .load(CX, PAGE)
                        .cr(3, NO_FLUSH | PML4)
                        .load(DX, PAGE)
                        .cr(3, PML4)
                        .load(Asm.SI, PAGE)
                        .end())
                .gives(BX, 1)
                .gives(CX, 2)
                .gives(DX, 1)
                .gives(Asm.SI, 2)
                .build());
    }

    /** Before code is decoded every vCPU gives up its right to write there, in contexts that are away too. */
    @Test
    void codeThatIsOverwrittenThroughAKeptContextIsSeen() throws StateException {
        SmallGuestRunner.check(guest("3A 11.6", "self-modifying code")
                .long64()
                .cr4(PCIDE)
                .put64(PDPT + 8, PD | 7)
                .codeAt(CODE_PAGE, a -> a.mov(BX, 1).hex("c3"))
                .code(a -> a.storeByte(CODE_PAGE + 0x100, 1)
                        .cr(3, NO_FLUSH | PML4 | 1)
                        .mov(AX, CODE_PAGE)
                        .hex("ffd0")
                        .movRegister(CX, BX)
                        .cr(3, NO_FLUSH | PML4)
                        .storeByte(CODE_PAGE + 1, 2)
                        .mov(AX, CODE_PAGE)
                        .hex("ffd0")
                        .end())
                .gives(CX, 1)
                .gives(BX, 2)
                .build());
    }
}
