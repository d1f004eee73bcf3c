package dev.backplane.machine.pc.internal.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryBusTest {
    private final MemoryBus bus = new MemoryBus(new Unclaimed(System.getLogger("test")), Behind.NOTHING);

    @Test
    void eachOfManyWindowsAnswersAtItsFirstAndLastByte() throws Exception {
        for (int i = 20; i > 0; i--) {
            bus.claim("d" + i, i * 0x1000L, 0x1000, new Recorder("d", i));
        }
        for (int i = 1; i <= 20; i++) {
            assertEquals(i, bus.read(i * 0x1000L, 8));
            assertEquals(i, bus.read(i * 0x1000L + 0xfff, 1));
        }
        assertEquals(0xff, bus.read(0xfff, 1));
        assertEquals(0xff, bus.read(0x15000, 1));
    }

    @Test
    void aReadThatNothingAnswersIsAllOnes() {
        assertEquals(-1, bus.read(0xfffffff8L, 8));
        assertEquals(0xffff_ffffL, bus.read(1L << 51, 4));
    }

    @Test
    void anAccessAcrossTheEndOfAWindowIsSplitIntoBytes() throws Exception {
        List<String> log = new ArrayList<>();
        bus.claim("a", 0x1000, 2, new Recorder("a", log, 0x11));
        bus.claim("b", 0x1002, 2, new Recorder("b", log, 0x22));
        assertEquals(0x2222_1111L, bus.read(0x1000, 4));
        bus.write(0x1001, 2, 0xabcd);
        assertEquals(List.of("a r1+0", "a r1+1", "b r1+0", "b r1+1", "a w1+1=cd", "b w1+0=ab"), log);
    }

    @Test
    void anAccessThatBeginsBeforeAWindowReachesIt() throws Exception {
        bus.claim("a", 0x1004, 4, new Recorder("a", 0x11));
        assertEquals(0x1111_1111_ffff_ffffL, bus.read(0x1000, 8));
    }

    @Test
    void anOverlapIsRefusedAndNamesBothOwners() throws Exception {
        bus.claim("first", 0x1000, 0x100, new Recorder("a", 0));
        ConfigurationException e =
                assertThrows(ConfigurationException.class, () -> bus.claim("second", 0x10ff, 1, new Recorder("b", 0)));
        assertTrue(e.getMessage().contains("first") && e.getMessage().contains("second"), e.getMessage());
    }

    @Test
    void aWindowInReservedMemoryIsRefused() {
        bus.reserve("RAM", 0, 0xa0000);
        ConfigurationException e =
                assertThrows(ConfigurationException.class, () -> bus.claim("a", 0x9ffff, 16, new Recorder("a", 0)));
        assertTrue(e.getMessage().contains("RAM"), e.getMessage());
    }
}
