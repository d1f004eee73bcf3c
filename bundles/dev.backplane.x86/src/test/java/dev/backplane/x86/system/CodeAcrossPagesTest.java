package dev.backplane.x86.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.state.Gpr;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Instructions that reach into a page whose code is written (SDM 3A, 10.1.3). */
@Timeout(value = 10, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CodeAcrossPagesTest {
    @Test
    void anInstructionAcrossPagesIsSeenAnewWhenItsSecondPageIsWritten() {
        Guest guest = new Guest().long64();
        // nop; mov eax, 0x11111111 with its last two bytes in the next page; hlt
        guest.put(0x8ffc, "90 b811111111 f4");
        guest.cpu.rip = 0x8ffc;
        guest.run();
        assertEquals(0x11111111, guest.cpu.r[Gpr.RAX]);
        guest.put(0x9000, "2222");
        guest.cpu.rip = 0x8ffc;
        guest.run();
        assertEquals(0x22221111, guest.cpu.r[Gpr.RAX]);
    }
}
